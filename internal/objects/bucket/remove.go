package bucket

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/crawllog"
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
			return false, cmp.Or(group.Wait(), err)
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

// chunkNames bounds the names of objects that DeleteUnnamed has in memory.
const chunkNames = 10_000

// commitParts is more than a commit has parts; see store.MaxCommitParts.
const commitParts = 100

// A logReader returns the parts of a log that follow the part with the number, in order.
type logReader = func(ctx context.Context, after int64) iter.Seq2[crawllog.Part, error]

// DeleteUnnamed deletes the WARC objects of a run that its log does not name. The log must be
// final, and nothing may write WARC objects of the run any more. It stops at the deadline and
// returns the name of the last object that it is done with, and whether it is done. A later call
// continues after that object.
func (s *Store) DeleteUnnamed(
	ctx context.Context, ref run.Ref, createdAt time.Time, after string, log logReader, deadline time.Time,
) (last string, done bool, err error) {
	folder := objects.WARCFolder(objects.Prefix(ref, createdAt))
	last = after
	var chunk []string
	finish := func() error {
		unnamed, err := unnamed(ctx, chunk, log)
		if err != nil {
			return err
		}
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(deletions)
		for _, base := range unnamed {
			group.Go(func() error { return s.Delete(gctx, folder+base) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		last, chunk = chunk[len(chunk)-1], chunk[:0]
		return nil
	}
	for o, err := range s.List(ctx, folder) {
		if err != nil {
			return last, false, err
		}
		base := strings.TrimPrefix(o.Name, folder)
		if base <= last {
			continue
		}
		if chunk = append(chunk, base); len(chunk) < chunkNames {
			continue
		}
		if err := finish(); err != nil || time.Now().After(deadline) {
			return last, false, err
		}
	}
	if len(chunk) > 0 {
		err = finish()
	}
	return last, err == nil, err
}

// unnamed returns which of the objects the log does not name. The names are those that the log
// would have.
func unnamed(ctx context.Context, chunk []string, log logReader) ([]string, error) {
	rest := make(map[string]bool, len(chunk))
	for _, base := range chunk {
		rest[base] = true
	}
	first, end := partsThatMayName(chunk)
	for part, err := range log(ctx, first-1) {
		if err != nil {
			return nil, err
		}
		if part.Seq > end || len(rest) == 0 {
			break
		}
		records, err := crawllog.DecodeAll(part.Data)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if o, ok := r.(*crawllog.Outcome); ok {
				for _, a := range o.Artifacts {
					delete(rest, a.Location.Object)
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(rest)), nil
}

// partsThatMayName returns the first and the last number of the parts that may name the objects: a
// name says which commit would name it. A name that does not, such as one of a later version, may
// be anywhere.
func partsThatMayName(chunk []string) (first, last int64) {
	first = math.MaxInt64
	for _, base := range chunk {
		n, ok := objects.FirstPart(base)
		if !ok {
			return 1, math.MaxInt64
		}
		first, last = min(first, n), max(last, n)
	}
	return max(first, 1), last + commitParts
}
