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

// The files of a data folder. SQLite keeps its journal in the same folder, in a file whose name
// begins with that of the database.
const (
	lockName     = "lock"
	databaseName = "shared-local-instance.db"
)

// openDataDir creates the folder if needed, locks it, and closes it to other users. Two servers
// would damage a database file that they share. The operating system releases the lock when the
// process ends. An empty dir means that there is no folder, and no lock.
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

// closeDataDir removes the permissions of other users. It changes only the database, not the
// folder, when the folder holds other files, as a home directory does, or belongs to another user.
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
				log.Warn("the data folder was open to other users and is now closed to them", "data_dir", dir, "was", info.Mode().Perm().String())
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

// reason returns the text of a file system error without the path.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// onlyOurs reports whether the folder belongs to this user and holds only the database.
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

// A DataError reports that the file of the database cannot be used.
type DataError struct {
	// File is the path of the database.
	File string
	// Reason says what is wrong with the file, such as "is damaged (...)", and what to do.
	Reason string
}

func (e *DataError) Error() string { return fmt.Sprintf("the database %s %s", e.File, e.Reason) }

// Result codes of SQLite, see https://www.sqlite.org/rescode.html.
const (
	sqliteError    = 1 // an error without a code of its own
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteFormat   = 24
	sqliteNotADB   = 26
)

// sqliteErrors holds the reason for each result code of SQLite after which the database cannot be
// used.
var sqliteErrors = map[int]string{
	sqliteReadOnly: "cannot be written (%s): set DATA_DIR to a folder that can be written",
	sqliteIOErr:    "cannot be read or written (%s): check the disk, or set DATA_DIR to a folder on another disk",
	sqliteCorrupt:  "is damaged (%s): move it away, or set DATA_DIR to another folder",
	sqliteFull:     "cannot be written, the disk is full (%s): free some space and start again, or set DATA_DIR to a folder on another disk",
	sqliteCantOpen: "cannot be opened (%s): check its permissions, or set DATA_DIR to another folder",
	sqliteFormat:   "is damaged (%s): move it away, or set DATA_DIR to another folder",
	sqliteNotADB:   "is damaged (%s): move it away, or set DATA_DIR to another folder",
}

// dataError returns the error of the database in dir for an error of SQLite. It returns nil when
// the database can still be used.
func dataError(dir string, code int, message string) *DataError {
	// SQLite rolls back a transaction when the disk is full. DynamoDB Local then rolls it back
	// again and reports the error of the second rollback.
	if code == sqliteError && strings.Contains(message, "cannot rollback") {
		code = sqliteIOErr
	}
	if code == sqliteIOErr && diskFull(dir) {
		code = sqliteFull
	}
	format, ok := sqliteErrors[code]
	if !ok {
		return nil
	}
	// sqlite4java writes the call before SQLite's message, and sometimes brackets around it.
	if i := strings.LastIndexByte(message, '['); i >= 0 {
		message = strings.TrimSuffix(message[i+1:], "]")
	} else if _, rest, ok := strings.Cut(message, "() "); ok {
		message = rest
	}
	return &DataError{File: filepath.Join(dir, databaseName), Reason: fmt.Sprintf(format, message)}
}

// diskFull reports whether the file system of dir has less than 1 MiB left.
func diskFull(dir string) bool {
	const minFree = 1 << 20
	var info syscall.Statfs_t
	return syscall.Statfs(dir, &info) == nil && int64(info.Bavail)*int64(info.Bsize) < minFree
}
