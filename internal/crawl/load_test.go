package crawl_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// A countingStore counts the parts that are read and the segments that are added.
type countingStore struct {
	crawl.Store
	parts, segments atomic.Int64
}

func (s *countingStore) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for part, err := range s.Store.LogParts(ctx, ref, after) {
			s.parts.Add(1)
			if !yield(part, err) {
				return
			}
		}
	}
}

func (s *countingStore) AddSegment(ctx context.Context, lease *run.Lease, seg crawllog.Segment) error {
	s.segments.Add(1)
	return s.Store.AddSegment(ctx, lease, seg)
}

// A worker that reads a log of many commits adds segments, so that later workers read few parts.
// With damaged or missing segments they read more parts, with the same result.
func TestLongLogIsReadBySegments(t *testing.T) {
	t.Parallel()
	const pages = 2500
	site := sitetest.Start(t, sitetest.Generate(1, 1))
	for _, tt := range []struct {
		name     string
		damage   func(crawllog.Segment) crawllog.Segment
		lose     bool
		maxParts int64
	}{
		{name: "whole", damage: func(seg crawllog.Segment) crawllog.Segment { return seg }, maxParts: 600},
		{name: "damaged", damage: func(seg crawllog.Segment) crawllog.Segment {
			seg.Data = seg.Data[:len(seg.Data)/2]
			return seg
		}, maxParts: pages + 1},
		{name: "one of two damaged", damage: func(seg crawllog.Segment) crawllog.Segment {
			if seg.First == 1 {
				seg.Data = []byte("no part")
			}
			return seg
		}, maxParts: 1600},
		{name: "lost", lose: true, maxParts: pages + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
			r := s.create(fastConfig(site.URL + "/"))
			s.commitPages(site, r, pages)
			first := &countingStore{Store: &damagingStore{s.store, tt.damage, tt.lose}}
			// It has only time to read the log.
			s.handle(s.crawler(func(o *crawl.Options) { o.Store, o.MaxWork = first, time.Nanosecond }), r.ID)
			if first.parts.Load() != pages+1 || first.segments.Load() != 2 {
				t.Fatalf("the first one read %d parts and added %d segments", first.parts.Load(), first.segments.Load())
			}
			later := &countingStore{Store: s.store}
			s.handle(s.crawler(func(o *crawl.Options) { o.Store = later }), r.ID)
			if n := later.parts.Load(); n > tt.maxParts {
				t.Errorf("a later one read %d parts, want at most %d", n, tt.maxParts)
			}
			end := s.run(r.ID)
			s.expect(end, run.MaxEmptyEvaluations, pages+1, 0, 0, 0)
			if n := len(s.history(end)); n != pages+1 {
				t.Errorf("%d URLs recorded, want %d", n, pages+1)
			}
		})
	}
}

// A damagingStore damages segments, or loses them.
type damagingStore struct {
	crawl.Store
	damage func(crawllog.Segment) crawllog.Segment
	lose   bool
}

func (s *damagingStore) AddSegment(ctx context.Context, lease *run.Lease, seg crawllog.Segment) error {
	if s.lose {
		return nil
	}
	return s.Store.AddSegment(ctx, lease, s.damage(seg))
}

// The lease is extended while a log is read that takes longer than the lease.
func TestLeaseIsKeptWhileLoading(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(100, 6))
	site.SetDelay(50 * time.Millisecond)
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fastConfig(site.URL+"/", `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
	for s.parts(r.ID) < 3 {
		s.handle(s.crawler(func(o *crawl.Options) { o.MaxWork = 150 * time.Millisecond }), r.ID)
	}
	slow := slowLogStore{Store: s.store, acquired: new(atomic.Bool)}
	s.handle(s.crawler(func(o *crawl.Options) { o.Store, o.MaxWork = slow, time.Second }), r.ID)
	if slow.acquired.Load() {
		t.Error("the lease was lost while the log was read")
	}
}

// In a slowLogStore, reading one part takes most of a lease. Another worker tries to acquire the
// lease meanwhile.
type slowLogStore struct {
	crawl.Store
	acquired *atomic.Bool
}

const shortLease = 3 * time.Second

func (s slowLogStore) Acquire(ctx context.Context, ref run.Ref, owner string, _ time.Duration) (*run.Lease, error) {
	return s.Store.Acquire(ctx, ref, owner, shortLease)
}

func (s slowLogStore) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for part, err := range s.Store.LogParts(ctx, ref, after) {
			time.Sleep(shortLease * 55 / 100)
			other, acquireErr := s.Store.Acquire(ctx, ref, uuid.NewString(), time.Millisecond)
			if acquireErr == nil {
				s.acquired.Store(true)
				_ = s.Store.Release(ctx, other, run.Handover{WakeAt: time.Now()})
			}
			if !yield(part, err) {
				return
			}
		}
	}
}
