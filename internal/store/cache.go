package store

import (
	linked "container/list"
	"sync"

	"github.com/inndx/runs/internal/tenant"
)

// maxCacheBytes bounds the configurations that a process keeps.
const maxCacheBytes = 16 << 20

// A configCache keeps the configurations that were used last. What is stored under a hash
// never changes, so nothing in it is ever out of date. The tenant is part of the key: a
// tenant that does not have a configuration does not get it from one that has.
type configCache struct {
	mu      sync.Mutex
	entries map[configKey]*linked.Element // of *configEntry
	recent  linked.List                   // the last used one first
	bytes   int
}

type configKey struct {
	tenant tenant.ID
	hash   string
}

type configEntry struct {
	key  configKey
	data []byte
}

// get returns the configuration, nil when it is not there. It must not be changed.
func (c *configCache) get(t tenant.ID, hash string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[configKey{t, hash}]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*configEntry).data
}

func (c *configCache) put(t tenant.ID, hash string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := configKey{t, hash}
	if _, ok := c.entries[key]; ok {
		return
	}
	if c.entries == nil {
		c.entries = map[configKey]*linked.Element{}
	}
	c.entries[key] = c.recent.PushFront(&configEntry{key, data})
	c.bytes += len(data)
	for c.bytes > maxCacheBytes {
		oldest := c.recent.Remove(c.recent.Back()).(*configEntry)
		delete(c.entries, oldest.key)
		c.bytes -= len(oldest.data)
	}
}
