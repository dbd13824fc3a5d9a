package store

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/fault"
)

// maxRaces bounds the attempts of a write that loses to other writers.
const maxRaces = 20

// errRaced makes retryRaces attempt the write again.
var errRaced = fault.New(fault.Conflict, "another writer came first")

// retryRaces calls attempt until it returns something other than errRaced, at most maxRaces times,
// and then fails with Unavailable. An attempt reads, decides, and writes on the condition that
// nothing changed since the read.
func retryRaces(ctx context.Context, attempt func() error) error {
	wait := 5 * time.Millisecond
	for range maxRaces {
		if err := attempt(); err != error(errRaced) {
			return err
		}
		select {
		case <-ctx.Done():
			return classify(ctx.Err(), "wait for other writers")
		case <-time.After(rand.N(wait)):
		}
		wait = min(2*wait, 250*time.Millisecond)
	}
	return &fault.Error{
		Kind:       fault.Unavailable,
		Reason:     fault.ReasonStoreBusy,
		Message:    "too many writers at once, try again",
		RetryAfter: retryAfter,
	}
}

// write runs a transaction. The SDK gives each transaction a token, so that a transaction takes
// effect once even if it is sent again because its response was lost.
func (s *Store) write(ctx context.Context, tx *dynamo.WriteTx) error {
	return tx.Idempotent(true).Run(ctx)
}

// get, update, delete and check return requests for the item with the key.

func (s *Store) get(k primaryKey) *dynamo.Query {
	return s.table.Get("pk", k.PK).Range("sk", dynamo.Equal, k.SK)
}

func (s *Store) update(k primaryKey) *dynamo.Update {
	return s.table.Update("pk", k.PK).Range("sk", k.SK)
}

func (s *Store) delete(k primaryKey) *dynamo.Delete {
	return s.table.Delete("pk", k.PK).Range("sk", k.SK)
}

func (s *Store) check(k primaryKey) *dynamo.ConditionCheck {
	return s.table.Check("pk", k.PK).Range("sk", k.SK)
}
