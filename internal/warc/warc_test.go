package warc_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nlnwa/gowarc/v3"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/warc"
)

// object returns one record of each type.
func object() []byte {
	info := warc.Info{Name: "1.warc.gz", Software: "inndx", Run: "a run", Date: captured}
	x, again := newExchange("<p>Hello"), newExchange("<p>Hello")
	again.URL, again.Date = pageURL+"&again", captured.Add(time.Second)
	text := "# Hello"
	return bytes.Join([][]byte{
		info.Record(),
		x.RequestRecord(), x.ResponseRecord(),
		x.ConversionRecord("text/markdown; charset=utf-8", []byte(text), sha256.Sum256([]byte(text)), true),
		again.RequestRecord(), again.RevisitRecord(warc.Original{URL: x.URL, Date: x.Date}),
	}, nil)
}

// Another reader finds no violation of the standard, and the records refer to each other.
func TestRecordsAreValid(t *testing.T) {
	b := bufio.NewReader(bytes.NewReader(object()))
	reader := gowarc.NewUnmarshaler(gowarc.WithStrictValidation(), gowarc.WithBlockErrorPolicy(gowarc.ErrFail))
	var types []string
	var headers []*gowarc.WarcFields
	for {
		rec, skipped, violations, err := reader.Unmarshal(b)
		if err == io.EOF {
			break
		}
		if err != nil || len(violations) > 0 || skipped > 0 {
			t.Fatalf("record %d: %v, %v, %d bytes skipped", len(types), err, violations, skipped)
		}
		types = append(types, rec.Type().String())
		headers = append(headers, rec.WarcHeader())
	}
	want := []string{"warcinfo", "request", "response", "conversion", "request", "revisit"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Fatalf("types (-want +got):\n%s", diff)
	}
	response, revisit := headers[2], headers[5]
	for _, refers := range []struct {
		from  *gowarc.WarcFields
		field string
		to    string
	}{
		{headers[1], gowarc.WarcConcurrentTo, response.Get(gowarc.WarcRecordID)},
		{headers[3], gowarc.WarcRefersTo, response.Get(gowarc.WarcRecordID)},
		{headers[4], gowarc.WarcConcurrentTo, revisit.Get(gowarc.WarcRecordID)},
		{revisit, gowarc.WarcRefersTo, response.Get(gowarc.WarcRecordID)},
		{revisit, gowarc.WarcRefersToTargetURI, response.Get(gowarc.WarcTargetURI)},
		{revisit, gowarc.WarcRefersToDate, response.Get(gowarc.WarcDate)},
		{revisit, gowarc.WarcPayloadDigest, response.Get(gowarc.WarcPayloadDigest)},
	} {
		if got := refers.from.Get(refers.field); got != refers.to || got == "" {
			t.Errorf("%s of a %s is %q, want %q", refers.field, refers.from.Get(gowarc.WarcType), got, refers.to)
		}
	}
}

// What is written is read back: by this package, and with the same result by another reader.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newExchange(rapid.String().Draw(t, "body"))
		x.URL = "http://example.com/" + rapid.StringMatching(`[!-~]{0,40}`).Draw(t, "path")
		x.Status = rapid.IntRange(200, 399).Draw(t, "status")
		x.Header = http.Header{}
		for range rapid.IntRange(0, 5).Draw(t, "headers") {
			x.Header.Add(rapid.StringMatching(`[A-Za-z][A-Za-z0-9-]{0,10}`).Draw(t, "name"), rapid.String().Draw(t, "value"))
		}
		member := x.ResponseRecord()
		rec, err := warc.ReadRecord(bytes.NewReader(member))
		if err != nil {
			t.Fatal(err)
		}
		payload, err := io.ReadAll(rec.Payload)
		if err != nil || string(payload) != string(x.Body) {
			t.Fatalf("the payload is %q, want %q, %v", payload, x.Body, err)
		}
		if rec.Type != "response" || rec.TargetURI != x.URL || !rec.Date.Equal(x.Date) || rec.Status != x.Status {
			t.Fatalf("read %+v", rec)
		}
		if strings.Contains(x.URL, "=?") {
			return // gowarc takes some of these for encoded words
		}
		other, _, violations, err := gowarc.NewUnmarshaler(gowarc.WithStrictValidation()).Unmarshal(bufio.NewReader(bytes.NewReader(member)))
		if err != nil || len(violations) > 0 {
			t.Fatal(err, violations)
		}
		if got := other.WarcHeader().Get(gowarc.WarcTargetURI); got != x.URL {
			t.Fatalf("gowarc reads the URL %q, want %q", got, x.URL)
		}
		raw, err := other.Block().(gowarc.PayloadBlock).PayloadBytes()
		if err != nil {
			t.Fatal(err)
		}
		if payload, err := io.ReadAll(raw); err != nil || string(payload) != string(x.Body) {
			t.Fatalf("gowarc reads the payload %q, want %q, %v", payload, x.Body, err)
		}
	})
}

