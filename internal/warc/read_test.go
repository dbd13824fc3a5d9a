package warc_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/warc"
)

// The reader of an object finds each record at its offset, whether payloads are read or not.
func TestReader(t *testing.T) {
	whole := object()
	for _, readPayloads := range []bool{false, true} {
		r := warc.NewReader(bytes.NewReader(whole))
		n := 0
		for ; ; n++ {
			rec, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if readPayloads {
				if _, err := io.Copy(io.Discard, rec.Payload); err != nil {
					t.Fatal(err)
				}
				if r.Offset() == int64(len(whole)) {
					continue
				}
				if _, err := warc.ReadRecord(bytes.NewReader(whole[r.Offset():])); err != nil {
					t.Errorf("at %d: %v", r.Offset(), err)
				}
			}
		}
		if n != 6 || r.Offset() != int64(len(whole)) {
			t.Errorf("%d records in %d bytes, want 6 in %d", n, r.Offset(), len(whole))
		}
	}
}

// A member that is cut or changed anywhere is never read as something else.
func TestDamagedRecords(t *testing.T) {
	member := newExchange("<p>Hello, damage").ResponseRecord()
	intact := gunzip(t, member)
	readAll := func(member []byte) (string, error) {
		rec, err := warc.ReadRecord(bytes.NewReader(member))
		if err != nil {
			return "", err
		}
		payload, err := io.ReadAll(rec.Payload)
		return string(payload), err
	}
	for n := range member {
		if payload, err := readAll(member[:n]); err == nil {
			t.Fatalf("the first %d bytes of %d were read as %q", n, len(member), payload)
		}
		for bit := range 8 {
			changed := bytes.Clone(member)
			changed[n] ^= 1 << bit
			payload, err := readAll(changed)
			if err == nil && !strings.HasSuffix(intact, "\r\n\r\n"+payload+"\r\n\r\n") {
				t.Fatalf("with bit %d of byte %d changed, the payload is %q", bit, n, payload)
			}
		}
	}
}

func TestRefusedRecords(t *testing.T) {
	const fields = "WARC-Type: resource\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
	httpFields := "WARC/1.1\r\n" + fields + "Content-Type: application/http; msgtype=response\r\n"
	for name, text := range map[string]string{
		"no record":             "",
		"another format":        "HTTP/1.1 200 OK\r\n\r\n",
		"another version":       "WARC/2.0\r\n" + fields + "Content-Length: 0\r\n\r\n\r\n\r\n",
		"no date":               "WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
		"no length":             "WARC/1.1\r\n" + fields + "\r\n\r\n\r\n",
		"negative length":       "WARC/1.1\r\n" + fields + "Content-Length: -1\r\n\r\n\r\n\r\n",
		"huge length":           "WARC/1.1\r\n" + fields + "Content-Length: 99999999999\r\n\r\n\r\n\r\n",
		"length beyond the end": "WARC/1.1\r\n" + fields + "Content-Length: 9\r\n\r\nhello\r\n\r\n",
		"length before the end": "WARC/1.1\r\n" + fields + "Content-Length: 3\r\n\r\nhello\r\n\r\n",
		"bytes after the end":   "WARC/1.1\r\n" + fields + "Content-Length: 5\r\n\r\nhello\r\n\r\nWARC/1.1\r\n",
		"long line":             "WARC/1.1" + strings.Repeat(" ", 1<<20) + "\r\n",
		"long header":           "WARC/1.1\r\n" + strings.Repeat("A: b\r\n", 1<<16) + "\r\n",
		"no HTTP message":       httpFields + "Content-Length: 0\r\n\r\n\r\n\r\n",
		"no HTTP status":        httpFields + "Content-Length: 13\r\n\r\nHTTP/1.1 ?\r\n\r\n\r\n\r\n",
		"long HTTP header":      httpFields + "Content-Length: 2000000\r\n\r\nHTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 1<<18),
		"HTTP beyond the block": httpFields + "Content-Length: 15\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			rec, err := warc.ReadRecord(bytes.NewReader(compress(text)))
			if err == nil {
				_, err = io.Copy(io.Discard, rec.Payload)
			}
			if err == nil {
				t.Errorf("read %+v", rec)
			}
		})
	}
	if _, err := warc.ReadRecord(strings.NewReader("not gzip")); err == nil {
		t.Error("text that is not compressed was read")
	}
}

// The payload is not read before it is asked for: a record of 64 MiB is opened although its reader
// fails after its first kilobytes.
func TestPayloadIsStreamed(t *testing.T) {
	x := newExchange("")
	x.Body = bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
	member := x.ResponseRecord()
	broken := errors.New("no more bytes")
	rec, err := warc.ReadRecord(io.MultiReader(bytes.NewReader(member[:len(member)/2]), &failing{broken}))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, rec.Payload)
	if !errors.Is(err, broken) || n == 0 || n >= int64(len(x.Body)) {
		t.Errorf("read %d bytes, %v", n, err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzReadRecord reads arbitrary members. The text is compressed, because the fuzzer would hardly
// find any that decompresses.
func FuzzReadRecord(f *testing.F) {
	x := newExchange("<p>Hello")
	for _, member := range [][]byte{x.ResponseRecord(), x.RequestRecord(), x.RevisitRecord(warc.Original{URL: pageURL, Date: captured})} {
		f.Add(gunzip(f, member))
	}
	f.Add("WARC/1.1\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nContent-Length: 99999999\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		rec, err := warc.ReadRecord(bytes.NewReader(compress(text)))
		if err != nil {
			return
		}
		payload, err := io.ReadAll(rec.Payload)
		if len(payload) > len(text) {
			t.Fatalf("a payload of %d bytes from %d", len(payload), len(text))
		}
		if err == nil && !strings.HasSuffix(text, string(payload)+"\r\n\r\n") {
			t.Fatalf("the payload %q is not in the record", payload)
		}
	})
}
