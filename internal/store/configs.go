package store

import (
	"context"
	"slices"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/tenant"
)

// A storedConfig is a configuration in canonical form. It is stored under the hash of its content
// and never changes. Items that refer to it are written after it.
type storedConfig struct {
	hash  string
	data  []byte
	keeps bool // artifacts
}

func newStoredConfig(c config.Config) storedConfig {
	data := c.Canonical()
	return storedConfig{hash: config.Hash(data), data: data, keeps: c.Keeps()}
}

// storedConfigs returns the configuration as given, and resolved: with every default filled in.
// Both are within config.MaxBytes if package config has read the configuration.
func storedConfigs(c config.Config) (given, resolved storedConfig) {
	return newStoredConfig(c), newStoredConfig(c.Resolve())
}

// putConfigs stores the configurations.
func (s *Store) putConfigs(ctx context.Context, t tenant.ID, configs ...storedConfig) error {
	batch := s.table.Batch().Write()
	var stored []string // a batch must not write an item twice
	for _, c := range configs {
		if slices.Contains(stored, c.hash) {
			continue
		}
		stored = append(stored, c.hash)
		batch.Put(configItem{
			primaryKey: primaryKey{PK: tenantKey(t), SK: configPrefix + c.hash},
			Data:       c.data,
		})
	}
	_, err := batch.Run(ctx)
	return classify(err, "store a configuration")
}

// config reads one configuration by its hash.
func (s *Store) config(ctx context.Context, t tenant.ID, hash string) ([]byte, error) {
	found, err := s.lookUp(ctx, t, lookup{hashes: []string{hash}})
	return found.configs[hash], err
}
