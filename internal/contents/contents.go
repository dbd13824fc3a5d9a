// Package contents reads, copies and wipes the contents of artifacts, which are records of WARC
// objects in the bucket.
//
// Errors are *fault.Error: those of package bucket and of package store, and NotFound if an
// artifact was deleted meanwhile.
package contents

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/warc"
)

// A Bucket stores objects. *bucket.Store implements it.
type Bucket interface {
	Write(ctx context.Context, name string, o objects.WriteOptions) (io.WriteCloser, error)
	Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error)
	List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error]
	Delete(ctx context.Context, name string) error
	SignedURL(ctx context.Context, name string, ttl time.Duration) (string, error)
}

// A Table knows which artifacts are deleted. *store.Store implements it.
type Table interface {
	Artifact(ctx context.Context, t tenant.ID, id artifact.ID) (artifact.Artifact, error)
	// WipeArtifacts calls wipe with the locations of the artifacts in the object of a that are
	// deleted and not wiped, while nobody else wipes or copies artifacts of the object.
	WipeArtifacts(ctx context.Context, t tenant.ID, a artifact.Artifact, wipe func(context.Context, []crawllog.Location) error) error
	// CopyArtifact calls copy, unless a is deleted, while nobody else wipes or copies artifacts of
	// the object.
	CopyArtifact(ctx context.Context, t tenant.ID, a artifact.Artifact, copy func(context.Context) error) error
}

// Contents are the contents of artifacts. It is safe for concurrent use.
type Contents struct {
	bucket Bucket
	table  Table
}

// New returns the contents in the bucket of the artifacts in the table.
func New(b Bucket, t Table) *Contents { return &Contents{b, t} }

// prefix returns the prefix of the names of the objects of the artifact's run.
func prefix(t tenant.ID, a artifact.Artifact) string {
	return objects.Prefix(run.Ref{Tenant: t, ID: a.ID.Run}, a.RunCreatedAt)
}

// Open returns the content of the artifact without its first bytes, as many as offset says. What
// comes before the offset is read, as a record is compressed as a whole. The caller must close the
// reader.
func (c *Contents) Open(ctx context.Context, t tenant.ID, a artifact.Artifact, offset int64) (io.ReadCloser, error) {
	at := a.Content()
	member, err := c.bucket.Read(ctx, objects.WARC(prefix(t, a), at.Object), at.Offset, at.Length)
	if err != nil {
		return nil, c.failed(ctx, t, a, err)
	}
	content, err := payload(member, a, offset)
	if err != nil {
		member.Close()
		return nil, c.failed(ctx, t, a, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{content, member}, nil
}

var errNoContent = errors.New("contents: the record is not that of the artifact")

// payload returns the content in the record of the artifact, from the offset on.
func payload(member io.Reader, a artifact.Artifact, offset int64) (io.Reader, error) {
	rec, err := warc.ReadRecord(member)
	if err != nil {
		return nil, err
	}
	if rec.Type != recordType(a.Kind) {
		return nil, fmt.Errorf("%w: it is of type %q", errNoContent, rec.Type)
	}
	_, err = io.CopyN(io.Discard, rec.Payload, offset)
	return rec.Payload, err
}

// recordType returns the type of the records with the contents of artifacts of the kind.
func recordType(k crawllog.Kind) string {
	if k == crawllog.Parsed {
		return "conversion"
	}
	return "response"
}

// failed returns the error for an artifact whose content cannot be read because of err: NotFound if
// the artifact was deleted meanwhile.
func (c *Contents) failed(ctx context.Context, t tenant.ID, a artifact.Artifact, err error) error {
	if kind := fault.KindOf(err); kind == fault.Throttled || kind == fault.Unavailable {
		return err
	}
	if _, deleted := c.table.Artifact(ctx, t, a.ID); deleted != nil {
		return deleted
	}
	// The client did not ask for the object, so the kind of err, such as NotFound, would be wrong.
	return &fault.Error{Message: "internal error", Err: fmt.Errorf("contents: read artifact %s: %w", a.ID, err)}
}
