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

// A cookie that is too long is left out. Truncated, it would be another cookie.
func TestLongCookiesAreLeftOut(t *testing.T) {
	for n := MaxStringBytes - 200; n <= MaxStringBytes; n++ {
		c := &Cookie{Origin: "https://a.example", Path: "/", Name: "a", Value: strings.Repeat("v", n), SetAt: time.UnixMilli(1).UTC()}
		got := decodeAll(t, Encode([]Record{c, &SeedsRead{}}))
		if want := []Record{c, &SeedsRead{}}; c.Fits() && !cmp.Equal(want, got) || !c.Fits() && !cmp.Equal(want[1:], got) {
			t.Fatalf("a cookie of %d bytes, which fits: %t, was read back as %d records", n, c.Fits(), len(got))
		}
	}
}

// Random URLs do not compress, so the parts must be split until each fits an item.
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
		var want []Record
		for _, r := range decodeAll(t, parts) {
			switch r := r.(type) {
			case *Edges, *QueueLength:
				continue
			case *Outcome: // only what later pages may refer to is kept of its facts
				o := &Outcome{
					URL: r.URL, Depth: r.Depth, Step: r.Step, Status: r.Status, ErrorReason: r.ErrorReason, ErrorDetail: r.ErrorDetail, HTTPStatus: r.HTTPStatus,
					Latency: r.Latency, Bytes: r.Bytes, OccurredAt: r.OccurredAt, HoldHost: r.HoldHost, Sitemap: r.Sitemap,
				}
				for _, a := range r.Artifacts {
					if a.Kind != Parsed && a.Original.Object == "" {
						o.Artifacts = append(o.Artifacts, a)
					}
				}
				want = append(want, o)
				continue
			}
			want = append(want, r)
		}
		if diff := cmp.Diff(want, decodeAll(t, [][]byte{joined})); diff != "" {
			rt.Fatalf("records changed (-want +got):\n%s", diff)
		}
	})
}

func TestJoinRejectsWhatDoesNotFit(t *testing.T) {
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
			w.facts.flush("")
			if got, n := Size(r), len(w.buf)+w.facts.size(); got < n {
				rt.Fatalf("Size(%#v) = %d, encoded in %d", r, got, n)
			}
		}
	})
}

func TestLongStringsAreTruncated(t *testing.T) {
	got := decodeAll(t, Encode([]Record{&Outcome{URL: strings.Repeat("u", MaxStringBytes+1), ErrorDetail: strings.Repeat("d", 2*MaxStringBytes)}}))
	o := got[0].(*Outcome)
	if len(o.URL) != MaxStringBytes || len(o.ErrorDetail) != MaxStringBytes {
		t.Errorf("lengths %d and %d, want %d", len(o.URL), len(o.ErrorDetail), MaxStringBytes)
	}
}

// Logs are long, so their size determines what a crawl costs.
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
		t.Errorf("%d bytes a URL, discovered and recorded", perURL)
	}
}
