package crawl

import (
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/run"
)

// maxSnapshots bounds the snapshots of a process.
const maxSnapshots = 1000

// A snapshotKey identifies a run. The creation time distinguishes it from a deleted run with its
// id.
type snapshotKey struct {
	run       run.Ref
	createdAt time.Time
}

// A snapshot is the state of a run in one process: the fold of its log up to a part, the end of the
// log that no segment copies, and the robots.txt of its hosts.
type snapshot struct {
	frontier *frontier
	seq      int64 // of the last part that was folded
	tail     *tail
	robots   *robotsCache
}

// size returns about how many bytes the snapshot takes.
func (s snapshot) size() int64 {
	if s.frontier == nil {
		return 0
	}
	return int64(s.frontier.size() + s.robots.Bytes())
}

// newSnapshot returns the snapshot of a run whose log is empty.
func newSnapshot(s *settings) snapshot {
	f := newFrontier(s.perHost, s.delay, s.limits.maxDepth)
	f.delayRange, f.deepFirst = s.delayRange, s.deepFirst
	f.keptAssets, f.slots = s.keptAssets, newAssetSlots(s.pipelines)
	return snapshot{
		frontier: f,
		robots:   newRobotsCache(), tail: new(tail),
	}
}

// A snapshotCache keeps the snapshots of runs that this process crawled, between two wake-ups of
// each. Other processes may have crawled them since, so the parts of the log that follow a snapshot
// are read. A run without a snapshot is loaded from its whole log. Snapshots take at most a quarter of
// the memory for frontiers, and only what the runs that are crawled leave.
//
// A snapshot belongs to the cache or to a worker, never to both: Take removes it.
type snapshotCache = lru.Cache[snapshotKey, snapshot]

func newSnapshotCache(b *budget.Budget) *snapshotCache {
	bounds := lru.Bounds{Bytes: int(b.Limits().Memory / 4), Entries: maxSnapshots}
	return lru.New[snapshotKey](bounds, func(s snapshot) int { return int(s.size()) })
}

// remember keeps the size of a run that a worker left with so many parts in its log, and its
// snapshot, unless it was handed back for lack of memory.
func (c *Crawler) remember(key snapshotKey, known snapshot, seq int64, e exit) {
	if e.kind != exitReleased && e.kind != exitPaused {
		return
	}
	c.sizes.Put(key, knownSize{seq, runBytes + known.size()})
	if e.waitingFor != run.WaitMemory {
		known.seq = seq
		c.snapshots.Put(key, known)
		c.makeRoom()
	}
}
