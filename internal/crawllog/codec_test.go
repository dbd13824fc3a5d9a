package crawllog

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func decodeAll(t testing.TB, parts [][]byte) []Record {
	t.Helper()
	var got []Record
	for _, p := range parts {
		for r, err := range Decode(p) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
	}
	return got
}

func records(t *rapid.T) []Record {
	url := rapid.Custom(func(t *rapid.T) string {
		return "https://" + rapid.SampledFrom([]string{"a.example/", "b.example/x/", ""}).Draw(t, "host") +
			rapid.StringN(0, 40, 2000).Draw(t, "path")
	})
	instant := rapid.Custom(func(t *rapid.T) time.Time {
		ms := rapid.Int64Range(0, 1<<42).Draw(t, "ms")
		if ms == 0 {
			return time.Time{}
		}
		return time.UnixMilli(ms).UTC()
	})
	small := rapid.IntRange(0, 1<<31)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Record {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return &Discovered{
				URL: url.Draw(t, "url"), Depth: small.Draw(t, "depth"),
				Redirects: small.Draw(t, "hops"), Seed: rapid.Bool().Draw(t, "seed"),
			}
		case 1:
			o := &Outcome{
				URL: url.Draw(t, "url"), Depth: small.Draw(t, "depth"),
				Step: rapid.SampledFrom(steps).Draw(t, "step"), Status: rapid.SampledFrom(statuses).Draw(t, "status"),
				ErrorReason: rapid.StringN(0, 20, 80).Draw(t, "reason"), ErrorDetail: rapid.StringN(0, 50, 200).Draw(t, "detail"),
				HTTPStatus: rapid.IntRange(0, 999).Draw(t, "http"), Latency: time.Duration(small.Draw(t, "ms")) * time.Millisecond,
				Bytes: rapid.Int64Range(0, 1<<40).Draw(t, "bytes"), OccurredAt: instant.Draw(t, "at"),
				HoldHost: instant.Draw(t, "until"),
			}
			o.Sitemap = o.Status == Error && rapid.Bool().Draw(t, "sitemap")
			return o
		case 2:
			return &Retry{
				URL: url.Draw(t, "url"), Attempt: small.Draw(t, "attempt"), Due: instant.Draw(t, "due"),
				HoldHost: rapid.Bool().Draw(t, "hold"), OccurredAt: instant.Draw(t, "at"),
			}
		}
		if rapid.Bool().Draw(t, "cookie") {
			return &Cookie{
				Origin: "https://a.example:8443", Domain: rapid.SampledFrom([]string{"", "example"}).Draw(t, "domain"), Path: "/" + rapid.StringN(0, 20, 80).Draw(t, "path"),
				Name: rapid.StringN(1, 10, 40).Draw(t, "name"), Value: rapid.StringN(0, 100, 400).Draw(t, "value"),
				Quoted: rapid.Bool().Draw(t, "quoted"), Secure: rapid.Bool().Draw(t, "secure"),
				Expires: time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "expires"), 0).UTC(), SetAt: instant.Draw(t, "at"),
			}
		}
		return &SeedsRead{}
	}), 0, 60).Draw(t, "records")
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := records(rt)
		if diff := cmp.Diff(want, decodeAll(t, Encode(want)), cmp.Transformer("nil", func(r []Record) []Record {
			return append([]Record{}, r...)
		})); diff != "" {
			rt.Fatalf("records changed (-want +got):\n%s", diff)
		}
	})
}

// The version before cookies reads them as retries of what is no URL, alone and joined, and the
// records around them as they are.
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
	if want := []byte{tagOutcome, tagRetry, tagRetry, tagSeeded}; old.err != nil || !bytes.Equal(kinds, want) {
		t.Errorf("an older reader reads records of the kinds %v, %v; want %v", kinds, old.err, want)
	}
	if diff := cmp.Diff([]Record{ok, cookie, cookie, &SeedsRead{}}, decodeAll(t, [][]byte{joined})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A cookie that is too long is left out: cut, it would be another one.
func TestLongCookiesAreLeftOut(t *testing.T) {
	for n := MaxStringBytes - 200; n <= MaxStringBytes; n++ {
		c := &Cookie{Origin: "https://a.example", Path: "/", Name: "a", Value: strings.Repeat("v", n), SetAt: time.UnixMilli(1).UTC()}
		got := decodeAll(t, Encode([]Record{c, &SeedsRead{}}))
		if want := []Record{c, &SeedsRead{}}; c.Fits() && !cmp.Equal(want, got) || !c.Fits() && !cmp.Equal(want[1:], got) {
			t.Fatalf("a cookie of %d bytes, which fits: %t, was read back as %d records", n, c.Fits(), len(got))
		}
	}
}

// Random URLs do not compress: the parts must be split, and each must fit its item.
func TestPartsAreBounded(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	var want []Record
	for range 2000 {
		b := make([]byte, 1500)
		rnd.Read(b)
		want = append(want, &Discovered{URL: string(b), Depth: 3})
	}
	parts := Encode(want)
	if len(parts) < 3_000_000/MaxPartBytes {
		t.Errorf("3 MB of noise in %d parts", len(parts))
	}
	for i, p := range parts {
		if len(p) > MaxPartBytes {
			t.Errorf("part %d has %d bytes, more than %d", i, len(p), MaxPartBytes)
		}
	}
	if diff := cmp.Diff(want, decodeAll(t, parts)); diff != "" {
		t.Error("records changed by splitting")
	}
}

func TestJoinKeepsRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var parts [][]byte
		for range rapid.IntRange(1, 5).Draw(rt, "commits") {
			parts = append(parts, Encode(records(rt))...)
		}
		if len(parts) == 0 {
			return
		}
		joined, fits, err := Join(parts)
		if err != nil || !fits {
			rt.Fatal(fits, err)
		}
		if diff := cmp.Diff(decodeAll(t, parts), decodeAll(t, [][]byte{joined})); diff != "" {
			rt.Fatalf("records changed (-want +got):\n%s", diff)
		}
	})
}

