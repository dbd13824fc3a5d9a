package artifact

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// A Filter selects artifacts. The values of one field are alternatives. An artifact must match
// every field, and an empty field matches every artifact.
type Filter struct {
	IncludeIDs    []ID
	ExcludeIDs    []ID
	RunIDs        []uuid.UUID
	URLHashes     []weburl.Key
	BlobKeys      []string
	Kinds         []crawllog.Kind
	PipelineIDs   []string
	ContentTypes  []crawllog.ContentType
	CreatedBefore time.Time
	CreatedAfter  time.Time
}

// Match reports whether f selects the artifact.
func (f Filter) Match(a *Artifact) bool {
	return among(f.Kinds, a.Kind) &&
		among(f.PipelineIDs, a.PipelineID) &&
		(f.CreatedBefore.IsZero() || a.CreatedAt.Before(f.CreatedBefore)) &&
		(f.CreatedAfter.IsZero() || a.CreatedAt.After(f.CreatedAfter)) &&
		among(f.RunIDs, a.ID.Run) &&
		among(f.IncludeIDs, a.ID) &&
		!slices.Contains(f.ExcludeIDs, a.ID) &&
		(len(f.ContentTypes) == 0 || f.matchContentType(crawllog.Essence(a.ContentType))) &&
		(len(f.URLHashes) == 0 || slices.Contains(f.URLHashes, a.URLHash())) &&
		(len(f.BlobKeys) == 0 || slices.Contains(f.BlobKeys, a.BlobKey()))
}

func (f Filter) matchContentType(essence string) bool {
	return slices.ContainsFunc(f.ContentTypes, func(c crawllog.ContentType) bool { return c.Match(essence) })
}

// Compare orders ids by run, and within a run as the artifacts were recorded.
func (id ID) Compare(other ID) int {
	if c := slices.Compare(id.Run[:], other.Run[:]); c != 0 {
		return c
	}
	if c := id.Place.Compare(other.Place); c != 0 {
		return c
	}
	return id.Index - other.Index
}

func among[T comparable](allowed []T, v T) bool {
	return len(allowed) == 0 || slices.Contains(allowed, v)
}
