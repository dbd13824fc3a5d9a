package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/tenant"
)

// A lock on an object keeps two processes from rewriting or copying the object at a time: a bucket
// has no write on the condition that nothing changed since a read, so the later one of two writes
// would bring back what the earlier one wiped. The holder works for at most objectLockTime. The
// lock holds longer, since clocks differ. So a holder that died delays others and nothing else.
const (
	objectLockTime = 60 * time.Second
	objectLockTTL  = 90 * time.Second
	lockSuffix     = "LOCK"
)

// lockWait bounds the wait for the holder of a lock. It is shorter than the 6 s in which the
// functions of most routes respond.
const lockWait = 5 * time.Second

// A lockItem is a lock on an object. It is deleted when the holder is done.
type lockItem struct {
	primaryKey
	Owner string `dynamo:"owner"`
	Until string `dynamo:"until"`
}

func lockKey(ref run.Ref, object string) primaryKey {
	return primaryKey{PK: runKey(ref), SK: objectSort(object) + lockSuffix}
}

// WipeArtifacts calls wipe with the locations of all artifacts in the object of a, which
// HideArtifact returned, whose content is not wiped yet. When wipe returns nil, their content is
// gone for good, and WipeArtifacts records that. No other call for the object, and none of
// CopyArtifact, is in progress meanwhile. It does not call wipe if there are no such artifacts.
func (s *Store) WipeArtifacts(
	ctx context.Context, t tenant.ID, a artifact.Artifact, wipe func(context.Context, []crawllog.Location) error,
) error {
	ref := run.Ref{Tenant: t, ID: a.ID.Run}
	return s.withObjectLock(ctx, ref, a, a.Location.Object, func(ctx context.Context) error {
		tombstones, err := s.tombstonesOf(ctx, ref, a.Location.Object)
		if err != nil {
			return err
		}
		var left []crawllog.Location
		for _, item := range tombstones {
			if !item.Wiped {
				left = append(left, item.location())
			}
		}
		if len(left) == 0 {
			return nil
		}
		if err := wipe(ctx, left); err != nil {
			return err
		}
		for _, l := range left {
			err := s.update(primaryKey{PK: runKey(ref), SK: tombstoneSort(l)}).
				If("attribute_exists(pk)").Set("wiped", true).Run(ctx)
			if err != nil && !dynamo.IsCondCheckFailed(err) { // a purge may have deleted it
				return classify(err, "record that an artifact is wiped")
			}
		}
		return nil
	})
}

// CopyArtifact calls copy, which copies the content of the artifact within the bucket, unless the
// artifact is deleted, in which case it fails with NotFound. The artifact is not wiped meanwhile,
// so a wipe afterwards finds the copy.
func (s *Store) CopyArtifact(
	ctx context.Context, t tenant.ID, a artifact.Artifact, copy func(context.Context) error,
) error {
	ref := run.Ref{Tenant: t, ID: a.ID.Run}
	return s.withObjectLock(ctx, ref, a, a.Content().Object, func(ctx context.Context) error {
		if _, err := s.Artifact(ctx, t, a.ID); err != nil {
			return err
		}
		return copy(ctx)
	})
}

// withObjectLock calls do while it holds the lock on the object of the run of a. It fails with
// NotFound if the run is deleted, and with Unavailable if another process holds the lock.
func (s *Store) withObjectLock(
	ctx context.Context, ref run.Ref, a artifact.Artifact, object string, do func(context.Context) error,
) error {
	lock := lockItem{primaryKey: lockKey(ref, object), Owner: uuid.NewString()}
	if err := s.lock(ctx, ref, a, lock); err != nil {
		return err
	}
	work, cancel := context.WithTimeout(ctx, objectLockTime)
	defer cancel()
	err := do(work)
	// Unlock even if the client disconnects or the time is over.
	unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	unlocked := s.delete(lock.primaryKey).If("'owner' = ?", lock.Owner).Run(unlock)
	if err == nil && unlocked != nil && !dynamo.IsCondCheckFailed(unlocked) {
		return classify(unlocked, "unlock an object")
	}
	return err
}

// lock writes the lock when no other process holds it.
func (s *Store) lock(ctx context.Context, ref run.Ref, a artifact.Artifact, lock lockItem) error {
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for pause := 20 * time.Millisecond; wait.Err() == nil; pause = min(2*pause, 500*time.Millisecond) {
		now := s.clock()
		lock.Until = keys.Stamp(now.Add(objectLockTTL))
		// The run must exist, as its purge deletes the lock.
		tx := s.db.WriteTx().
			Check(s.check(runItemKey(ref)).If("created_key = ?", createdKeyOf(a))).
			Put(s.table.Put(lock).If("attribute_not_exists(pk) OR 'until' < ?", keys.Stamp(now)))
		failed := s.write(ctx, tx)
		switch {
		case failed == nil:
			return nil
		case conditionFailed(failed, 0):
			return noSuchArtifact()
		case !conditionFailed(failed, 1) && !isBusy(failed):
			return classify(failed, "lock an object")
		}
		select {
		case <-time.After(pause):
		case <-wait.Done():
		}
	}
	return &fault.Error{
		Kind:       fault.Unavailable,
		Reason:     fault.ReasonStoreBusy,
		Message:    "another request works on the content of this artifact, try again",
		RetryAfter: retryAfter,
	}
}

// createdKeyOf returns the created key of the artifact's run.
func createdKeyOf(a artifact.Artifact) string { return keys.Created(a.RunCreatedAt, a.ID.Run) }

// lockedUntil returns when the last lock on an object of the run ends, or "" if there is none. The
// read is strongly consistent.
func (s *Store) lockedUntil(ctx context.Context, ref run.Ref) (string, error) {
	var locks []lockItem
	err := s.table.Get("pk", runKey(ref)).Range("sk", dynamo.BeginsWith, artifactPrefix).
		Filter("attribute_exists('until')").Consistent(true).All(ctx, &locks)
	until := ""
	for _, lock := range locks {
		until = max(until, lock.Until)
	}
	return until, classify(err, "read the locks on objects")
}

// tombstoneKeys returns the keys of at most purgeItems tombstones and locks that are over.
func (s *Store) tombstoneKeys(ctx context.Context, ref run.Ref) (found []primaryKey, err error) {
	err = s.table.Get("pk", runKey(ref)).Range("sk", dynamo.BeginsWith, artifactPrefix).
		Filter("attribute_not_exists('until') OR 'until' <= ?", keys.Stamp(s.clock())).
		Consistent(true).Limit(purgeItems).All(ctx, &found)
	return found, err
}
