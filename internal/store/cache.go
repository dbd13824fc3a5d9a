package store

import (
	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/tenant"
)

// maxCacheBytes bounds the configs that a process keeps.
const maxCacheBytes = 16 << 20

// A configCache keeps the encoded configs that were used last, which must not be changed. What is
// stored under a hash never changes, so no entry is ever out of date. The tenant is part of the
// key: a tenant that does not have a config does not get it from a tenant that has it.
type configCache = lru.Cache[configKey, []byte]

type configKey struct {
	tenant tenant.ID
	hash   string
}

func newConfigCache() *configCache {
	return lru.New[configKey](lru.Bounds{Bytes: maxCacheBytes}, func(data []byte) int { return len(data) })
}
