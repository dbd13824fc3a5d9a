package crawl

import (
	"math/rand/v2"
	"time"

	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/run"
)

// This file has what a worker does because its run shares a process with others; see package
// budget.

const (
	// maxSharedIdle is the longest wait of a run while other runs keep its process busy. Such a
	// wait costs nothing, and a release does.
	maxSharedIdle = 30 * time.Second
	// handBackTimeout is how long fetches that are in flight when a run is handed back may take.
	handBackTimeout = 2 * time.Second
	// minMemoryWait and maxMemoryWait bound the wait of a run that was handed back for lack of
	// memory. The wait is random, so that runs that were handed back together do not return
	// together.
	minMemoryWait = 5 * time.Second
	maxMemoryWait = 15 * time.Second

	// runBytes is about what a worker, its goroutines and its client take besides the frontier.
	runBytes = 128 << 10
	// resizeBytes is the change in size of a frontier from which on the worker tells the budget.
	resizeBytes = 64 << 10
)

// estimatedSize estimates the bytes of a run's frontier before its log is read. It overestimates,
// because a run that does not fit costs less if it is handed back before its log is read.
func estimatedSize(p run.Progress) int64 {
	const perURL, perQueued = 100, 100
	return runBytes + perURL*(p.Processed()+p.URLsExcluded+p.URLsQueued) + perQueued*p.URLsQueued
}

// A knownSize is how many bytes a run took when its log had seq parts.
type knownSize struct{ seq, bytes int64 }

// maxKnownSizes bounds the runs of a process whose sizes are known.
const maxKnownSizes = 10_000

func newKnownSizes() *lru.Cache[snapshotKey, knownSize] {
	return lru.New[snapshotKey](lru.Bounds{Entries: maxKnownSizes}, func(knownSize) int { return 0 })
}

// expectedSize returns about how many bytes a run takes whose log is still to be read. Once this
// process has crawled the run, that is known until its log grows. A run with long URLs takes more
// than estimatedSize says: its log would be read again and again, only to hand it back. Other runs
// take less: they would be handed back although they fit.
func (c *Crawler) expectedSize(key snapshotKey, l *run.Lease) int64 {
	if known, ok := c.sizes.Get(key); ok && known.seq == l.Seq {
		return known.bytes
	}
	return estimatedSize(l.Progress)
}

// waitForMemory returns the handover of a run that is handed back for lack of memory.
func waitForMemory(now time.Time) run.Handover {
	wait := minMemoryWait + rand.N(maxMemoryWait-minMemoryWait)
	return run.Handover{WakeAt: now.Add(wait), WaitingFor: run.WaitMemory}
}

// makeRoom evicts the snapshots whose memory the runs need.
func (c *Crawler) makeRoom() { c.snapshots.Trim(int(c.Budget.Room())) }

// sharing is what the worker told the budget last.
type sharing struct {
	makeRoom func()
	snapshot snapshot
	size     int64     // of the run
	next     time.Time // when there is something to do
}

// resize tells the budget the size of the run, unless it changed by less than resizeBytes.
func (w *worker) resize() {
	size := runBytes + w.sharing.snapshot.size()
	if change := size - w.sharing.size; change > -resizeBytes && change < resizeBytes {
		return
	}
	w.sharing.size = size
	w.share.Resize(size)
	w.sharing.makeRoom()
}

// noteNext tells the budget when the run has something to do: at next, or now if it has fetches or
// seeds in flight. It tells it only once that the time has come.
func (w *worker) noteNext(next, now time.Time) {
	if !w.idle() {
		next = now
	}
	told := w.sharing.next
	if next.Equal(told) || !next.After(now) && !next.IsZero() && !told.After(now) && !told.IsZero() {
		return
	}
	w.sharing.next = next
	w.share.SetNext(next)
}

// staysUntil reports whether the worker waits until next, although that is longer than maxIdle,
// because other runs keep the process busy.
func (w *worker) staysUntil(next, now time.Time) bool {
	return staysFor(next.Sub(now), w.share.NeighborDue(now.Add(w.maxIdle)))
}

// staysFor reports whether a run stays in its process for a wait. busy says that another run of the
// process has something to do meanwhile.
func staysFor(wait time.Duration, busy bool) bool { return busy && wait <= maxSharedIdle }
