package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob/fileblob"
)

// A folder holds objects as files. The driver writes a file beside its final name and renames it.
// It syncs nothing, and a process that is killed leaves temporary files. This type adds what is
// missing.
type folder struct {
	dir string // absolute
	mu  sync.Mutex
	// made holds folders whose entries in the folders above them are durable.
	made map[string]bool
}

// OpenFolder returns a store of objects that are files below the folder, which it creates. Only one
// process may use the folder.
func OpenFolder(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder of objects: %w", err)
	}
	b, err := fileblob.OpenBucket(dir, &fileblob.Options{
		CreateDir:   true,
		DirFileMode: 0o700,
		// The folder for temporary files may be on another file system, to which no file can be
		// renamed.
		NoTempDir: true,
		// The media type of an artifact is in the log. A second file for it would double the files,
		// and be written apart.
		Metadata: fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("the folder of objects: %w", err)
	}
	if err := syncFolder(filepath.Dir(dir)); err != nil {
		return nil, fmt.Errorf("the folder of objects: %w", err)
	}
	s := New(b)
	s.folder = &folder{dir: dir, made: map[string]bool{}}
	return s, nil
}

// temporary matches the names of the driver's temporary files. No object has such a name.
var temporary = regexp.MustCompile(`\.[0-9a-f]{16}\.tmp$`)

func isTemporary(name string) bool { return temporary.MatchString(name) }

// RemoveTemporary removes the files that were being written when an earlier process was killed:
// those that were changed last before the time. Only a store of files has any.
func (s *Store) RemoveTemporary(ctx context.Context, before time.Time) error {
	if s.folder == nil {
		return nil
	}
	err := filepath.WalkDir(s.folder.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isTemporary(path) {
			return errors.Join(ignoreMissing(err), ctx.Err())
		}
		info, err := entry.Info()
		if err == nil && info.ModTime().Before(before) {
			err = os.Remove(path)
			s.folder.removeParents(path)
		}
		return ignoreMissing(err)
	})
	return classify(err, "remove temporary files")
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// A file is the temporary file of an object that is being written. The zero file is that of an
// object that is no file.
type file struct {
	*os.File
	path   string // of the file
	folder *folder
}

// begin sets f to the file that the driver has created.
func (d *folder) begin(f *file, as func(any) bool) {
	if as(&f.File) {
		f.path, f.folder = f.Name(), d
	}
}

// sync makes the content of the file durable.
func (f file) sync() error {
	if f.File == nil {
		return nil
	}
	return f.Sync()
}

// syncFolders makes the name of the file durable: the entry in its folder, and those of the folders
// that are new.
func (f file) syncFolders() error {
	if f.File == nil {
		return nil
	}
	return f.folder.sync(filepath.Dir(f.path))
}

// sync makes the entries of dir durable, and those of the folders above it, up to one whose own
// entry is known to be durable.
func (d *folder) sync(dir string) error {
	var parents []string
	d.mu.Lock()
	for at := dir; ; at = filepath.Dir(at) {
		parents = append(parents, at)
		if d.made[at] || at == d.dir {
			break
		}
	}
	d.mu.Unlock()
	for _, at := range parents {
		if err := syncFolder(at); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.made) > maxMade {
		clear(d.made)
	}
	for _, at := range parents {
		d.made[at] = true
	}
	return nil
}

// maxMade bounds the folders that are remembered.
const maxMade = 10_000

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// removeParents removes the folders above the path that hold nothing.
func (d *folder) removeParents(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for at := filepath.Dir(path); at != d.dir; at = filepath.Dir(at) {
		if os.Remove(at) != nil {
			return // it holds something
		}
		delete(d.made, at)
	}
}

// removeEmpty removes the folders below the path that hold nothing, the path itself, and the folder
// above it if that is empty too.
func (d *folder) removeEmpty(prefix string) error {
	path := filepath.Join(d.dir, filepath.FromSlash(prefix))
	if !strings.HasPrefix(path, d.dir+string(filepath.Separator)) {
		return fmt.Errorf("bucket: the folder %q is outside of the bucket", prefix)
	}
	var dirs []string
	err := filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, at)
		}
		return ignoreMissing(err)
	})
	if err != nil {
		return err
	}
	slices.Reverse(dirs) // the innermost first
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, at := range append(dirs, filepath.Dir(path)) {
		if at == d.dir {
			break
		}
		delete(d.made, at)
		_ = os.Remove(at) // it fails if the folder holds something
	}
	return nil
}
