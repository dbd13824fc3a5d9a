package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A lookup names the values of jobs and runs that are stored outside of their items. One batch
// reads all of them.
type lookup struct {
	hashes []string    // of configurations
	runs   []uuid.UUID // whose progress is read
	jobs   []string    // ids of jobs whose names are read
}

// addRun adds the values that the item of a run does not hold. config says whether to add the
// configuration.
func (l *lookup) addRun(item runItem, config bool) {
	if config {
		l.hashes = append(l.hashes, item.ConfigHash)
	}
	if item.Progress == nil {
		l.runs = append(l.runs, uuid.MustParse(item.ID))
	}
	l.addJobName(item)
}

// addJobName adds the job of a run that an earlier version wrote without the job's name.
func (l *lookup) addJobName(item runItem) {
	if item.JobName == "" {
		l.jobs = append(l.jobs, item.JobID)
	}
}

// A lookupResult holds the values that a lookup found.
type lookupResult struct {
	configs  map[string][]byte          // by hash
	progress map[uuid.UUID]progressItem // by run
	jobNames map[string]string          // by the job's id
}

// toRun returns the run of the item, completed from the result.
func (r lookupResult) toRun(item runItem) run.Run {
	out := item.run()
	out.Config = r.configs[item.ConfigHash]
	if item.Progress == nil {
		r.progress[out.ID].addTo(&out)
	}
	out.JobName = cmp.Or(item.JobName, r.jobNames[item.JobID])
	return out
}

// lookUp reads the values that l names, in one batch: the configurations that the cache lacks, the
// progress of runs and the names of jobs. A configuration that is missing is an error. Progress and
// names may be missing.
func (s *Store) lookUp(ctx context.Context, t tenant.ID, l lookup) (lookupResult, error) {
	found := lookupResult{
		configs: map[string][]byte{}, progress: map[uuid.UUID]progressItem{}, jobNames: map[string]string{},
	}
	hashes := l.hashes
	l.hashes = make([]string, 0, len(hashes))
	for _, hash := range hashes {
		if data, ok := s.configs.Get(configKey{t, hash}); ok {
			found.configs[hash] = data
		} else {
			l.hashes = append(l.hashes, hash)
		}
	}
	if err := s.readLookup(ctx, t, l, false, &found); err != nil {
		return found, err
	}
	// An eventually consistent read may miss what was written a moment ago.
	var missing []string
	for _, hash := range hashes {
		if found.configs[hash] == nil {
			missing = append(missing, hash)
		}
	}
	if err := s.readLookup(ctx, t, lookup{hashes: missing}, true, &found); err != nil {
		return found, err
	}
	for _, hash := range missing {
		if found.configs[hash] == nil {
			return found, classify(fmt.Errorf("configuration %s is missing", hash), "read configurations")
		}
	}
	return found, nil
}

// readLookup reads the values that l names from the table, not from the cache, and adds them to
// found.
func (s *Store) readLookup(ctx context.Context, t tenant.ID, l lookup, consistent bool, found *lookupResult) error {
	var keys []dynamo.Keyed
	for _, hash := range canonical(l.hashes) {
		keys = append(keys, dynamo.Keys{tenantKey(t), configPrefix + hash})
	}
	for _, id := range canonical(l.jobs) {
		keys = append(keys, dynamo.Keys{tenantKey(t), jobPrefix + id})
	}
	for _, id := range l.runs {
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
		return classify(err, "read configurations, progress and job names")
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
		ref, err := parseRunKey(item.PK)
		if err != nil {
			return classify(err, "read progress")
		}
		found.progress[ref.ID] = item.progressItem
	}
	return nil
}
