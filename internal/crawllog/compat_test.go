package crawllog

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Versions before cookies read a cookie as a retry of something that is not a URL, before and after
// they join parts, and read the records around it as they are.
func TestCookiesForOlderReaders(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000).UTC()
	ok := &Outcome{URL: "https://a.example/x", Step: Fetch, Status: OK, HTTPStatus: 200, OccurredAt: at}
	cookie := &Cookie{Origin: "https://a.example", Path: "/", Name: "a", Value: "b<&>", SetAt: at}
	parts := [][]byte{Encode([]Record{ok, cookie})[0], Encode([]Record{cookie, &SeedsRead{}})[0]}
	joined, fits, err := Join(parts)
	if err != nil || !fits {
		t.Fatal(fits, err)
	}
	raw, err := decoder().DecodeAll(joined[1:], nil)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []byte
	old := reader{buf: raw}
	for len(old.buf) > 0 && old.err == nil {
		tag := old.buf[0]
		kinds = append(kinds, tag)
		if tag&tagMask != tagRetry {
			old.record()
			continue
		}
		old.buf = old.buf[1:]
		if r := old.retry(tag); !strings.HasPrefix(r.URL, "cookie:") || r.HoldHost || r.Attempt != 0 || !r.Due.Equal(at) {
			t.Errorf("an older reader reads %+v", r)
		}
	}
	if want := []byte{tagOutcome, tagRetry, tagRetry, tagSeedsRead}; old.err != nil || !bytes.Equal(kinds, want) {
		t.Errorf("an older reader reads records of the kinds %v, %v; want %v", kinds, old.err, want)
	}
	if diff := cmp.Diff([]Record{ok, cookie, cookie, &SeedsRead{}}, decodeAll(t, [][]byte{joined})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// During a deployment, functions of a version that does not know outcomes of sitemaps read and join
// them. They read outcomes of URLs that no page has.
func TestSitemapsForOlderReaders(t *testing.T) {
	want := []Record{
		&Outcome{URL: "https://a.example/s.xml", Step: Fetch, Status: OK, HTTPStatus: 200},
		&Outcome{URL: "https://a.example/s.xml", Step: Fetch, Status: Error, ErrorReason: "http_status", ErrorDetail: "d", HTTPStatus: 404, Sitemap: true},
		&Outcome{URL: "sitemap:x", Step: Schedule, Status: Excluded, ErrorReason: "invalid_url"},
	}
	if diff := cmp.Diff(want, decodeAll(t, Encode(want))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	older := *want[1].(*Outcome) // as an older version reads it, and writes it again
	older.URL, older.Sitemap = "sitemap:"+older.URL, false
	if got := decodeAll(t, Encode([]Record{&older})); !cmp.Equal(want[1:2], got) {
		t.Errorf("%+v is read as %+v", older, got[0])
	}
}
