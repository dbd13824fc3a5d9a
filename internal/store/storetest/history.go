package storetest

import (
	"context"
	"fmt"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// A History holds what the log of a run says.
type History struct {
	Parts    int64
	Outcomes map[string]*crawllog.Outcome // by URL, the first of each
	Sitemaps map[string]*crawllog.Outcome // by URL, of the sitemaps that were not read
	Again    []*crawllog.Outcome          // of assets that were requested again to be kept
	Doubled  []string                     // the URLs of all other outcomes that are not the first of their URL
	Progress run.Progress                 // counted from the log, not by the code of the crawler
}

// ReadHistory reads the whole log of a run. A log with a gap is an error.
func ReadHistory(ctx context.Context, s *store.Store, ref run.Ref) (History, error) {
	h := History{Outcomes: map[string]*crawllog.Outcome{}, Sitemaps: map[string]*crawllog.Outcome{}}
	discovered := map[string]bool{}
	for part, err := range s.LogParts(ctx, ref, 0) {
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
				discovered[r.URL] = true
			case *crawllog.Outcome:
				h.add(r)
			}
		}
	}
	for url := range discovered {
		if h.Outcomes[url] == nil {
			h.Progress.URLsQueued++
		}
	}
	return h, nil
}

func (h *History) add(o *crawllog.Outcome) {
	if o.Again {
		h.Again = append(h.Again, o)
		h.Progress.BytesFetched += o.Bytes
		return
	}
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
		return // a sitemap is not counted
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
