package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// An idempotencyItem holds copies of the items that the request with the key created.
type idempotencyItem struct {
	primaryKey
	Print []byte `dynamo:"fingerprint"`
	// ExpiresAt is in seconds since 1970, as the table's time to live requires. DynamoDB may delete
	// the item days later, so reads check the time too.
	ExpiresAt int64       `dynamo:"expires_at"`
	Job       dynamo.Item `dynamo:"-"` // nil if no job was created
	Run       dynamo.Item `dynamo:"-"` // nil if no run was created
	Export    dynamo.Item `dynamo:"-"` // nil if no export was created
}

// The attributes that hold what was created.
const (
	createdJob    = "created_job"
	createdRun    = "created_run"
	createdExport = "created_export"
)

func idempotencySort(k idempotency.Key) string {
	name := sha256.Sum256([]byte(k.Route + "\x00" + k.Value))
	return idempotencyPrefix + hex.EncodeToString(name[:])
}

// putIdempotencyKey adds the item of the key to the transaction that creates the given items. The
// transaction fails while the key is in use. A nil key adds nothing.
func (s *Store) putIdempotencyKey(tx *dynamo.WriteTx, t tenant.ID, key *idempotency.Key, created map[string]any) error {
	if key == nil {
		return nil
	}
	item, err := s.newIdempotencyItem(t, *key, created)
	if err != nil {
		return classify(err, "encode an idempotency key")
	}
	tx.Put(s.table.Put(item).If("attribute_not_exists(pk) OR expires_at <= ?", s.clock().Unix()))
	return nil
}

func (s *Store) newIdempotencyItem(t tenant.ID, k idempotency.Key, created map[string]any) (dynamo.Item, error) {
	item, err := dynamo.MarshalItem(idempotencyItem{
		primaryKey: primaryKey{PK: tenantKey(t), SK: idempotencySort(k)},
		Print:      k.Fingerprint[:],
		ExpiresAt:  s.clock().Add(idempotency.Lifetime).Unix(),
	})
	if err != nil {
		return nil, err
	}
	for name, v := range created {
		copied, err := dynamo.MarshalItem(v)
		if err != nil {
			return nil, err
		}
		item[name] = &types.AttributeValueMemberM{Value: copied}
	}
	return item, nil
}

// readIdempotencyKey returns the item of the key. found is false if the item does not exist or
// has expired. It fails with Invalid if another request used the key.
func (s *Store) readIdempotencyKey(ctx context.Context, t tenant.ID, k idempotency.Key) (item idempotencyItem, found bool, err error) {
	var raw dynamo.Item
	err = s.get(primaryKey{PK: tenantKey(t), SK: idempotencySort(k)}).Consistent(true).One(ctx, &raw)
	if errors.Is(err, dynamo.ErrNotFound) {
		return idempotencyItem{}, false, nil
	}
	if err == nil {
		err = dynamo.UnmarshalItem(raw, &item)
	}
	switch {
	case err != nil:
		return idempotencyItem{}, false, classify(err, "read an idempotency key")
	case item.ExpiresAt <= s.clock().Unix():
		return idempotencyItem{}, false, nil
	case !slices.Equal(item.Print, k.Fingerprint[:]):
		return idempotencyItem{}, false, keyReused()
	}
	item.Job, item.Run, item.Export = nested(raw, createdJob), nested(raw, createdRun), nested(raw, createdExport)
	return item, true, nil
}

func nested(item dynamo.Item, name string) dynamo.Item {
	m, _ := item[name].(*types.AttributeValueMemberM)
	if m == nil {
		return nil
	}
	return m.Value
}

// createOnce calls create, unless an earlier request with the key succeeded. Then it returns the
// result of replay for the key's item. If create fails, it reads the key again, because a
// concurrent request with the key may be the cause.
func createOnce[T any](
	ctx context.Context, s *Store, t tenant.ID, key *idempotency.Key,
	create func() (T, error), replay func(idempotencyItem) (T, error),
) (T, error) {
	if key == nil {
		return create()
	}
	var none T
	item, found, err := s.readIdempotencyKey(ctx, t, *key)
	if err != nil {
		return none, err
	}
	if found {
		return replay(item)
	}
	v, err := create()
	if err == nil {
		return v, nil
	}
	item, found, readErr := s.readIdempotencyKey(ctx, t, *key)
	switch {
	case fault.IsBecause(readErr, fault.ReasonIdempotencyKeyReused):
		return none, readErr
	case readErr != nil || !found:
		return v, err
	}
	return replay(item)
}

// keyConflict returns an error if a transaction was cancelled because of the item of the
// idempotency key, which is its n-th item, counted from 0: another request with the key is in
// progress or has just finished. Otherwise it returns nil.
func keyConflict(key *idempotency.Key, err error, n int) error {
	codes := cancellation(err)
	if key != nil && n < len(codes) && (codes[n] == "ConditionalCheckFailed" || codes[n] == "TransactionConflict") {
		return fault.Because(fault.ReasonRequestInProgress,
			"a request with this Idempotency-Key is being processed, try again")
	}
	return nil
}

func keyReused() error {
	var fields fault.Fields
	fields.Add("Idempotency-Key", fault.Rule{
		Code:    "reused",
		Message: "came with another request in the last 24 hours; a new request needs a new key",
	})
	return &fault.Error{
		Kind: fault.Invalid, Reason: fault.ReasonIdempotencyKeyReused, Message: "the Idempotency-Key was used for another request",
		Fields: fields,
	}
}

// replayRun returns the run as it was created with the key.
func (s *Store) replayRun(ctx context.Context, t tenant.ID, key idempotencyItem) (run.Run, error) {
	var item runItem
	if err := dynamo.UnmarshalItem(key.Run, &item); err != nil {
		return run.Run{}, classify(err, "decode a run")
	}
	r := item.run()
	var err error
	r.Config, err = s.config(ctx, t, item.ConfigHash)
	return r, err
}

// replayJob returns the job as it was created with the key, and its first run if it had one.
func (s *Store) replayJob(ctx context.Context, t tenant.ID, key idempotencyItem) (jobAndRun, error) {
	var item jobItem
	if err := dynamo.UnmarshalItem(key.Job, &item); err != nil {
		return jobAndRun{}, classify(err, "decode a job")
	}
	j, err := s.withConfig(ctx, t, item)
	if err != nil || key.Run == nil {
		return jobAndRun{job: j}, err
	}
	first, err := s.replayRun(ctx, t, key)
	return jobAndRun{job: j, run: first}, err
}

// A jobAndRun is the result of a request that creates a job.
type jobAndRun struct {
	job job.Job
	run run.Run // zero if the job was created without a run
}
