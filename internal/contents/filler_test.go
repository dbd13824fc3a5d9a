package contents

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/nlnwa/gowarc/v3"

	"github.com/inndx/runs/internal/warc"
)

// A filler of any length is a gzip member of that length. One that is as long as a record's member
// holds a record, which readers of WARC skip.
func TestFiller(t *testing.T) {
	x := warc.Exchange{URL: "https://a.example/", Status: 200, Proto: "HTTP/1.1", Body: []byte("page")}
	record := x.ResponseRecord()
	for n := range int64(1200) {
		checkFiller(t, record, n)
	}
	checkFiller(t, record, 3_000_001)
}

func checkFiller(t *testing.T, record []byte, n int64) {
	t.Helper()
	var filler bytes.Buffer
	err := writeFiller(&filler, n)
	if n < minFiller {
		if err == nil {
			t.Errorf("%d bytes: no error", n)
		}
		return
	}
	if err != nil || int64(filler.Len()) != n {
		t.Fatalf("%d bytes: got %d (%v)", n, filler.Len(), err)
	}
	z, err := gzip.NewReader(bytes.NewReader(filler.Bytes()))
	if err != nil {
		t.Fatalf("%d bytes: %v", n, err)
	}
	if _, err := io.Copy(io.Discard, z); err != nil {
		t.Fatalf("%d bytes: %v", n, err)
	}
	if n < int64(len(record)) {
		return
	}
	object := bytes.Join([][]byte{record, filler.Bytes(), record}, nil)
	var types []string
	r := warc.NewReader(bytes.NewReader(object))
	rec, err := r.Next()
	for ; err == nil; rec, err = r.Next() {
		types = append(types, rec.Type)
	}
	if err != io.EOF || len(types) != 3 || types[1] != "metadata" {
		t.Errorf("%d bytes: records %v (%v)", n, types, err)
	}
	byGowarc(t, n, object)
}

// byGowarc reads the object with a reader of others.
func byGowarc(t *testing.T, n int64, object []byte) {
	t.Helper()
	r, err := gowarc.NewWarcFileReaderFromStream(bytes.NewReader(object), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	count := 0
	for {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%d bytes: gowarc: %v", n, err)
		}
		count++
	}
	if count != 3 {
		t.Errorf("%d bytes: gowarc finds %d records", n, count)
	}
}
