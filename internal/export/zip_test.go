package export

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// zip64Archive writes a file with an entry of more than 4 GiB and a small one after it, and returns
// its name. The large entry is a few bytes and a hole: the state that a process saved is changed to
// say that it wrote as many bytes.
func zip64Archive(t *testing.T, size int64) string {
	t.Helper()
	modified := time.UnixMilli(1_790_000_000_123).UTC()
	var head bytes.Buffer
	var z zipFile
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(z *zipFile, name, text string) {
		t.Helper()
		must(z.open(name))
		_, err := z.Write([]byte(text))
		must(err)
	}
	must(z.start(&head, modified))
	write(&z, "pages/pages.jsonl", "first")
	must(z.flush())
	z.last().Bytes = size
	state, err := json.Marshal(&z)
	must(err)

	var rest bytes.Buffer
	var continued zipFile
	must(json.Unmarshal(state, &continued))
	must(continued.start(&rest, modified))
	_, err = continued.Write([]byte("last"))
	must(err)
	continued.complete()
	write(&continued, "datapackage.json", "{}")
	continued.complete()
	must(continued.close())

	f, err := os.Create(filepath.Join(t.TempDir(), "large.zip"))
	must(err)
	_, err = f.Write(head.Bytes())
	must(err)
	_, err = f.WriteAt(rest.Bytes(), int64(head.Len())-int64(len("first"))+size)
	must(err)
	must(f.Close())
	return f.Name()
}

// An entry, and where an entry begins, may be beyond 4 GiB.
func TestZip64(t *testing.T) {
	const written = 5 << 30
	name := zip64Archive(t, written)
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 2 {
		t.Fatalf("%d entries", len(z.File))
	}
	large, small := z.File[0], z.File[1]
	if large.UncompressedSize64 != written+4 || large.CompressedSize64 != written+4 || large.ReaderVersion != 45 {
		t.Errorf("the large entry is %+v", large.FileHeader)
	}
	if offset, err := small.DataOffset(); offset < written || err != nil {
		t.Errorf("the small entry begins at %d, %v", offset, err)
	}
	r, err := small.Open()
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(r); string(data) != "{}" || err != nil {
		t.Errorf("the small entry is %q, %v", data, err)
	}

	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 to read it, too")
	}
	const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    large, small = z.infolist()
    with z.open(large) as f:
        head = f.read(5)
    print(large.file_size, head, small.header_offset > large.file_size, z.read(small))
`
	out, err := exec.CommandContext(t.Context(), python, "-c", script, name).CombinedOutput()
	if want := "5368709124 b'first' True b'{}'"; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("Python reads %s, %v, want %s", out, err, want)
	}
}

// An entry of less than 4 GiB has no zip64, which not every program reads.
func TestNoZip64(t *testing.T) {
	z, err := zip.OpenReader(zip64Archive(t, 1<<30))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.ReaderVersion != 20 || len(f.Extra) > 0 {
			t.Errorf("%+v", f.FileHeader)
		}
	}
}
