package crawllog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// readEarlier reads a part as versions before the facts do: zstd skips their frame.
func readEarlier(t testing.TB, part []byte) []Record {
	t.Helper()
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(2<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	raw, err := d.DecodeAll(part[1:], nil)
	if err != nil || part[0] != 1 || len(raw) == 0 {
		t.Fatalf("an earlier version refuses the part: version %d, %d bytes, %v", part[0], len(raw), err)
	}
	var got []Record
	for r := (reader{buf: raw}); len(r.buf) > 0; {
		got = append(got, r.record())
		if r.err != nil {
			t.Fatal(r.err)
		}
	}
	return got
}

// bare returns the records without facts.
func bare(records []Record) []Record {
	got := []Record{}
	for _, r := range records {
		switch r := r.(type) {
		case *Edges, *QueueLength:
			continue
		case *Discovered:
			d := *r
			d.Referrer, d.Check, d.Asset, d.AssetOf, d.WasExcluded = "", false, false, 0, false
			got = append(got, &d)
		case *Outcome:
			o := forFrontier(r).(*Outcome)
			o.Artifacts = nil
			got = append(got, o)
		case *Retry:
			retry := *r
			retry.Referrer = ""
			got = append(got, &retry)
		default:
			got = append(got, r)
		}
	}
	return got
}

// Functions of earlier versions read new parts while a new version is deployed.
func TestFactsForOlderReaders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := records(rt)
		got := []Record{}
		for _, part := range Encode(want) {
			got = append(got, readEarlier(t, part)...)
		}
		got = slices.DeleteFunc(got, func(r Record) bool { // a retry of no URL, which changes nothing
			retry, ok := r.(*Retry)
			return ok && retry.URL == noRecord
		})
		if diff := cmp.Diff(bare(want), got); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// A part of an earlier version has no facts.
func TestPartOfAnEarlierVersion(t *testing.T) {
	part, err := os.ReadFile("testdata/part-2026-11")
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1_700_000_000_000).UTC()
	want := []Record{
		&Discovered{URL: "https://a.example/", Seed: true},
		&SeedsRead{},
		&Discovered{URL: "https://a.example/b", Depth: 1, Redirects: 2},
		&Outcome{URL: "https://b.example/", Depth: 1, Step: Schedule, Status: Excluded, ErrorReason: "seed_hosts", OccurredAt: at},
		&Outcome{URL: "https://a.example/", Step: Fetch, Status: OK, HTTPStatus: 200, Latency: 12 * time.Millisecond, Bytes: 3456, OccurredAt: at},
		&Retry{URL: "https://a.example/b", Attempt: 1, Due: at.Add(time.Second), HoldHost: true, OccurredAt: at},
		&Cookie{Origin: "https://a.example", Path: "/", Name: "a", Value: "b", SetAt: at},
		&Outcome{URL: "https://a.example/s.xml", Step: Fetch, Status: Error, ErrorReason: "http_status", ErrorDetail: "Not Found", HTTPStatus: 404, OccurredAt: at, Sitemap: true},
	}
	if diff := cmp.Diff(want, decodeAll(t, [][]byte{part})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Encode(want); len(got) != 1 || !bytes.Equal(got[0], part) {
		t.Error("records without facts are not encoded as before")
	}
}

// A later version may add columns, which this version skips.
func TestUnknownColumnsAreSkipped(t *testing.T) {
	want := []Record{&Discovered{URL: "https://a.example/b", Depth: 1, Referrer: "https://a.example/"}}
	var w writer
	for _, r := range want {
		w.record(r)
	}
	w.facts.flush("")
	columns := appendColumns(nil, &w.facts.columns, true)
	columns = append(columns, 0xc8, 0x01, 3, 'n', 'e', 'w')
	if diff := cmp.Diff(want, decodeAll(t, [][]byte{partOf(w.buf, columns, []byte{0xc9, 0x01, 1, 'x'})})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// partOf returns a part with the bytes of the frame of records and of the columns of facts.
func partOf(records, columns, rawColumns []byte) []byte {
	frame := encoder().EncodeAll(columns, nil)
	body := append(append(binary.AppendUvarint(nil, uint64(len(frame))), frame...), rawColumns...)
	part := binary.LittleEndian.AppendUint32([]byte{version}, skippableMagic)
	part = append(binary.LittleEndian.AppendUint32(part, uint32(len(body))), body...)
	return encoder().EncodeAll(records, part)
}

func TestDecodeRejectsGarbageFacts(t *testing.T) {
	var w writer
	w.record(&Discovered{URL: "https://a.example/"})
	w.record(&Outcome{URL: "https://a.example/", Step: Fetch, Status: OK})
	huge := binary.AppendUvarint(nil, maxNumber)
	good := Encode([]Record{&Outcome{URL: "https://a.example/", Title: "t"}})[0]
	for name, part := range map[string][]byte{
		"frame without an end":   append(slices.Clone(good[:5]), 0xff, 0xff, 0xff, 0xff),
		"half a frame":           good[:20],
		"no columns":             append(binary.LittleEndian.AppendUint32([]byte{version}, skippableMagic), 0, 0, 0, 0),
		"only a column's number": partOf(w.buf, []byte{columnTitles}, nil),
		"column past the end":    partOf(w.buf, []byte{columnTitles, 9, 1}, nil),
		"column twice":           partOf(w.buf, []byte{columnAttempts, 1, 1, columnAttempts, 1, 1}, nil),
		"values left":            partOf(w.buf, []byte{columnAttempts, 2, 1, 1}, nil),
		"values missing":         partOf(w.buf, []byte{columnFoundBy, 0}, nil),
		"no such URL":            partOf(w.buf, []byte{columnFoundBy, 1, 2 + recentURLs + 9}, nil),
		"no such text":           partOf(w.buf, []byte{columnContentTypes, 1, 1 + byte(len(commonTexts))}, nil),
		"no digest":              partOf(w.buf, []byte{columnDigests, 1, digestRaw}, []byte{columnRawDigests, 3, 1, 2, 3}),
		"title without a prefix": partOf(w.buf, []byte{columnTitles, 2, 9, 0}, nil),
		"many artifacts":         partOf(w.buf, append([]byte{columnArtifacts, byte(len(huge))}, huge...), nil),
		"many targets": partOf(w.buf, append(append([]byte{columnEdgePlaces, 1, 0, columnEdgeCounts, byte(len(huge))}, huge...),
			append([]byte{columnEdgeTargets, byte(1 + len(huge)), 0}, huge...)...), nil),
		"long run":   partOf(w.buf, append([]byte{columnEdgePlaces, 1, 0, columnEdgeCounts, 1, 2, columnEdgeTargets, byte(len(huge))}, huge...), nil),
		"late place": partOf(w.buf, []byte{columnEdgePlaces, 1, 3, columnEdgeCounts, 1, 0}, nil),
		"bomb":       partOf(w.buf, make([]byte, 64<<20), nil),
	} {
		t.Run(name, func(t *testing.T) {
			if records, err := DecodeAll(part); err == nil {
				t.Errorf("decoded without an error: %v", records)
			}
		})
	}
}

func TestLongFactsAreTruncated(t *testing.T) {
	long := strings.Repeat("x", 3*MaxStringBytes)
	got := decodeAll(t, Encode([]Record{
		&Discovered{URL: "u", Referrer: long},
		&Outcome{URL: long, Step: Fetch, Referrer: long, ContentType: long, Title: long, RedirectURL: long, Artifacts: []Artifact{{Kind: Raw, PipelineID: long, ContentType: long}}},
		&Edges{From: long, To: []string{long}},
	}))
	url, fact := long[:MaxStringBytes], long[:maxFactBytes]
	want := []Record{
		&Discovered{URL: "u", Referrer: url},
		&Outcome{URL: url, Step: Fetch, Referrer: url, ContentType: fact, Title: fact, RedirectURL: url, Artifacts: []Artifact{{Kind: Raw, PipelineID: url, ContentType: fact}}},
		&Edges{From: url, To: []string{url}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The links of one page may be more than a part can hold.
func TestManyEdges(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 1500)
	e := &Edges{From: "https://a.example/"}
	for range 3000 {
		rnd.Read(noise)
		e.To = append(e.To, string(noise))
	}
	for i := range 100_000 {
		e.To = append(e.To, fmt.Sprint("https://a.example/", i))
	}
	outcome := &Outcome{URL: e.From, Step: Fetch, Status: OK}
	parts := Encode([]Record{e, outcome})
	for _, part := range parts {
		if len(part) > MaxPartBytes {
			t.Errorf("a part has %d bytes", len(part))
		}
		readEarlier(t, part)
	}
	var to []string
	all := decodeAll(t, parts)
	for _, r := range all[:len(all)-1] {
		r := r.(*Edges)
		if to = append(to, r.To...); r.From != e.From {
			t.Fatal(r.From)
		}
	}
	if !slices.Equal(to, e.To) || !cmp.Equal(all[len(all)-1], Record(outcome)) {
		t.Errorf("%d targets became %d", len(e.To), len(to))
	}
	for _, chunk := range NewEdges(e.From, e.To) {
		if Size(chunk) > MaxPartBytes {
			t.Errorf("a record of NewEdges may take %d bytes", Size(chunk))
		}
	}
}

// The size of the log determines what a crawl costs.
func TestFactsAreSmall(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	records := func(facts, edges bool) []Record {
		var rs []Record
		at := time.UnixMilli(1_700_000_000_000).UTC()
		var queue, referrers []string
		nav := make([]string, 40)
		for i := range nav {
			nav[i] = fmt.Sprintf("https://www.example.com/section-%d/%x", i, rnd.Uint32())
		}
		queue, referrers = append(queue, "https://www.example.com/"), append(referrers, "")
		for i := range 1000 {
			url := queue[i]
			to := slices.Clone(nav)
			for j := range 10 {
				link := queue[rnd.IntN(len(queue))]
				if j < 2 {
					link = fmt.Sprintf("https://www.example.com/articles/%d/%x", i%7, rnd.Uint64())
					queue, referrers = append(queue, link), append(referrers, url)
					d := &Discovered{URL: link, Depth: 3}
					if facts {
						d.Referrer = url
					}
					rs = append(rs, d)
				}
				to = append(to, link)
			}
			if edges {
				rs = append(rs, &Edges{From: url, To: to})
			}
			o := &Outcome{URL: url, Depth: 3, Step: Fetch, Status: OK, HTTPStatus: 200, Latency: time.Duration(rnd.IntN(200)) * time.Millisecond, Bytes: rnd.Int64N(1e5), OccurredAt: at}
			if facts {
				o.Referrer, o.ContentType, o.Attempt = referrers[i], "text/html; charset=utf-8", 1
			}
			rs = append(rs, o)
		}
		return rs
	}
	size := func(facts, edges bool) float64 {
		rnd = rand.New(rand.NewPCG(1, 2))
		return float64(len(bytes.Join(Encode(records(facts, edges)), nil)))
	}
	before := size(false, false)
	facts := (size(true, false) - before) / 1000
	edges := (size(true, true) - size(true, false)) / 50_000
	t.Logf("%.2f bytes an outcome before, %.2f more with facts; %.2f bytes an edge", before/1000, facts, edges)
	if facts > 4 || edges > 1 {
		t.Errorf("facts take %.1f bytes an outcome, an edge %.1f bytes", facts, edges)
	}
}

func FuzzFacts(f *testing.F) {
	f.Add([]byte{columnFoundBy, 1, 1, columnReferrers, 2, 1, 2, columnTitles, 4, 1, 1, 'x', 0, columnDigests, 2, 1, 0}, bytes.Repeat([]byte{7}, 35))
	f.Add([]byte{columnEdgePlaces, 1, 1, columnEdgeCounts, 1, 3, columnEdgeTargets, 4, 0, 0, 1, 0, columnURLs, 3, 0, 1, 'x'}, []byte{})
	f.Add([]byte{columnTexts, 4, 1, 'x', 1, 'y', columnArtifacts, 2, 1, 0, columnKinds, 1, 1, columnArtifactTypes, 1, 1, columnOriginals, 3, 1, 1, 1}, []byte{})
	records := (&writer{})
	records.record(&Discovered{URL: "https://a.example/b", Redirects: 1})
	records.record(&Outcome{URL: "https://a.example/", Step: Fetch, Status: OK, HTTPStatus: 301, Bytes: 7})
	records.record(&Outcome{URL: "https://a.example/x", Step: Schedule, Status: Excluded})
	f.Fuzz(func(t *testing.T, columns, raw []byte) {
		rs, err := DecodeAll(partOf(records.buf, columns, raw))
		if err != nil {
			return
		}
		if diff := cmp.Diff(rs, decodeAll(t, Encode(rs))); diff != "" {
			t.Errorf("decoded records change in another round trip:\n%s", diff)
		}
	})
}
