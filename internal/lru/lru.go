// Package lru provides a cache that evicts the least recently used values, bounded in bytes and in
// entries.
//
// It exists because the known Go libraries bound either entries alone (hashicorp/golang-lru,
// elastic/go-freelru, golang/groupcache) or a weight, but not exactly: maypok86/otter and
// dgraph-io/ristretto evict in the background and may refuse a new value in favour of others.
package lru

import (
	"container/list"
	"sync"
)

// Bounds limit what a cache holds. A bound of zero is no bound.
type Bounds struct {
	Bytes   int // the sum of the sizes of all values
	Entries int
}

// A Cache maps keys to values. It stays within its bounds after every call. It is safe for
// concurrent use, and starts no goroutines.
type Cache[K comparable, V any] struct {
	bounds Bounds
	size   func(V) int

	mu      sync.Mutex
	entries map[K]*list.Element // of recent
	recent  list.List           // of *entry[K, V], the last used one first
	bytes   int
}

type entry[K comparable, V any] struct {
	key   K
	value V
	bytes int
}

// New returns an empty cache. The function size returns how many bytes a value counts for. It is
// called once for each value that is put: a value that grows must be put again.
func New[K comparable, V any](bounds Bounds, size func(V) int) *Cache[K, V] {
	return &Cache[K, V]{bounds: bounds, size: size, entries: map[K]*list.Element{}}
}

// Get returns the value of the key, and whether there is one.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(key)
}

// Put sets the value of the key, and evicts what the bounds require. A value that exceeds the
// bound of bytes by itself is not kept, and evicts nothing but the key's previous value.
func (c *Cache[K, V]) Put(key K, value V) {
	bytes := c.size(value)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, value, bytes)
}

// GetOrPut returns the value of the key. If the key is absent, it puts the value of create.
// The functions create and size must not use the cache then.
func (c *Cache[K, V]) GetOrPut(key K, create func() V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.get(key)
	if !ok {
		value = create()
		c.put(key, value, c.size(value))
	}
	return value
}

// Trim evicts values until the others take at most the given bytes together.
func (c *Cache[K, V]) Trim(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.bytes > max(0, bytes) {
		c.remove(c.recent.Back())
	}
}

// Bytes returns the sum of the sizes of all values.
func (c *Cache[K, V]) Bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Take removes the key, and returns its value and whether there was one. The value belongs to the
// caller alone.
func (c *Cache[K, V]) Take(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	return c.remove(e).value, true
}

func (c *Cache[K, V]) get(key K) (value V, ok bool) {
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(*entry[K, V]).value, true
}

func (c *Cache[K, V]) put(key K, value V, bytes int) {
	if e, ok := c.entries[key]; ok {
		c.remove(e)
	}
	if c.bounds.Bytes > 0 && bytes > c.bounds.Bytes {
		return
	}
	c.entries[key] = c.recent.PushFront(&entry[K, V]{key, value, bytes})
	c.bytes += bytes
	for c.exceeds() {
		c.remove(c.recent.Back())
	}
}

func (c *Cache[K, V]) exceeds() bool {
	return c.bounds.Bytes > 0 && c.bytes > c.bounds.Bytes ||
		c.bounds.Entries > 0 && c.recent.Len() > c.bounds.Entries
}

func (c *Cache[K, V]) remove(e *list.Element) *entry[K, V] {
	removed := c.recent.Remove(e).(*entry[K, V])
	delete(c.entries, removed.key)
	c.bytes -= removed.bytes
	return removed
}
