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

// A warmKey names one run. The time it was created tells it from a deleted one of its id.
type warmKey struct {
	tenant    tenant.ID
	run       uuid.UUID
	createdAt time.Time
}

// A memory is what a process knows of a run: the fold of its log up to a part, the end of
// the log that no segment holds, and the robots.txt of its hosts.
type memory struct {
	f      *frontier
	seq    int64
	tail   *tail
	robots *robotsCache
}

// memories are those of runs that this process crawled and that others may have crawled on
// since: of each, only the parts of the log behind it need to be read. One that is missing
// costs time alone.
type memories struct {
	mu   sync.Mutex
	keys []warmKey // the one longest here first
	of   map[warmKey]memory
	size int // bytes of all
}

// put keeps what is known of a run.
func (ms *memories) put(key warmKey, m memory) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if ms.of == nil {
		ms.of = map[warmKey]memory{}
	}
	ms.drop(key)
	ms.keys = append(ms.keys, key)
	ms.of[key] = m
	ms.size += m.f.memory()
	for ms.size > maxWarm || len(ms.keys) > maxWarmRuns {
		ms.drop(ms.keys[0])
	}
}

// take returns what is known of a run, with a nil frontier when that is nothing. It is the
// caller's then.
func (ms *memories) take(key warmKey) memory {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m := ms.of[key]
	ms.drop(key)
	return m
}

func (ms *memories) drop(key warmKey) {
	m, ok := ms.of[key]
	if !ok {
		return
	}
	ms.size -= m.f.memory()
	delete(ms.of, key)
	ms.keys = slices.DeleteFunc(ms.keys, func(k warmKey) bool { return k == key })
}
