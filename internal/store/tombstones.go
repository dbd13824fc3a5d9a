package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// objectSort begins the sort keys of the tombstones of the artifacts in an object, and of the lock
// on the object. They are in the partition of the run.
func objectSort(object string) string { return artifactPrefix + object + "#" }

// tombstoneSort names the tombstone by the location of the artifact's record and not by the
// artifact's id. So a revisit artifact, which knows only the location of its content, finds the
// tombstone of the artifact that has the content.
func tombstoneSort(l crawllog.Location) string {
	return fmt.Sprintf("%s%015d", objectSort(l.Object), l.Offset)
}

// A tombstoneItem says that an artifact is deleted: neither it nor an artifact with its content is
// shown, although the run's log still names them. It is deleted with the run.
type tombstoneItem struct {
	primaryKey
	Object string `dynamo:"object"`
	Offset int64  `dynamo:"offset"`
	Length int64  `dynamo:"length"`
	Wiped  bool   `dynamo:"wiped,omitempty"` // the bytes are gone
}

func newTombstone(ref run.Ref, l crawllog.Location) tombstoneItem {
	return tombstoneItem{
		primaryKey: primaryKey{PK: runKey(ref), SK: tombstoneSort(l)},
		Object:     l.Object, Offset: l.Offset, Length: l.Length,
	}
}

func (i tombstoneItem) location() crawllog.Location {
	return crawllog.Location{Object: i.Object, Offset: i.Offset, Length: i.Length}
}

// HideArtifact makes the artifact and those with its content disappear from all reads and returns
// it. The caller must then wipe its content, see WipeArtifacts. HideArtifact fails with NotFound if
// there is no such artifact, or if it is already deleted and its content wiped. The check works
// like that of Transition.
func (s *Store) HideArtifact(
	ctx context.Context, t tenant.ID, id artifact.ID, check func(artifact.Artifact) error,
) (artifact.Artifact, error) {
	var hidden artifact.Artifact
	err := retryRaces(ctx, func() error {
		a, err := s.recordedArtifact(ctx, t, id)
		if err != nil {
			return err
		}
		ref := run.Ref{Tenant: t, ID: id.Run}
		tombstones, err := s.tombstonesFor(ctx, ref, a)
		if err != nil {
			return err
		}
		own, isHidden := tombstones[tombstoneSort(a.Location)]
		if isHidden && own.Wiped || !isHidden && len(tombstones) > 0 {
			return noSuchArtifact()
		}
		if check != nil {
			if err := check(a); err != nil {
				return err
			}
		}
		hidden = a
		if isHidden {
			return nil
		}
		// The run must exist, as its purge deletes the tombstone.
		tx := s.db.WriteTx().
			Check(s.check(runItemKey(ref)).If("created_key = ?", createdKeyOf(a))).
			Put(s.table.Put(newTombstone(ref, a.Location)).If("attribute_not_exists(pk)"))
		err = s.write(ctx, tx)
		if dynamo.IsCondCheckFailed(err) || isBusy(err) {
			return errRaced
		}
		return classify(err, "hide an artifact")
	})
	if err != nil {
		return artifact.Artifact{}, err
	}
	return hidden, nil
}

// tombstonesFor returns the tombstones that hide the artifact, by their sort keys: its own, and
// that of the artifact that has its content. The read is strongly consistent.
func (s *Store) tombstonesFor(ctx context.Context, ref run.Ref, a artifact.Artifact) (map[string]tombstoneItem, error) {
	batch := s.table.Batch("pk", "sk").Get(dynamo.Keys{runKey(ref), tombstoneSort(a.Location)})
	if a.IsRevisit() {
		batch.And(dynamo.Keys{runKey(ref), tombstoneSort(a.Original)})
	}
	var items []tombstoneItem
	if err := batch.Consistent(true).All(ctx, &items); err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, classify(err, "read tombstones of artifacts")
	}
	found := map[string]tombstoneItem{}
	for _, item := range items {
		found[item.SK] = item
	}
	return found, nil
}

// maxTombstones bounds the tombstones that a list reads to learn which of its artifacts are
// deleted, before it reads those of its artifacts one by one.
const maxTombstones = 100

// withoutDeleted returns the artifacts of the run that are not deleted. The reads are strongly
// consistent. Most runs have few tombstones, so one query for a range usually suffices.
func (s *Store) withoutDeleted(
	ctx context.Context, ref run.Ref, artifacts []placed[artifact.Artifact],
) ([]placed[artifact.Artifact], error) {
	if len(artifacts) == 0 {
		return nil, nil
	}
	var sorts []string
	for _, a := range artifacts {
		sorts = append(sorts, tombstoneSort(a.item.Location), tombstoneSort(a.item.Content()))
	}
	sorts = canonical(sorts)
	var found []primaryKey
	more, err := s.table.Get("pk", runKey(ref)).Range("sk", dynamo.Between, sorts[0], sorts[len(sorts)-1]).
		Consistent(true).SearchLimit(maxTombstones).RequestLimit(1).
		AllWithLastEvaluatedKey(ctx, &found)
	if err == nil && more != nil {
		found = nil
		batch := s.table.Batch("pk", "sk").Get()
		for _, sort := range sorts {
			batch.And(dynamo.Keys{runKey(ref), sort})
		}
		err = batch.Consistent(true).All(ctx, &found)
	}
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, classify(err, "read tombstones of artifacts")
	}
	if len(found) == 0 {
		return artifacts, nil
	}
	deleted := map[string]bool{}
	for _, item := range found {
		deleted[item.SK] = true
	}
	return slices.DeleteFunc(artifacts, func(a placed[artifact.Artifact]) bool {
		return deleted[tombstoneSort(a.item.Location)] || deleted[tombstoneSort(a.item.Content())]
	}), nil
}

// tombstonesOf returns the tombstones of the object. The read is strongly consistent.
func (s *Store) tombstonesOf(ctx context.Context, ref run.Ref, object string) ([]tombstoneItem, error) {
	var items []tombstoneItem
	err := s.table.Get("pk", runKey(ref)).Range("sk", dynamo.BeginsWith, objectSort(object)).
		Consistent(true).All(ctx, &items)
	items = slices.DeleteFunc(items, func(i tombstoneItem) bool { return strings.HasSuffix(i.SK, lockSuffix) })
	return items, classify(err, "read tombstones of artifacts")
}

// DeletedArtifacts returns where the records of the run's deleted artifacts are. The reads are
// strongly consistent.
func (s *Store) DeletedArtifacts(ctx context.Context, ref run.Ref) (map[crawllog.Location]bool, error) {
	deleted := map[crawllog.Location]bool{}
	var items []tombstoneItem
	err := s.table.Get("pk", runKey(ref)).Range("sk", dynamo.BeginsWith, artifactPrefix).Consistent(true).All(ctx, &items)
	for _, item := range items {
		if !strings.HasSuffix(item.SK, lockSuffix) {
			deleted[item.location()] = true
		}
	}
	return deleted, classify(err, "read tombstones of artifacts")
}
