package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

func noSuchArtifact() error { return fault.Because(fault.ReasonNoSuchArtifact, "no such artifact") }

// Artifact returns the artifact. The reads are strongly consistent. It fails with NotFound if there
// is no such artifact, if it is deleted, or if the artifact that has its content is deleted.
func (s *Store) Artifact(ctx context.Context, t tenant.ID, id artifact.ID) (artifact.Artifact, error) {
	a, err := s.recordedArtifact(ctx, t, id)
	if err != nil {
		return artifact.Artifact{}, err
	}
	found, err := s.tombstonesFor(ctx, run.Ref{Tenant: t, ID: id.Run}, a)
	switch {
	case err != nil:
		return artifact.Artifact{}, err
	case len(found) > 0:
		return artifact.Artifact{}, noSuchArtifact()
	}
	return a, nil
}

// recordedArtifact returns the artifact as the run's log has it, deleted or not.
func (s *Store) recordedArtifact(ctx context.Context, t tenant.ID, id artifact.ID) (artifact.Artifact, error) {
	if id.Place.Part > maxSeq {
		return artifact.Artifact{}, noSuchArtifact()
	}
	ref := run.Ref{Tenant: t, ID: id.Run}
	var raw []dynamo.Item
	err := s.table.Batch("pk", "sk").
		Get(dynamo.Keys{tenantKey(t), runItemKey(ref).SK}, dynamo.Keys{runKey(ref), progressKey(ref).SK},
			dynamo.Keys{runKey(ref), logSort(id.Place.Part)}).
		Consistent(true).All(ctx, &raw)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return artifact.Artifact{}, classify(err, "read an artifact")
	}
	var item runItem
	var progress progressItem
	var part logItem
	for _, r := range raw {
		switch {
		case r["data"] != nil:
			err = dynamo.UnmarshalItem(r, &part)
		case r["seq"] != nil:
			err = dynamo.UnmarshalItem(r, &progress)
		default:
			err = dynamo.UnmarshalItem(r, &item)
		}
		if err != nil {
			return artifact.Artifact{}, classify(err, "decode an artifact")
		}
	}
	if item.ID == "" || part.SK == "" || id.Place.Part > progress.Seq {
		return artifact.Artifact{}, noSuchArtifact()
	}
	entry, err := entryAt(part, id.Place)
	switch {
	case err != nil:
		return artifact.Artifact{}, classify(err, "decode an artifact")
	case entry == nil || id.Index >= len(entry.Artifacts):
		return artifact.Artifact{}, noSuchArtifact()
	}
	return artifactOf(item, *entry, id.Index), nil
}

// entryAt returns the outcome of the part at the place, or nil if there is none.
func entryAt(part logItem, at crawllog.Place) (*crawllog.Entry, error) {
	records, err := crawllog.DecodeAll(part.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part.SK, err)
	}
	for index, e := range crawllog.Entries(at.Part, records) {
		if index == at.Index {
			return &e, nil
		}
	}
	return nil, nil
}

// artifactOf returns an artifact of an outcome of the run.
func artifactOf(item runItem, e crawllog.Entry, index int) artifact.Artifact {
	e.RunID, e.JobID = uuid.MustParse(item.ID), uuid.MustParse(item.JobID)
	a := artifact.Of(&e, index)
	a.RunCreatedAt = item.CreatedAt
	return a
}
