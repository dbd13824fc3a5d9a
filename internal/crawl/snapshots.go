package crawl

import (
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/tenant"
)

// maxWarm bounds the bytes of all frontiers that are kept between wake-ups, and maxWarmRuns
// how many these are.
const (
	maxWarm     = maxMemory / 4
	maxWarmRuns = 100
)

// A snapshotKey names one run. The time it was created tells it from a deleted one of its id.
type snapshotKey struct {
	tenant    tenant.ID
	run       uuid.UUID
	createdAt time.Time
}

// A snapshot is what a process knows of a run: the fold of its log up to a part, the end of
// the log that no segment holds, and the robots.txt of its hosts.
type snapshot struct {
	f      *frontier
	seq    int64
	tail   *tail
	robots *robotsCache
}

// snapshotCache are those of runs that this process crawled and that others may have crawled on
// since: of each, only the parts of the log behind it need to be read. One that is missing
// costs time alone.
type snapshotCache struct {
	mu   sync.Mutex
	keys []snapshotKey // the one longest here first
	of   map[snapshotKey]snapshot
	size int // bytes of all
}

// put keeps what is known of a run.
func (ms *snapshotCache) put(key snapshotKey, m snapshot) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if ms.of == nil {
		ms.of = map[snapshotKey]snapshot{}
	}
	ms.drop(key)
	ms.keys = append(ms.keys, key)
	ms.of[key] = m
	ms.size += m.f.size()
	for ms.size > maxWarm || len(ms.keys) > maxWarmRuns {
		ms.drop(ms.keys[0])
	}
}

// take returns what is known of a run, with a nil frontier when that is nothing. It is the
// caller's then.
func (ms *snapshotCache) take(key snapshotKey) snapshot {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m := ms.of[key]
	ms.drop(key)
	return m
}

func (ms *snapshotCache) drop(key snapshotKey) {
	m, ok := ms.of[key]
	if !ok {
		return
	}
	ms.size -= m.f.size()
	delete(ms.of, key)
	ms.keys = slices.DeleteFunc(ms.keys, func(k snapshotKey) bool { return k == key })
}
