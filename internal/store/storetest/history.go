package storetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/rollup"
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

// ReadHistory reads the whole log of a run. A log with a gap is an error, and so are numbers of the
// run that are not those of its log.
func ReadHistory(ctx context.Context, s *store.Store, ref run.Ref) (History, error) {
	h := History{Outcomes: map[string]*crawllog.Outcome{}, Sitemaps: map[string]*crawllog.Outcome{}}
	discovered := map[string]bool{}
	series := rollup.NewSeries()
	for part, err := range s.LogParts(ctx, ref, 0) {
		if err != nil {
			return h, err
		}
		if h.Parts++; part.Seq != h.Parts {
			return h, fmt.Errorf("part %d follows part %d", part.Seq, h.Parts-1)
		}
		records, err := crawllog.DecodeAll(part.Data)
		if err != nil {
			return h, fmt.Errorf("part %d: %w", part.Seq, err)
		}
		series.Add(part.Seq, records)
		for _, record := range records {
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
	return h, checkNumbers(ctx, s, ref, series)
}

// checkNumbers compares the numbers of a run with those of its log, unless the log has grown since
// it was read.
func checkNumbers(ctx context.Context, s *store.Store, ref run.Ref, want *rollup.Series) error {
	got, searched, err := s.RunSeries(ctx, ref, nil)
	if err != nil || searched != nil {
		return fmt.Errorf("the numbers of the run: searched %+v, %w", searched, err)
	}
	if !slices.Equal(got.Parts, want.Parts) {
		return nil
	}
	if !bytes.Equal(got.Encode(), want.Encode()) {
		return fmt.Errorf("the numbers of the run are %+v, and those of its log %+v", got.Total(), want.Total())
	}
	r, err := s.Run(ctx, ref)
	if err != nil || r.Status != run.Finished {
		return err
	}
	n, p := got.Total(), r.Progress
	if n.Fetched != p.URLsFetched || n.Failed != p.URLsFailed || n.Excluded != p.URLsExcluded || n.Bytes != p.BytesFetched {
		return fmt.Errorf("the numbers of the run add up to %+v, but its progress is %+v", n.Counts, p)
	}
	return nil
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
