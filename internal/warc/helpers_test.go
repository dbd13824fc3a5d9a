package warc_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzip"

	"github.com/inndx/runs/internal/warc"
)

const pageURL = "https://www.example.com/a?b=c"

var captured = time.Date(2026, 11, 25, 20, 35, 1, 234e6, time.UTC)

// newExchange returns an exchange whose response has the body.
func newExchange(body string) *warc.Exchange {
	request, err := http.NewRequest(http.MethodGet, pageURL, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("User-Agent", "inndx")
	return &warc.Exchange{
		Run: uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), URL: pageURL, Date: captured,
		Request: request,
		Status:  http.StatusOK, Proto: "HTTP/1.1",
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Body:   []byte(body), Digest: sha256.Sum256([]byte(body)),
	}
}

// read reads a record and its whole payload.
func read(t testing.TB, member []byte) (*warc.Record, string) {
	t.Helper()
	rec, err := warc.ReadRecord(bytes.NewReader(member))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := io.ReadAll(rec.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return rec, string(payload)
}

// gunzip returns the text of a record.
func gunzip(t testing.TB, member []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(member))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compress returns a text as a gzip member.
func compress(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}
