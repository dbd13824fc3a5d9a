package bucket_test

import (
	"context"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
)

// eachStore runs the test with a store in memory and with one of files, whose folder it passes.
func eachStore(t *testing.T, test func(t *testing.T, s *bucket.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, bucket.New(memblob.OpenBucket(nil))) })
	t.Run("folder", func(t *testing.T) {
		s, _ := openFolder(t)
		test(t, s)
	})
}

func openFolder(t *testing.T) (s *bucket.Store, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "objects")
	s, err := bucket.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func put(t *testing.T, s *bucket.Store, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := s.Put(t.Context(), name, []byte(name), "application/warc"); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, s *bucket.Store, name string, offset, length int64) string {
	t.Helper()
	r, err := s.Read(t.Context(), name, offset, length)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func list(t *testing.T, s *bucket.Store, prefix string) string {
	t.Helper()
	var names []string
	for o, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, o.Name)
	}
	return strings.Join(names, " ")
}

// files returns the paths below the folder, of files and folders, other than its own.
func files(t *testing.T, dir string) string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			rel, _ := filepath.Rel(dir, path)
			paths = append(paths, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(paths, " ")
}

func write(t *testing.T, ctx context.Context, s *bucket.Store, name string) io.WriteCloser {
	t.Helper()
	w, err := s.Write(ctx, name, objects.WriteOptions{ContentType: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
