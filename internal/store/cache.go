package store

import (
	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/tenant"
)

// maxCacheBytes bounds the bytes of the configurations that a process caches.
const maxCacheBytes = 16 << 20

// A configCache caches encoded configurations, which callers must not change. The configuration
// with a hash never changes, so no entry is ever out of date. The tenant is part of the key, so
// that a tenant never gets a configuration that only another tenant has.
type configCache = lru.Cache[configKey, []byte]

type configKey struct {
	tenant tenant.ID
	hash   string
}

func newConfigCache() *configCache {
	return lru.New[configKey](lru.Bounds{Bytes: maxCacheBytes}, func(data []byte) int { return len(data) })
}
