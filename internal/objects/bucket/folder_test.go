package bucket_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/objects/bucket"
)

// A process that is killed leaves a temporary file. It is not listed, and the next process removes
// it.
func TestTemporaryFiles(t *testing.T) {
	s, dir := openFolder(t)
	put(t, s, "a/x")
	w := write(t, t.Context(), s, "b/c/y") // and never closed, as if the process were killed
	if _, err := io.WriteString(w, "half"); err != nil {
		t.Fatal(err)
	}
	left := files(t, dir)
	if !strings.Contains(left, ".tmp") {
		t.Fatalf("there is no temporary file among %s", left)
	}
	next, err := bucket.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, next, ""); got != "a/x" {
		t.Errorf("listed are %q", got)
	}
	if err := next.RemoveTemporary(t.Context(), time.Now().Add(-time.Hour)); err != nil || files(t, dir) != left {
		t.Errorf("left are %q, %v: a file that is being written must stay", files(t, dir), err)
	}
	if err := next.RemoveTemporary(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); got != "a a/x" {
		t.Errorf("left are %q", got)
	}
	_ = w.Close()
}

// The driver gives some names files of another name. A file per object is all there is: no file
// for metadata.
func TestFilesOfObjects(t *testing.T) {
	s, dir := openFolder(t)
	put(t, s, "a.b/x-1/warc/1.warc.gz", "a..!/x-1/warc/1.warc.gz")
	want := "a..! a..!/x-1 a..!/x-1/warc a..!/x-1/warc/1.warc.gz a.b a.b/x-1 a.b/x-1/warc a.b/x-1/warc/1.warc.gz"
	if got := files(t, dir); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if info, err := os.Stat(filepath.Join(dir, "a.b")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may read the folder: %v, %v", info.Mode(), err)
	}
}

// The driver walks a folder for each page of its list.
func TestListHasEveryPage(t *testing.T) {
	s, dir := openFolder(t)
	const folders, each = 5, 500
	for i := range folders * each {
		path := filepath.Join(dir, "a", strconv.Itoa(i/each), fmt.Sprintf("%03d", i%each))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	names := strings.Fields(list(t, s, "a/"))
	if len(names) != folders*each || !slices.IsSorted(names) {
		t.Errorf("got %d objects", len(names))
	}
}
