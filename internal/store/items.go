package store

import (
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/tenant"
)

// primaryKey is the part that every item has.
type primaryKey struct {
	PK string `dynamo:"pk"`
	SK string `dynamo:"sk"`
}

func (k primaryKey) sortKey() string { return k.SK }

// listKeys are the index keys of an item that is listed.
type listKeys struct {
	ByCreated  string `dynamo:"by_created"`
	CreatedKey string `dynamo:"created_key"`
}

type jobItem struct {
	primaryKey
	listKeys
	ID           string            `dynamo:"id"`
	Name         string            `dynamo:"name"`
	Labels       map[string]string `dynamo:"labels,allowemptyelem"`
	ConfigHash   string            `dynamo:"config_hash"`   // as given
	ConfigBytes  int               `dynamo:"config_bytes"`  // as given
	ResolvedHash string            `dynamo:"resolved_hash"` // with the defaults of the last write
	Unfinished   int               `dynamo:"unfinished"`    // runs that are not finished
	CreatedAt    time.Time         `dynamo:"created_at"`
	UpdatedAt    time.Time         `dynamo:"updated_at"`
}

func newJobItem(t tenant.ID, j job.Job, given, resolved document) jobItem {
	return jobItem{
		primaryKey:   primaryKey{PK: tenantKey(t), SK: jobPrefix + j.ID.String()},
		listKeys:     listKeys{ByCreated: jobsPartition(t), CreatedKey: keys.Created(j.CreatedAt, j.ID)},
		ID:           j.ID.String(),
		Name:         j.Name,
		Labels:       labels(j.Labels),
		ConfigHash:   given.hash,
		ConfigBytes:  len(given.data),
		ResolvedHash: resolved.hash,
		CreatedAt:    j.CreatedAt,
		UpdatedAt:    j.UpdatedAt,
	}
}

// job returns the item as a job without its configuration.
func (i jobItem) job() job.Job {
	return job.Job{
		ID:        uuid.MustParse(i.ID),
		Name:      i.Name,
		Labels:    labels(i.Labels),
		CreatedAt: i.CreatedAt,
		UpdatedAt: i.UpdatedAt,
	}
}

type runItem struct {
	primaryKey
	listKeys
	ByJob       string            `dynamo:"by_job"`
	ByStatus    string            `dynamo:"by_status"`
	ID          string            `dynamo:"id"`
	JobID       string            `dynamo:"job_id"`
	JobName     string            `dynamo:"job_name,omitempty"` // not of runs that earlier versions wrote
	Status      run.Status        `dynamo:"status"`
	StopReason  run.StopReason    `dynamo:"stop_reason"`
	ConfigHash  string            `dynamo:"config_hash"`
	ConfigBytes int               `dynamo:"config_bytes"`
	Labels      map[string]string `dynamo:"labels,allowemptyelem"`
	CreatedAt   time.Time         `dynamo:"created_at"`
	StartedAt   time.Time         `dynamo:"started_at,omitempty"`
	PausedAt    time.Time         `dynamo:"paused_at,omitempty"`
	FinishedAt  time.Time         `dynamo:"finished_at,omitempty"`
	UpdatedAt   time.Time         `dynamo:"updated_at"`
	PausedFor   time.Duration     `dynamo:"paused_for"` // nanoseconds
	Version     int64             `dynamo:"version"`
	Progress    *counters         `dynamo:"progress,omitempty"` // of a finished run
}

func newRunItem(t tenant.ID, r run.Run, resolved document) runItem {
	item := runItem{
		primaryKey:  primaryKey{PK: tenantKey(t), SK: runPrefix + r.ID.String()},
		listKeys:    listKeys{ByCreated: runsPartition(t), CreatedKey: keys.Created(r.CreatedAt, r.ID)},
		ByJob:       jobPartition(t, r.JobID),
		ID:          r.ID.String(),
		JobID:       r.JobID.String(),
		JobName:     r.JobName,
		ConfigHash:  resolved.hash,
		ConfigBytes: len(resolved.data),
		Labels:      labels(r.Labels),
		CreatedAt:   r.CreatedAt,
	}
	return item.with(t, r)
}

// with returns the item with the parts of r that change during its life.
func (i runItem) with(t tenant.ID, r run.Run) runItem {
	i.ByStatus = statusPartition(t, r.Status)
	i.Status = r.Status
	i.StopReason = r.StopReason
	i.StartedAt = r.StartedAt
	i.PausedAt = r.PausedAt
	i.FinishedAt = r.FinishedAt
	i.UpdatedAt = r.UpdatedAt
	i.PausedFor = r.PausedFor
	i.Version = r.Version
	return i
}

// run returns the item as a run without its configuration and, unless it is finished,
// without its progress.
func (i runItem) run() run.Run {
	r := run.Run{
		ID:         uuid.MustParse(i.ID),
		JobID:      uuid.MustParse(i.JobID),
		JobName:    i.JobName,
		Status:     i.Status,
		StopReason: i.StopReason,
		Labels:     labels(i.Labels),
		CreatedAt:  i.CreatedAt,
		StartedAt:  i.StartedAt,
		PausedAt:   i.PausedAt,
		FinishedAt: i.FinishedAt,
		UpdatedAt:  i.UpdatedAt,
		PausedFor:  i.PausedFor,
		Version:    i.Version,
	}
	if i.Progress != nil {
		r.Progress = run.Progress(*i.Progress)
	}
	return r
}

// counters is run.Progress as it is stored.
type counters struct {
	URLsQueued   int64 `dynamo:"urls_queued"`
	URLsFetched  int64 `dynamo:"urls_fetched"`
	URLsFailed   int64 `dynamo:"urls_failed"`
	URLsExcluded int64 `dynamo:"urls_excluded"`
	BytesFetched int64 `dynamo:"bytes_fetched"`
	Depth        int   `dynamo:"depth"`
}

// progressItem is what changes while a run crawls, and who may change it. After a delete
// it stays as a tombstone until the log is gone.
type progressItem struct {
	primaryKey
	Seq        int64    `dynamo:"seq"` // the last log part, 0 when there is none
	Progress   counters `dynamo:"progress"`
	LeaseOwner string   `dynamo:"lease_owner"`
	LeaseUntil string   `dynamo:"lease_until"`
	Attempts   int      `dynamo:"attempts"` // leases taken since the last one that achieved something
	WakeShard  string   `dynamo:"wake_shard"`
	WakeAt     string   `dynamo:"wake_at"`
	Finished   bool     `dynamo:"finished,omitempty"`
	Deleting   bool     `dynamo:"deleting,omitempty"`
}

func newProgressItem(t tenant.ID, id uuid.UUID, now time.Time) progressItem {
	return progressItem{
		primaryKey: primaryKey{PK: runKey(run.Ref{Tenant: t, ID: id}), SK: progressSort},
		WakeShard:  wakeShardOf(id),
		WakeAt:     keys.Stamp(now),
	}
}

type configItem struct {
	primaryKey
	Data []byte `dynamo:"data"`
}

type logItem struct {
	primaryKey
	Data []byte `dynamo:"data"`
}

type segmentItem struct {
	primaryKey
	First int64  `dynamo:"first"`
	Last  int64  `dynamo:"last"`
	Data  []byte `dynamo:"data"`
}

// labels returns a map that is not nil, so that one that was never given, or was stored
// empty, is the same as an empty one.
func labels(m map[string]string) map[string]string {
	if len(m) == 0 {
		return map[string]string{}
	}
	return maps.Clone(m)
}
