package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A document is a configuration in canonical form. Documents are stored once for each
// content and never change: what refers to one is written after it.
type document struct {
	hash string
	data []byte
}

func newDocument(c config.Config) document {
	data := c.Canonical()
	return document{hash: config.Hash(data), data: data}
}

// documents returns the configuration as given and with every default filled in. Both are
// within config.MaxBytes when the configuration was read by package config.
func documents(c config.Config) (given, resolved document) {
	return newDocument(c), newDocument(c.Resolve())
}

// putConfigs stores the documents.
func (s *Store) putConfigs(ctx context.Context, t tenant.ID, docs ...document) error {
	batch := s.table.Batch().Write()
	var stored []string
	for _, doc := range docs {
		if slices.Contains(stored, doc.hash) {
			continue
		}
		stored = append(stored, doc.hash)
		batch.Put(configItem{
			primaryKey: primaryKey{PK: tenantKey(t), SK: configPrefix + doc.hash},
			Data:       doc.data,
		})
	}
	_, err := batch.Run(ctx)
	return classify(err, "store a configuration")
}

// details are what lists and runs show and their items do not hold.
type details struct {
	configs  map[string][]byte          // by hash
	progress map[uuid.UUID]run.Progress // by run
}

// details reads configurations by hash, where the cache has them not, and the progress of
// runs, in one batch.
func (s *Store) details(ctx context.Context, t tenant.ID, hashes []string, runs []uuid.UUID) (details, error) {
	found := details{configs: map[string][]byte{}, progress: map[uuid.UUID]run.Progress{}}
	unknown := make([]string, 0, len(hashes))
	for _, hash := range hashes {
		if data := s.configs.get(t, hash); data != nil {
			found.configs[hash] = data
		} else {
			unknown = append(unknown, hash)
		}
	}
	if err := s.readDetails(ctx, t, unknown, runs, false, &found); err != nil {
		return found, err
	}
	// An eventually consistent read may not see yet what was written a moment ago.
	var missing []string
	for _, hash := range hashes {
		if found.configs[hash] == nil {
			missing = append(missing, hash)
		}
	}
	if err := s.readDetails(ctx, t, missing, nil, true, &found); err != nil {
		return found, err
	}
	for _, hash := range missing {
		if found.configs[hash] == nil {
			return found, classify(fmt.Errorf("configuration %s is missing", hash), "read details")
		}
	}
	return found, nil
}

func (s *Store) readDetails(ctx context.Context, t tenant.ID, hashes []string, runs []uuid.UUID, consistent bool, found *details) error {
	var keys []dynamo.Keyed
	sorted := slices.Sorted(slices.Values(hashes))
	for _, hash := range slices.Compact(sorted) {
		keys = append(keys, dynamo.Keys{tenantKey(t), configPrefix + hash})
	}
	for _, id := range runs {
		keys = append(keys, dynamo.Keys{runKey(t, id), progressSort})
	}
	if len(keys) == 0 {
		return nil
	}
	var items []struct {
		progressItem
		Data []byte `dynamo:"data"`
	}
	err := s.table.Batch("pk", "sk").Get(keys...).Consistent(consistent).All(ctx, &items)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return classify(err, "read details")
	}
	for _, item := range items {
		if item.SK != progressSort {
			hash := item.SK[len(configPrefix):]
			found.configs[hash] = item.Data
			s.configs.put(t, hash, item.Data)
			continue
		}
		m, err := parseRunKey(item.PK)
		if err != nil {
			return classify(err, "read details")
		}
		found.progress[m.RunID] = run.Progress(item.Progress)
	}
	return nil
}

// config reads one configuration by its hash.
func (s *Store) config(ctx context.Context, t tenant.ID, hash string) ([]byte, error) {
	found, err := s.details(ctx, t, []string{hash}, nil)
	return found.configs[hash], err
}
