package dynamolocal

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// The files of a data folder. SQLite keeps its journal beside the database, under a name that
// begins with the database's.
const (
	lockName     = "lock"
	databaseName = "shared-local-instance.db"
)

// openDataDir makes the folder, closes it to other users, and takes its lock, which the system
// drops when the process ends: two servers on the same database file would damage it. Without a
// folder there is nothing to do.
func openDataDir(dir string, log *slog.Logger) (*os.File, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(dir)), 0o755); err != nil {
		return nil, fmt.Errorf("cannot create the data folder: set DATA_DIR to one that can be written: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("cannot create the data folder: set DATA_DIR to one that can be written: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot write to the data folder: set DATA_DIR to one that can be written: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, &InUseError{Dir: dir}
	}
	if err := closeDataDir(dir, log); err != nil {
		lock.Close()
		return nil, fmt.Errorf("cannot close the data folder to other users: set DATA_DIR to another folder: %w", err)
	}
	return lock, nil
}

// closeDataDir takes other users' permissions from the folder. A folder that holds other files
// too, such as a home, or that belongs to another user, stays as it is; there the database alone
// is closed.
func closeDataDir(dir string, log *slog.Logger) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		ours, err := onlyOurs(dir, info)
		if err != nil {
			return err
		}
		if ours {
			if err := os.Chmod(dir, 0o700); err != nil {
				return err
			}
			if _, err := os.Stat(filepath.Join(dir, databaseName)); err == nil {
				log.Warn("the data folder was open to other users and is closed to them now", "data_dir", dir, "was", info.Mode().Perm().String())
			}
		}
	}
	// An empty file is a new database. SQLite gives its journal the same permissions.
	database, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return &DataError{File: filepath.Join(dir, databaseName), Reason: "cannot be opened: " + reason(err)}
	}
	defer database.Close()
	if info, err := database.Stat(); err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return database.Chmod(0o600)
}

// reason returns an error of the file system without the path.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// onlyOurs reports whether the folder belongs to this user and holds the database and nothing
// else.
func onlyOurs(dir string, info fs.FileInfo) (bool, error) {
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() {
		return false, nil
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != lockName && !strings.HasPrefix(e.Name(), databaseName) {
			return false, err
		}
	}
	return true, err
}

// A DataError says that the database's file cannot be used.
type DataError struct {
	// File is the path of the database.
	File string
	// Reason says what is wrong with it, as "is damaged (...)", and what to do.
	Reason string
}

func (e *DataError) Error() string { return fmt.Sprintf("the database %s %s", e.File, e.Reason) }

// sqliteErrors are the result codes of SQLite (https://www.sqlite.org/rescode.html) after which
// the database is of no use, with what to say of them.
var sqliteErrors = map[int]string{
	8:  "cannot be written (%s): set DATA_DIR to a folder that can be",
	10: "cannot be read or written (%s): see to the disk, or set DATA_DIR to a folder on another",
	11: "is damaged (%s): move it away, or set DATA_DIR to another folder",
	13: "cannot be written, the disk is full (%s): make room and start again, or set DATA_DIR to a folder on another disk",
	14: "cannot be opened (%s): see to its permissions, or set DATA_DIR to another folder",
	24: "is damaged (%s): move it away, or set DATA_DIR to another folder",
	26: "is damaged (%s): move it away, or set DATA_DIR to another folder",
}

// SQLite's codes for an error that has no code of its own, and for a full disk.
const (
	sqliteError = 1
	sqliteFull  = 13
)

// dataError returns what an error of SQLite says about the database in dir, or nil if the
// database can go on.
func dataError(dir string, code int, message string) *DataError {
	// SQLite undoes a transaction that met a full disk; DynamoDB Local then undoes it again, and
	// that error is the one it reports.
	if code == sqliteError && strings.Contains(message, "cannot rollback") {
		code = 10
	}
	if code == 10 && diskFull(dir) {
		code = sqliteFull
	}
	format, ok := sqliteErrors[code]
	if !ok {
		return nil
	}
	// sqlite4java puts the call in front of SQLite's message, and sometimes brackets around that.
	if i := strings.LastIndexByte(message, '['); i >= 0 {
		message = strings.TrimSuffix(message[i+1:], "]")
	} else if _, rest, ok := strings.Cut(message, "() "); ok {
		message = rest
	}
	return &DataError{File: filepath.Join(dir, databaseName), Reason: fmt.Sprintf(format, message)}
}

// diskFull reports whether the file system of dir has no room for a database to grow.
func diskFull(dir string) bool {
	const least = 1 << 20
	var info syscall.Statfs_t
	return syscall.Statfs(dir, &info) == nil && int64(info.Bavail)*int64(info.Bsize) < least
}
