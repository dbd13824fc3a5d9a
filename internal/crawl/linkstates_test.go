package crawl

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// checkLinks compares the states of the links in a log, which has parts of the given size, with the
// frontier: each URL has one link, and the counters agree.
func checkLinks(t *rapid.T, f *frontier, records []crawllog.Record, size int) {
	index := crawllog.NewLinkIndex(0, 1)
	var parts [][]crawllog.Record
	for part := range slices.Chunk(records, size) {
		parts = append(parts, part)
		index.Add(part)
	}
	links := map[weburl.Key]crawllog.LinkState{}
	var counted run.Progress
	add := func(l crawllog.Link) {
		k := weburl.KeyOf(l.URL)
		if links[k] != "" {
			t.Fatalf("%s is listed as %s and as %s", l.URL, links[k], l.State)
		}
		links[k] = l.State
		switch l.State {
		case crawllog.LinkQueued:
			counted.URLsQueued++
			if known := f.known[k]; known.depth() != l.Depth {
				t.Fatalf("%s has the depth %d, want %d", l.URL, l.Depth, known.depth())
			}
		case crawllog.LinkFetched:
			counted.URLsFetched++
		case crawllog.LinkFailed:
			counted.URLsFailed++
		case crawllog.LinkExcluded:
			counted.URLsExcluded++
		}
	}
	for i, part := range parts {
		for _, l := range crawllog.EndedLinks(int64(i+1), part) {
			add(l)
		}
		for _, l := range index.OpenLinks(int64(i+1), part, index.Parts()) {
			add(l)
		}
	}
	for k, known := range f.known {
		s := known.state()
		isQueued := s.unfinished()
		if f.assets[k].again { // its first outcome is its state
			isQueued = false
			counted.URLsQueued++
		}
		if l := links[k]; l == "" || isQueued != (l == crawllog.LinkQueued) ||
			(s == excluded || s == excludedHost) && l != crawllog.LinkExcluded {
			t.Fatalf("a URL with the state %d is listed as %q", s, links[k])
		}
	}
	counted.BytesFetched, counted.Depth = f.progress.BytesFetched, f.progress.Depth
	if len(links) != len(f.known) || counted != f.progress {
		t.Fatalf("%d links of %d URLs count %+v, want %+v", len(links), len(f.known), counted, f.progress)
	}
}
