package store

import (
	"context"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"
)

// FreeLeases takes every lease from its owner and makes the run due at once. It is for who
// knows that all owners are dead, as does a process that starts and has the table to itself:
// it need not wait for their leases to end. Attempts stay counted.
func (s *Store) FreeLeases(ctx context.Context) error {
	now := stamp(s.clock())
	group, gctx := errgroup.WithContext(ctx)
	for shard := range wakeShards {
		group.Go(func() error {
			// A resume makes a run due while its lease lasts: those that are due are looked at too.
			unfinished := s.table.Get("wake_shard", wakeShard(shard)).Index(byWake).Iter()
			for item := (progressItem{}); unfinished.Next(gctx, &item); item = (progressItem{}) {
				err := taken(s.table.Update("pk", item.PK).Range("sk", item.SK)).
					If("attribute_exists(lease_owner)").
					Set("wake_at", now).
					Run(gctx)
				if err != nil && !dynamo.IsCondCheckFailed(err) { // nobody's: the run waits for its time
					return err
				}
			}
			return unfinished.Err()
		})
	}
	return classify(group.Wait(), "free leases")
}
