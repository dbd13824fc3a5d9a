package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	jobNames map[string]string          // by the job's id
}

// wanted says which details are to be read.
type wanted struct {
	hashes []string    // of configurations
	runs   []uuid.UUID // of which the progress is wanted
	jobs   []string    // ids, of which the name is wanted
}

// run adds what the item of a run does not hold.
func (w *wanted) run(item runItem, config bool) {
	if config {
		w.hashes = append(w.hashes, item.ConfigHash)
	}
	if item.Progress == nil {
		w.runs = append(w.runs, uuid.MustParse(item.ID))
	}
	w.job(item)
}

// job adds the job of a run that an earlier version wrote, without the job's name.
func (w *wanted) job(item runItem) {
	if item.JobName == "" {
		w.jobs = append(w.jobs, item.JobID)
	}
}

// complete returns the item as a run with its details.
func (d details) complete(item runItem) run.Run {
	r := item.run()
	r.Config = d.configs[item.ConfigHash]
	if item.Progress == nil {
		r.Progress = d.progress[r.ID]
	}
	r.JobName = cmp.Or(item.JobName, d.jobNames[item.JobID])
	return r
}

// details reads what is wanted in one batch: configurations by hash, where the cache has them
// not, the progress of runs, and the names of jobs.
func (s *Store) details(ctx context.Context, t tenant.ID, want wanted) (details, error) {
	found := details{
		configs: map[string][]byte{}, progress: map[uuid.UUID]run.Progress{}, jobNames: map[string]string{},
	}
	hashes := want.hashes
	unknown := make([]string, 0, len(hashes))
	for _, hash := range hashes {
		if data, ok := s.configs.Get(configKey{t, hash}); ok {
			found.configs[hash] = data
		} else {
			unknown = append(unknown, hash)
		}
	}
	want.hashes = unknown
	if err := s.readDetails(ctx, t, want, false, &found); err != nil {
		return found, err
	}
	// An eventually consistent read may not see yet what was written a moment ago.
	var missing []string
	for _, hash := range hashes {
		if found.configs[hash] == nil {
			missing = append(missing, hash)
		}
	}
	if err := s.readDetails(ctx, t, wanted{hashes: missing}, true, &found); err != nil {
		return found, err
	}
	for _, hash := range missing {
		if found.configs[hash] == nil {
			return found, classify(fmt.Errorf("configuration %s is missing", hash), "read details")
		}
	}
	return found, nil
}

func (s *Store) readDetails(ctx context.Context, t tenant.ID, want wanted, consistent bool, found *details) error {
	var keys []dynamo.Keyed
	for _, hash := range canonical(want.hashes) {
		keys = append(keys, dynamo.Keys{tenantKey(t), configPrefix + hash})
	}
	for _, id := range canonical(want.jobs) {
		keys = append(keys, dynamo.Keys{tenantKey(t), jobPrefix + id})
	}
	for _, id := range want.runs {
		keys = append(keys, dynamo.Keys{runKey(run.Ref{Tenant: t, ID: id}), progressSort})
	}
	if len(keys) == 0 {
		return nil
	}
	var items []struct {
		progressItem
		Data []byte `dynamo:"data"`
		Name string `dynamo:"name"`
	}
	err := s.table.Batch("pk", "sk").Get(keys...).Consistent(consistent).All(ctx, &items)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return classify(err, "read details")
	}
	for _, item := range items {
		if id, ok := strings.CutPrefix(item.SK, jobPrefix); ok {
			found.jobNames[id] = item.Name
			continue
		}
		if hash, ok := strings.CutPrefix(item.SK, configPrefix); ok {
			found.configs[hash] = item.Data
			s.configs.Put(configKey{t, hash}, item.Data)
			continue
		}
		m, err := parseRunKey(item.PK)
		if err != nil {
			return classify(err, "read details")
		}
		found.progress[m.ID] = run.Progress(item.Progress)
	}
	return nil
}

// config reads one configuration by its hash.
func (s *Store) config(ctx context.Context, t tenant.ID, hash string) ([]byte, error) {
	found, err := s.details(ctx, t, wanted{hashes: []string{hash}})
	return found.configs[hash], err
}
