package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// A folder is the table and the objects in a data folder that no service uses.
type folder struct {
	t      *testing.T
	db     *dynamolocal.Server
	table  *store.Store
	bucket *bucket.Store
}

func openFolder(t *testing.T, dir string) *folder {
	t.Helper()
	f := &folder{t: t}
	var err error
	if f.db, err = dynamolocal.Start(t.Context(), dynamolocal.Options{DataDir: dir}); err != nil {
		t.Fatal(err)
	}
	cfg, err := f.db.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.table = store.New(store.NewClient(cfg), store.DefaultTable)
	if f.bucket, err = bucket.OpenFolder(filepath.Join(dir, "objects")); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *folder) close() {
	f.bucket.Close()
	f.db.Stop()
}

// checkExports checks that each export of the run is finished and has the bytes of one that is made
// in one go. It returns the number of the exports.
func (f *folder) checkExports(ref run.Ref) int {
	f.t.Helper()
	exports, err := f.table.Exports(f.t.Context(), ref, export.Filter{})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range exports {
		if e.State != export.Finished {
			f.t.Errorf("an export as %s is %s: %s", e.Format, e.State, e.Error)
			continue
		}
		got, gotSize := f.digest(f.bucket, e.File())
		e.Progress = export.Progress{}
		undisturbed := elsewhere{f.bucket, bucket.New(memblob.OpenBucket(nil))}
		m := &export.Maker{Log: f.table, Objects: undisturbed}
		if _, err := m.Make(f.t.Context(), e, time.Time{}, func(export.Progress) error { return nil }); err != nil {
			f.t.Fatal(err)
		}
		want, wantSize := f.digest(undisturbed.to, e.File())
		undisturbed.to.Close()
		if !bytes.Equal(got, want) || e.Size != gotSize {
			f.t.Errorf("an export as %s has the size %d and %d other bytes than an undisturbed one of %d", e.Format, e.Size, gotSize, wantSize)
		}
	}
	return len(exports)
}

// digest returns the digest and the size of an object.
func (f *folder) digest(b *bucket.Store, name string) ([]byte, int64) {
	f.t.Helper()
	r, err := b.Read(f.t.Context(), name, 0, -1)
	if err != nil {
		f.t.Fatal(err)
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		f.t.Fatal(err)
	}
	return h.Sum(nil), n
}

// An elsewhere is the objects of runs, but has those of exports in another bucket.
type elsewhere struct {
	*bucket.Store
	to *bucket.Store
}

func (e elsewhere) Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if strings.Contains(name, "/exports/") {
		return e.to.Read(ctx, name, offset, length)
	}
	return e.Store.Read(ctx, name, offset, length)
}

func (e elsewhere) Write(ctx context.Context, name string, o objects.WriteOptions) (io.WriteCloser, error) {
	return e.to.Write(ctx, name, o)
}

func (e elsewhere) Join(ctx context.Context, name string, o objects.WriteOptions, pieces []string) error {
	return e.to.Join(ctx, name, o, pieces)
}

func (e elsewhere) Delete(ctx context.Context, name string) error { return e.to.Delete(ctx, name) }

func (e elsewhere) List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error] {
	return e.to.List(ctx, prefix)
}

// filesBelow returns the files below a folder, which need not exist.
func filesBelow(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // it was removed meanwhile
		}
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// expectNothingLeft deletes the run and checks that no file of it remains.
func expectNothingLeft(s *server, id, dir string) {
	s.t.Helper()
	s.call("DELETE", "/v1/runs/"+id, "", 204)
	await(s.t, "the files of the run to be deleted", func() bool { return len(filesBelow(s.t, filepath.Join(dir, "objects"))) == 0 })
}
