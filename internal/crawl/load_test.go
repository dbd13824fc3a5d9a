package crawl_test

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

// slowly records that many pages of a site were fetched, in a commit each.
func (s *stack) slowly(site *sitetest.Server, r run.Run, pages int) {
	s.t.Helper()
	ctx := s.t.Context()
	if _, _, err := s.store.Transition(ctx, run.Ref{Tenant: acme, ID: r.ID}, run.Start, nil); err != nil {
		s.t.Fatal(err)
	}
	lease, err := s.store.Acquire(ctx, run.Ref{Tenant: acme, ID: r.ID}, uuid.NewString(), time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	commit := crawllog.Commit{Parts: crawllog.Encode([]crawllog.Record{
		&crawllog.Discovered{URL: site.URL + "/", Seed: true}, &crawllog.SeedsRead{},
	})}
	commit.Progress.URLsQueued = 1
	for i := range pages {
		url := fmt.Sprintf("%s/fetched/%d", site.URL, i)
		commit.Parts = append(commit.Parts, crawllog.Encode([]crawllog.Record{
			&crawllog.Discovered{URL: url, Depth: 1},
			&crawllog.Outcome{URL: url, Depth: 1, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, Bytes: 7, OccurredAt: time.Now()},
		})...)
		commit.Progress.URLsFetched++
		commit.Progress.BytesFetched += 7
		commit.Progress.Depth = 1
		if len(commit.Parts) == store.MaxCommitParts || i == pages-1 {
			if err := s.store.Commit(ctx, lease, commit); err != nil {
				s.t.Fatal(err)
			}
			commit.Parts = nil
		}
	}
	if err := s.store.Release(ctx, lease, time.Now()); err != nil {
		s.t.Fatal(err)
	}
}

// A countingLedger counts what is read of logs, and can lose segments.
type countingLedger struct {
	crawl.Store
	parts, segments atomic.Int64
}

func (l *countingLedger) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for part, err := range l.Store.LogParts(ctx, ref, after) {
			l.parts.Add(1)
			if !yield(part, err) {
				return
			}
		}
	}
}

func (l *countingLedger) AddSegment(ctx context.Context, lease *run.Lease, seg crawllog.Segment) error {
	l.segments.Add(1)
	return l.Store.AddSegment(ctx, lease, seg)
}

// Whoever reads a log of many commits leaves segments to those who come later, who then read
// few parts. Damaged segments, and none at all, cost reading and change nothing.
func TestLongLogIsReadBySegments(t *testing.T) {
	t.Parallel()
	const pages = 2500
	site := sitetest.Start(t, sitetest.Generate(1, 1))
	for _, tt := range []struct {
		name     string
		damage   func(crawllog.Segment) crawllog.Segment
		lose     bool
		mostRead int64
	}{
		{name: "whole", damage: func(seg crawllog.Segment) crawllog.Segment { return seg }, mostRead: 600},
		{name: "damaged", damage: func(seg crawllog.Segment) crawllog.Segment {
			seg.Data = seg.Data[:len(seg.Data)/2]
			return seg
		}, mostRead: pages + 1},
		{name: "one of two damaged", damage: func(seg crawllog.Segment) crawllog.Segment {
			if seg.First == 1 {
				seg.Data = []byte("no part")
			}
			return seg
		}, mostRead: 1600},
		{name: "lost", lose: true, mostRead: pages + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
			r := s.create(fast(site.URL + "/"))
			s.slowly(site, r, pages)
			first := &countingLedger{Store: &damagingLedger{s.store, tt.damage, tt.lose}}
			// It has no time but to read the log.
			s.handle(s.crawler(func(o *crawl.Options) { o.Store, o.Budget = first, time.Nanosecond }), r.ID)
			if first.parts.Load() != pages+1 || first.segments.Load() != 2 {
				t.Fatalf("the first one read %d parts and added %d segments", first.parts.Load(), first.segments.Load())
			}
			later := &countingLedger{Store: s.store}
			s.handle(s.crawler(func(o *crawl.Options) { o.Store = later }), r.ID)
			if n := later.parts.Load(); n > tt.mostRead {
				t.Errorf("a later one read %d parts, want at most %d", n, tt.mostRead)
			}
			end := s.run(r.ID)
			s.expect(end, run.MaxEmptyEvaluations, pages+1, 0, 0, 0)
			if n := len(s.history(end)); n != pages+1 {
				t.Errorf("%d URLs recorded, want %d", n, pages+1)
			}
		})
	}
}

// A damagingLedger damages segments, or loses them.
type damagingLedger struct {
	crawl.Store
	damage func(crawllog.Segment) crawllog.Segment
	lose   bool
}

func (l *damagingLedger) AddSegment(ctx context.Context, lease *run.Lease, seg crawllog.Segment) error {
	if l.lose {
		return nil
	}
	return l.Store.AddSegment(ctx, lease, l.damage(seg))
}
