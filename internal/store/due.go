package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// Due returns at most limit unfinished or deleted runs, of all tenants, whose wake time has passed
// at now. The run with the earliest wake time is first.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]run.Ref, error) {
	return s.due(ctx, now, limit, wakeShard)
}

// Expired is like Due, for finished runs whose retention is over. Expire deletes such a run.
func (s *Store) Expired(ctx context.Context, now time.Time, limit int) ([]run.Ref, error) {
	return s.due(ctx, now, limit, expirationShard)
}

// due reads what is due in all shards of one kind.
func (s *Store) due(ctx context.Context, now time.Time, limit int, shardName func(int) string) ([]run.Ref, error) {
	var due [wakeShards][]progressItem
	group, gctx := errgroup.WithContext(ctx)
	for shard := range due {
		group.Go(func() error {
			return s.table.Get("wake_shard", shardName(shard)).Index(byWake).
				Range("wake_at", dynamo.LessOrEqual, keys.Stamp(now)).
				SearchLimit(limit).RequestLimit(1).
				All(gctx, &due[shard])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, classify(err, "read the runs that are due")
	}
	all := slices.Concat(due[:]...)
	slices.SortFunc(all, func(a, b progressItem) int { return cmp.Compare(a.WakeAt, b.WakeAt) })
	all = all[:min(limit, len(all))]
	refs := make([]run.Ref, 0, len(all))
	for _, item := range all {
		ref, err := parseRunKey(item.PK)
		if err != nil {
			return nil, classify(err, "read the runs that are due")
		}
		refs = append(refs, ref)
	}
	return refs, nil
}
