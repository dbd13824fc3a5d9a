package api

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A JobStore stores jobs. Its errors have a fault.Kind and a message for the client.
//
// A key that is not nil makes a request safe to repeat. A check that is not nil is called with
// the current job before a write. If it returns an error, nothing is written.
type JobStore interface {
	CreateJob(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key) (job.Job, error)
	CreateJobAndRun(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key) (job.Job, run.Run, error)
	Job(ctx context.Context, ref job.Ref) (job.Job, error)
	Jobs(ctx context.Context, t tenant.ID, f job.Filter, p paging.Request) (paging.Page[job.Job], error)
	UpdateJob(ctx context.Context, ref job.Ref, p job.Patch, check func(job.Job) error) (job.Job, error)
	DeleteJob(ctx context.Context, ref job.Ref, check func(job.Job) error) error
}

// A RunStore stores runs. Its errors, keys and checks are those of a JobStore.
type RunStore interface {
	CreateRun(ctx context.Context, of job.Ref, id uuid.UUID, key *idempotency.Key) (run.Run, error)
	Run(ctx context.Context, ref run.Ref) (run.Run, error)
	// Status returns the status of a run. It costs less than Run.
	Status(ctx context.Context, ref run.Ref) (run.Status, error)
	Runs(ctx context.Context, t tenant.ID, f run.Filter, p paging.Request) (paging.Page[run.Run], error)
	JobRuns(ctx context.Context, of job.Ref, f run.Filter, p paging.Request) (paging.Page[run.Run], error)
	Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error)
	DeleteRun(ctx context.Context, ref run.Ref, check func(run.Run) error) error
}

// A LogStore reads the logs of runs. Its errors are those of a JobStore.
type LogStore interface {
	LogEntries(ctx context.Context, ref run.Ref, f crawllog.Filter, p paging.Request) (paging.Page[crawllog.Entry], error)
	Links(ctx context.Context, ref run.Ref, f crawllog.LinkFilter, p paging.Request) (paging.Page[crawllog.Link], error)
	Edges(ctx context.Context, ref run.Ref, f crawllog.EdgeFilter, p paging.Request) (paging.Page[crawllog.Edge], error)
}

// A RollupStore reads the numbers of runs over time and by host. Its errors are those of a JobStore.
type RollupStore interface {
	RunSeries(ctx context.Context, ref run.Ref, hosts []string) (*rollup.Series, *paging.Searched, error)
	RunHosts(ctx context.Context, ref run.Ref, order rollup.Order, p paging.Request) (rollup.HostPage, error)
}

// An ArtifactStore reads and hides artifacts. Its errors and checks are those of a JobStore.
type ArtifactStore interface {
	Artifacts(ctx context.Context, t tenant.ID, f artifact.Filter, p paging.Request) (paging.Page[artifact.Artifact], error)
	Artifact(ctx context.Context, t tenant.ID, id artifact.ID) (artifact.Artifact, error)
	// HideArtifact deletes an artifact, whose content must then be wiped.
	HideArtifact(ctx context.Context, t tenant.ID, id artifact.ID, check func(artifact.Artifact) error) (artifact.Artifact, error)
}

// An ExportStore stores exports. Its errors, keys and checks are those of a JobStore.
type ExportStore interface {
	CreateExport(ctx context.Context, ref run.Ref, id uuid.UUID, f export.Format, key *idempotency.Key, check func(run.Run) error) (export.Export, error)
	Export(ctx context.Context, ref export.Ref) (export.Export, error)
	ExportPage(ctx context.Context, ref run.Ref, f export.Filter, p paging.Request) (paging.Page[export.Export], error)
	RemoveExport(ctx context.Context, ref export.Ref, check func(export.Export) error) error
}

// A Store is the storage of the API. *store.Store implements it.
type Store interface {
	JobStore
	RunStore
	LogStore
	RollupStore
	ArtifactStore
	ExportStore
}

// Contents reads and wipes the content of artifacts. *contents.Contents implements it. Its errors
// are those of a JobStore: NotFound if the artifact was deleted meanwhile.
type Contents interface {
	// Open returns the content without its first bytes, as many as offset says. Closing it frees
	// its resources.
	Open(ctx context.Context, t tenant.ID, a artifact.Artifact, offset int64) (io.ReadCloser, error)
	// URL returns a URL at which the content can be read for some minutes. Its responses have the
	// Content-Type and the Content-Disposition.
	URL(ctx context.Context, t tenant.ID, a artifact.Artifact, contentType, disposition string) (string, error)
	// Wipe removes the content of an artifact that HideArtifact returned.
	Wipe(ctx context.Context, t tenant.ID, a artifact.Artifact) error
}

// Files has the files of exports. *bucket.Store implements it and documents the methods.
type Files interface {
	Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error)
	SignedURL(ctx context.Context, name string, ttl time.Duration) (string, error)
}

// A Queue sends wake-ups. After the delay, a worker crawls the run, or purges its log if the run
// is deleted, or makes the export, or deletes its file if the export is deleted.
type Queue interface {
	Send(ctx context.Context, ref run.Ref, delay time.Duration) error
	SendExport(ctx context.Context, ref run.Ref, id uuid.UUID, delay time.Duration) error
}
