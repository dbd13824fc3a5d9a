package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/store/listing"
	"github.com/inndx/runs/internal/weburl"
)

// scanLog reads the artifacts in the run's log that follow the position, and reports whether it
// reached the beginning of the log.
func (w *artifactWalk) scanLog(ctx context.Context, ref run.Ref, item runItem) (done bool, err error) {
	sc := logScan[artifact.Artifact]{
		logReader: w.store.logReader(ref),
		list: func(part int64, records []crawllog.Record) iter.Seq2[int, artifact.Artifact] {
			return number(artifactsOf(item, part, records))
		},
		match:  w.filter.Match,
		before: w.partsBefore(ref.ID),
		at:     w.at.place,
	}
	for !sc.over() {
		if w.full() || w.spent() {
			return false, nil
		}
		sc.want = w.want - len(w.found)
		// The rest of the budget; but at least one part is read.
		sc.units, sc.bytes = min(w.used(), maxLogUnits-1), w.bytes
		if err := sc.run(ctx); err != nil {
			return false, err
		}
		w.bytes = sc.bytes
		found := sc.found
		if sc.full() { // in the middle of a part
			sc.at, sc.until = found[len(found)-1].at, found[len(found)-1].item.CreatedAt
		}
		sc.found = nil
		w.at.place = sc.at
		if !sc.until.IsZero() {
			w.until = sc.until
		}
		found, err := w.store.withoutDeleted(ctx, ref, found)
		if err != nil {
			return false, err
		}
		w.found = append(w.found, found...)
	}
	return true, nil
}

// artifactsOf yields the artifacts of a part of the run's log, in the order in which they were
// recorded.
func artifactsOf(item runItem, part int64, records []crawllog.Record) iter.Seq[artifact.Artifact] {
	return func(yield func(artifact.Artifact) bool) {
		for _, e := range crawllog.Entries(part, records) {
			for n := range e.Artifacts {
				if !yield(artifactOf(item, e, n)) {
					return
				}
			}
		}
	}
}

// partsBefore returns a function that returns the greatest number of a part of the run's log, at
// most the given one, that may have artifacts of the list. It returns nil if every part may.
func (w *artifactWalk) partsBefore(id uuid.UUID) func(int64) int64 {
	if len(w.filter.IncludeIDs) == 0 {
		return nil
	}
	var parts []int64
	for _, of := range w.filter.IncludeIDs { // they are sorted
		if of.Run == id {
			parts = append(parts, of.Place.Part)
		}
	}
	return greatestPart(parts)
}

// An artifactPosition is a position in the list of artifacts, between two of them. The zero value
// is the beginning of the list.
type artifactPosition struct {
	createdKey string // of a run; all runs with greater ones are before the position
	// All artifacts in the run's log from this place on are before the position. The index of the
	// place counts the artifacts of the part, not the outcomes.
	place crawllog.Place
}

// encode returns the position as a cursor.
func (p artifactPosition) encode(scope listing.Scope) string {
	payload := binary.BigEndian.AppendUint64(nil, uint64(p.place.Part))
	payload = binary.BigEndian.AppendUint32(payload, uint32(p.place.Index))
	return scope.Seal(append(payload, p.createdKey...))
}

// decodeArtifactPosition is the inverse of encode. It refuses what encode does not return for any
// position.
func decodeArtifactPosition(scope listing.Scope, cursor string) (artifactPosition, error) {
	payload, err := scope.Open(cursor)
	if err != nil {
		return artifactPosition{}, err
	}
	if len(payload) < 12 {
		return artifactPosition{}, listing.InvalidCursor()
	}
	part := binary.BigEndian.Uint64(payload)
	p := artifactPosition{
		createdKey: string(payload[12:]),
		place:      crawllog.Place{Part: int64(part), Index: int(binary.BigEndian.Uint32(payload[8:]))},
	}
	if _, _, err := keys.ParseCreated(p.createdKey); err != nil || part < 1 || part > maxSeq+1 {
		return artifactPosition{}, listing.InvalidCursor()
	}
	return p, nil
}

// canonicalArtifacts is like canonicalRuns, for artifacts.
func canonicalArtifacts(f artifact.Filter) artifact.Filter {
	f.IncludeIDs = canonicalFunc(f.IncludeIDs, artifact.ID.Compare)
	f.ExcludeIDs = canonicalFunc(f.ExcludeIDs, artifact.ID.Compare)
	f.RunIDs = canonicalIDs(f.RunIDs)
	f.URLHashes = canonicalFunc(f.URLHashes, func(a, b weburl.Key) int { return bytes.Compare(a[:], b[:]) })
	f.BlobKeys = canonical(f.BlobKeys)
	f.Kinds = canonical(f.Kinds)
	f.PipelineIDs = canonical(f.PipelineIDs)
	f.ContentTypes = canonical(f.ContentTypes)
	for _, bound := range []*time.Time{&f.CreatedBefore, &f.CreatedAfter} {
		*bound = bound.UTC()
	}
	return f
}