// A URL may have what RFC 2047 calls an encoded word, which is not decoded.
func TestURLWithAnEncodedWord(t *testing.T) {
	x := newExchange("")
	x.URL = "http://example.com/?q==?utf-8?Q?a?="
	if rec, _ := read(t, x.ResponseRecord()); rec.TargetURI != x.URL {
		t.Errorf("read the URL %s, want %s", rec.TargetURI, x.URL)
	}
}

// No credential is written, and the header describes the body as it is stored.
func TestHeaders(t *testing.T) {
	x := newExchange("body")
	x.Request.Header = http.Header{
		"User-Agent": {"inndx"}, "Accept-Encoding": {"gzip"}, "Authorization": {"secret"}, "Proxy-Authorization": {"secret"},
		"Cookie": {"secret"}, "X-Api-Key": {"secret"}, "Host": {"another.example"}, "Connection": {"close"},
	}
	x.URL = "https://www.example.com/redirects/back"
	x.Hidden = []string{"x-api-key"}
	x.Header = http.Header{
		"Content-Type": {"text/plain"}, "Set-Cookie": {"secret", "secret"}, "Content-Encoding": {"gzip"},
		"Content-Length": {"99"}, "Transfer-Encoding": {"chunked"}, "Keep-Alive": {"1"}, "Trailer": {"X"},
		"X-Lines": {"a\r\nSet-Cookie: b"}, "Bad name": {"x"},
	}
	_, request, _ := strings.Cut(gunzip(t, x.RequestRecord()), "\r\n\r\n")
	want := "GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nAccept-Encoding: gzip\r\nUser-Agent: inndx\r\n\r\n\r\n\r\n"
	if diff := cmp.Diff(want, request); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	_, response, _ := strings.Cut(gunzip(t, x.ResponseRecord()), "\r\n\r\n")
	want = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\nX-Lines: a  Set-Cookie: b\r\n" +
		"X-Crawler-Content-Encoding: gzip\r\nX-Crawler-Content-Length: 99\r\nX-Crawler-Transfer-Encoding: chunked\r\n" +
		"\r\nbody\r\n\r\n"
	if diff := cmp.Diff(want, response); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

// A record says that its body is not the whole one, and why.
func TestTruncated(t *testing.T) {
	for body, want := range map[string]string{"the beginning": "length", "": "unspecified"} {
		x := newExchange(body)
		x.Truncated = true
		if rec, _ := read(t, x.ResponseRecord()); rec.Fields.Get("WARC-Truncated") != want {
			t.Errorf("WARC-Truncated is %q, want %q", rec.Fields.Get("WARC-Truncated"), want)
		}
	}
}

// BenchmarkPage makes the records of a fetched page.
func BenchmarkPage(b *testing.B) {
	for _, size := range []int{2500, 100_000, 2_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var body strings.Builder
			for i := uint32(1); body.Len() < size; i = i*1664525 + 1013904223 {
				fmt.Fprintf(&body, "<p>Read <a href=\"/page/%d\">this</a>.", i>>8%10_000)
			}
			x := newExchange(body.String())
			b.SetBytes(int64(size))
			b.ReportAllocs()
			stored := 0
			for b.Loop() {
				stored = len(x.RequestRecord()) + len(x.ResponseRecord())
			}
			b.ReportMetric(float64(stored), "stored-B")
		})
	}
}
