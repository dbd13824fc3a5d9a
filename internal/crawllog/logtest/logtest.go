// Package logtest reads what a run recorded, for tests that compare it with what there was.
package logtest

import (
	"context"
	"fmt"
	"iter"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A Log is the part of a *store.Store that keeps logs.
type Log interface {
	LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error]
}

// A History is what the log of a run says.
type History struct {
	Parts    int64
	Outcomes map[string]*crawllog.Outcome // by URL, the first one of each
	Sitemaps map[string]*crawllog.Outcome // by URL, those of sitemaps that were not read
	Doubled  []string                     // URLs with another outcome, once for each
	Progress run.Progress                 // as counted here, by other code than the crawler's
}

// Read reads the whole log. A log with a gap is an error.
func Read(ctx context.Context, l Log, ref run.Ref) (History, error) {
	h := History{Outcomes: map[string]*crawllog.Outcome{}, Sitemaps: map[string]*crawllog.Outcome{}}
	found := map[string]bool{}
	for part, err := range l.LogParts(ctx, ref, 0) {
		if err != nil {
			return h, err
		}
		if h.Parts++; part.Seq != h.Parts {
			return h, fmt.Errorf("part %d follows part %d", part.Seq, h.Parts-1)
		}
		for record, err := range crawllog.Decode(part.Data) {
			if err != nil {
				return h, fmt.Errorf("part %d: %w", part.Seq, err)
			}
			switch r := record.(type) {
			case *crawllog.Discovered:
				found[r.URL] = true
			case *crawllog.Outcome:
				h.add(r)
			}
		}
	}
	for url := range found {
		if h.Outcomes[url] == nil {
			h.Progress.URLsQueued++
		}
	}
	return h, nil
}

func (h *History) add(o *crawllog.Outcome) {
	outcomes := h.Outcomes
	if o.Sitemap {
		outcomes = h.Sitemaps
	}
	if outcomes[o.URL] != nil {
		h.Doubled = append(h.Doubled, o.URL)
	} else {
		outcomes[o.URL] = o
	}
	switch {
	case o.Sitemap:
		return // counted nowhere
	case o.Status == crawllog.Excluded:
		h.Progress.URLsExcluded++
		return
	case o.HTTPStatus/100 == 2 || o.HTTPStatus/100 == 3:
		h.Progress.URLsFetched++
	default:
		h.Progress.URLsFailed++
	}
	h.Progress.BytesFetched += o.Bytes
	h.Progress.Depth = max(h.Progress.Depth, o.Depth)
}
