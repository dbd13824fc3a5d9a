package bucket

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
)

// deletions is how many objects are deleted at the same time. S3 accepts 3,500 deletions a second
// for a prefix, and takes some hundredths of a second for one.
const deletions = 32

// DeleteRun deletes all objects of the run that was created at the time. It stops at the deadline
// and reports whether it is done. A later call continues.
func (s *Store) DeleteRun(ctx context.Context, ref run.Ref, createdAt, deadline time.Time) (done bool, err error) {
	prefix := objects.Prefix(ref, createdAt)
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(deletions)
	done = true
	for o, err := range s.List(gctx, prefix) {
		if err != nil {
			return false, firstError(group.Wait(), err)
		}
		if done = time.Now().Before(deadline); !done {
			break
		}
		group.Go(func() error { return s.Delete(gctx, o.Name) })
	}
	if err := group.Wait(); err != nil || !done {
		return false, err
	}
	if s.folder != nil {
		return true, classify(s.folder.removeEmpty(prefix), "remove the folder of a run")
	}
	return true, nil
}

// firstError returns the error that is not nil, the first of both.
func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
