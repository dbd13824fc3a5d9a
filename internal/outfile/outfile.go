// Package outfile writes files that are complete or absent, also if the process is interrupted.
package outfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/exit"
)

// Stdout is standard output. Its errors say so.
type Stdout struct{}

func (Stdout) Write(p []byte) (int, error) {
	n, err := os.Stdout.Write(p)
	if err != nil {
		err = fmt.Errorf("standard output cannot be written: %w", err)
	}
	return n, err
}

// Write makes a file with what write writes, or leaves the one that was there. The name - is
// standard output. A link is followed.
func Write(name string, write func(io.Writer) error) (err error) {
	if name == "-" {
		return write(Stdout{})
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return exit.Usagef("%s is a folder", name)
	case err == nil && !info.Mode().IsRegular(): // such as a device, which must not be replaced
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return exit.Usagef("%v", err)
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := createBeside(name)
	if err != nil {
		return exit.Usagef("%v", err)
	}
	defer Unfinished.Forget(f.Name())
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// createBeside makes an unfinished file in the folder of the named one, with the permissions of a
// new file.
func createBeside(name string) (f *os.File, err error) {
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+uuid.NewString())
	err = Unfinished.Create(temporary, func() error {
		f, err = os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		return err
	}, func() { os.Remove(temporary) })
	return f, err
}
