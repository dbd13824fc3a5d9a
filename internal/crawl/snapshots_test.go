package crawl

import (
	"testing"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/run"
)

func TestSnapshotCacheIsBounded(t *testing.T) {
	cache := newSnapshotCache(budget.New(budget.Limits{}))
	key := func(i int) snapshotKey {
		return snapshotKey{run: run.Ref{Tenant: "acme"}, createdAt: time.UnixMilli(int64(i))}
	}
	for i := range maxSnapshots + 5 {
		cache.Put(key(i), snapshot{frontier: newTestFrontier(), robots: newRobotsCache(), seq: int64(i)})
	}
	for i := range 5 {
		if _, ok := cache.Take(key(i)); ok {
			t.Errorf("snapshot %d of %d is kept", i, maxSnapshots+5)
		}
	}
	s, ok := cache.Take(key(50))
	if !ok || s.seq != 50 {
		t.Errorf("got %+v", s)
	}
	if _, ok := cache.Take(key(50)); ok {
		t.Error("a snapshot is returned twice")
	}
}