func TestJoinRefusesWhatDoesNotFit(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 3000)
	var parts [][]byte
	for range 130 {
		rnd.Read(noise)
		parts = append(parts, Encode([]Record{&Discovered{URL: string(noise)}})...)
	}
	if _, fits, err := Join(parts); fits || err != nil {
		t.Errorf("390 KB of noise fit one part of %d bytes: %v", MaxPartBytes, err)
	}
	if _, fits, err := Join(parts[:100]); !fits || err != nil {
		t.Errorf("300 KB of noise do not fit one part: %v", err)
	}
	if _, _, err := Join([][]byte{parts[0], []byte("damaged")}); err == nil {
		t.Error("a damaged part is joined")
	}
}

func TestEncodeNothing(t *testing.T) {
	if parts := Encode(nil); len(parts) != 0 {
		t.Errorf("no records gave %d parts", len(parts))
	}
}

func TestSizeIsAnUpperBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		for _, r := range records(rt) {
			var w writer
			w.record(r)
			if got := Size(r); got < len(w.buf) {
				rt.Fatalf("Size(%#v) = %d, encoded in %d", r, got, len(w.buf))
			}
		}
	})
}

func TestLongStringsAreCut(t *testing.T) {
	got := decodeAll(t, Encode([]Record{&Outcome{URL: strings.Repeat("u", MaxStringBytes+1), ErrorDetail: strings.Repeat("d", 2*MaxStringBytes)}}))
	o := got[0].(*Outcome)
	if len(o.URL) != MaxStringBytes || len(o.ErrorDetail) != MaxStringBytes {
		t.Errorf("lengths %d and %d, want %d", len(o.URL), len(o.ErrorDetail), MaxStringBytes)
	}
}

func TestDecodeRefusesGarbage(t *testing.T) {
	frame := func(raw []byte) []byte { return encoder().EncodeAll(raw, []byte{version}) }
	for name, part := range map[string][]byte{
		"empty":               nil,
		"only a version":      {version},
		"another version":     append([]byte{version + 1}, Encode([]Record{&SeedsRead{}})[0][1:]...),
		"no zstd":             {version, 1, 2, 3},
		"truncated":           Encode([]Record{&Discovered{URL: "https://a.example/"}})[0][:12],
		"unknown kind":        frame([]byte{15}),
		"prefix of nothing":   frame([]byte{tagFound, 5, 0, 0, 0}),
		"string past the end": frame([]byte{tagFound, 0, 100, 'x'}),
		"number too large":    frame([]byte{tagFound, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}),
		"unknown step":        frame([]byte{tagOutcome, 0, 0, 0, 9, 0, 0, 0, 0, 0}),
		"bomb":                frame(make([]byte, 64<<20)),
	} {
		var err error
		for _, err = range Decode(part) {
		}
		if err == nil {
			t.Errorf("%s: decoded without an error", name)
		}
	}
}

// While a new version is deployed, functions of a version that does not know outcomes of sitemaps
// read and join them. They see outcomes of URLs that no page has.
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

// A log is long: what it costs to store is what a crawl costs to run.
func TestCompression(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var rs []Record
	at := time.UnixMilli(1_700_000_000_000).UTC()
	for i := range 10_000 {
		url := "https://www.example.com/articles/" + string(rune('a'+i%26)) + "/" + strings.Repeat("word-", 3) + time.Duration(rnd.Int64N(1e12)).String()
		rs = append(rs, &Discovered{URL: url, Depth: 4})
		at = at.Add(time.Duration(rnd.IntN(20)) * time.Millisecond)
		rs = append(rs, &Outcome{URL: url, Depth: 4, Step: Fetch, Status: OK, HTTPStatus: 200, Latency: time.Duration(rnd.IntN(200)) * time.Millisecond, Bytes: rnd.Int64N(100_000), OccurredAt: at})
	}
	size := len(bytes.Join(Encode(rs), nil))
	if perURL := size / 10_000; perURL > 50 {
		t.Errorf("%d bytes a URL, found and recorded", perURL)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(nil), false)
	f.Add(Encode([]Record{
		&Discovered{URL: "https://a.example/", Seed: true}, &Discovered{URL: "https://a.example/b", Depth: 1, Redirects: 2},
		&Outcome{URL: "https://a.example/", Step: Fetch, Status: Error, ErrorReason: "timeout", OccurredAt: time.UnixMilli(1e12).UTC(), HoldHost: time.UnixMilli(2e12).UTC()},
		&Retry{URL: "https://a.example/b", Attempt: 1, HoldHost: true, Due: time.UnixMilli(1e12 + 5).UTC()}, &SeedsRead{},
	})[0], false)
	f.Add([]byte{tagFound, 0, 1, 'x', 0, 0, tagFound | flagSeed, 1, 2, 'y', 'z', 1, 1, tagSeeded}, true)
	f.Fuzz(func(t *testing.T, data []byte, raw bool) {
		if raw { // gets the fuzzer past the compression
			data = encoder().EncodeAll(data, []byte{version})
		}
		var rs []Record
		for r, err := range Decode(data) {
			if err != nil {
				return
			}
			rs = append(rs, r)
		}
		if diff := cmp.Diff(rs, decodeAll(t, Encode(rs))); diff != "" {
			t.Errorf("decoded records do not survive another round trip:\n%s", diff)
		}
	})
}
