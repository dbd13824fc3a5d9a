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

// listKeys are the keys of a listed item in the index by_created. The other indexes share the
// created key.
type listKeys struct {
	ByCreated  string `dynamo:"by_created"`
	CreatedKey string `dynamo:"created_key"`
}

// A jobItem holds a job without the content of its configuration.
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

func newJobItem(t tenant.ID, j job.Job, given, resolved storedConfig) jobItem {
	return jobItem{
		primaryKey:   jobItemKey(job.Ref{Tenant: t, ID: j.ID}),
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

// A runItem holds a run without the content of its configuration and, until the run is finished,
// without its progress. UnmarshalDynamoItem must decode every field.
type runItem struct {
	primaryKey
	listKeys
	ByJob       string            `dynamo:"by_job"`
	ByStatus    string            `dynamo:"by_status"`
	ID          string            `dynamo:"id"`
	JobID       string            `dynamo:"job_id"`
	JobName     string            `dynamo:"job_name,omitempty"` // missing from runs that earlier versions wrote
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
	Keeps       bool              `dynamo:"keeps,omitempty"`    // the configuration keeps artifacts
}

func newRunItem(t tenant.ID, r run.Run, resolved storedConfig) runItem {
	item := runItem{
		primaryKey:  runItemKey(run.Ref{Tenant: t, ID: r.ID}),
		listKeys:    listKeys{ByCreated: runsPartition(t), CreatedKey: keys.Created(r.CreatedAt, r.ID)},
		ByJob:       jobPartition(job.Ref{Tenant: t, ID: r.JobID}),
		ID:          r.ID.String(),
		JobID:       r.JobID.String(),
		JobName:     r.JobName,
		ConfigHash:  resolved.hash,
		ConfigBytes: len(resolved.data),
		Labels:      labels(r.Labels),
		CreatedAt:   r.CreatedAt,
		Keeps:       resolved.keeps,
	}
	return item.with(t, r)
}

// with returns the item with the fields of r that change during the life of a run.
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

// run returns the item as a run without its configuration and, unless the run is finished, without
// its progress.
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

// counters is the stored form of run.Progress.
type counters struct {
	URLsQueued   int64 `dynamo:"urls_queued"`
	URLsFetched  int64 `dynamo:"urls_fetched"`
	URLsFailed   int64 `dynamo:"urls_failed"`
	URLsExcluded int64 `dynamo:"urls_excluded"`
	BytesFetched int64 `dynamo:"bytes_fetched"`
	Depth        int   `dynamo:"depth"`
}

// A progressItem holds what changes while a run crawls, and the lease that permits the changes.
// After the run is deleted, it stays as a tombstone until the log is deleted.
type progressItem struct {
	primaryKey
	Seq        int64    `dynamo:"seq"` // number of the last log part; 0 if the log is empty
	Progress   counters `dynamo:"progress"`
	LeaseOwner string   `dynamo:"lease_owner"`
	LeaseUntil string   `dynamo:"lease_until"`
	Attempts   int      `dynamo:"attempts"` // leases acquired since the run last made progress
	WakeShard  string   `dynamo:"wake_shard"`
	WakeAt     string   `dynamo:"wake_at"`
	// WaitingFor is why a worker released the run although it could be crawled. It is missing while
	// the run is leased, and from runs that earlier versions released.
	WaitingFor run.WaitReason `dynamo:"waiting_for,omitempty"`
	Finished   bool           `dynamo:"finished,omitempty"`
	Deleting   bool           `dynamo:"deleting,omitempty"`

	// CreatedAt is that of the run, which names its objects. It is missing from runs that earlier
	// versions wrote.
	CreatedAt time.Time `dynamo:"created_at,omitempty"`
	Objects   bool      `dynamo:"objects,omitempty"` // the run may have objects in the bucket
	// SettlesAt is when no worker writes objects any more, of a run that finished or was deleted
	// since. It is removed when the objects are tidy.
	SettlesAt string `dynamo:"settles_at,omitempty"`
	TidiedTo  string `dynamo:"tidied_to,omitempty"` // the last object that Tidy is done with
	Exports   int    `dynamo:"exports,omitempty"`   // of the run that are not deleted

	// Rollup is the piece of the run's series for the last parts; see rollups.go. RecentAt and
	// TotalAt are At of the other pieces of the worker. They are missing until there is such an
	// item, and from runs that earlier versions wrote.
	Rollup   []byte `dynamo:"rollup,omitempty"`
	RecentAt int64  `dynamo:"recent_at,omitempty"`
	TotalAt  int64  `dynamo:"total_at,omitempty"`
}

// ifUnchanged adds the condition that what the item says about its run is as it was read.
func ifUnchanged[W interface{ If(string, ...any) W }](write W, read progressItem) W {
	write = write.If("seq = ?", read.Seq)
	if read.WaitingFor == "" {
		return write.If("attribute_not_exists(waiting_for)")
	}
	return write.If("waiting_for = ?", read.WaitingFor)
}

// addTo adds to r what the item says about its run.
func (i progressItem) addTo(r *run.Run) {
	r.Progress = run.Progress(i.Progress)
	if r.Status == run.Pending || r.Status == run.Running {
		r.WaitingFor = i.WaitingFor // of a paused run it is removed when the run is parked
	}
}

func newProgressItem(ref run.Ref, createdAt time.Time, resolved storedConfig) progressItem {
	return progressItem{
		primaryKey: progressKey(ref),
		WakeShard:  wakeShardOf(ref.ID),
		WakeAt:     keys.Stamp(createdAt),
		CreatedAt:  createdAt,
		Objects:    resolved.keeps,
	}
}

// A configItem holds a storedConfig.
type configItem struct {
	primaryKey
	Data []byte `dynamo:"data"`
}

// A logItem holds a part of a run's log, once the progress item says so with its seq.
type logItem struct {
	primaryKey
	Data []byte `dynamo:"data"`
	// Created is when the run was created, in Unix microseconds. It is missing from parts that
	// earlier versions wrote.
	Created int64 `dynamo:"created,omitempty"`
}

// A segmentItem holds a segment of a run's log.
type segmentItem struct {
	primaryKey
	First int64  `dynamo:"first"`
	Last  int64  `dynamo:"last"`
	Data  []byte `dynamo:"data"`
}

// labels returns a copy of the map that is never nil, so that missing labels and empty labels are
// equal.
func labels(m map[string]string) map[string]string {
	if len(m) == 0 {
		return map[string]string{}
	}
	return maps.Clone(m)
}
