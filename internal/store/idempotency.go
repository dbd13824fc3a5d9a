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

// A keyItem holds what answers a request again: what was created, as it was then.
type keyItem struct {
	primaryKey
	Print []byte `dynamo:"fingerprint"`
	// ExpiresAt is in seconds since 1970, as the table's time to live reads it. DynamoDB may
	// delete the item days later, so that reads have to look at it as well.
	ExpiresAt int64       `dynamo:"expires_at"`
	Job       dynamo.Item `dynamo:"-"` // nil when no job was created
	Run       dynamo.Item `dynamo:"-"` // nil when no run was created
}

// Names of the attributes that hold what was created.
const (
	createdJob = "created_job"
	createdRun = "created_run"
)

func keySort(k idempotency.Key) string {
	name := sha256.Sum256([]byte(k.Route + "\x00" + k.Value))
	return keyPrefix + hex.EncodeToString(name[:])
}

// addKey adds the item of the key, if there is one, to the transaction that creates the given
// items, of which it holds copies. The transaction fails while the key is taken.
func (s *Store) addKey(tx *dynamo.WriteTx, t tenant.ID, key *idempotency.Key, created map[string]any) error {
	if key == nil {
		return nil
	}
	item, err := s.newKeyItem(t, *key, created)
	if err != nil {
		return classify(err, "encode an idempotency key")
	}
	tx.Put(s.table.Put(item).If("attribute_not_exists(pk) OR expires_at <= ?", s.clock().Unix()))
	return nil
}

func (s *Store) newKeyItem(t tenant.ID, k idempotency.Key, created map[string]any) (dynamo.Item, error) {
	item, err := dynamo.MarshalItem(keyItem{
		primaryKey: primaryKey{PK: tenantKey(t), SK: keySort(k)},
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

// key returns the item of the key, false when there is none or its time is over. It is Invalid
// when the key came with another request.
func (s *Store) key(ctx context.Context, t tenant.ID, k idempotency.Key) (keyItem, bool, error) {
	var raw dynamo.Item
	err := s.table.Get("pk", tenantKey(t)).Range("sk", dynamo.Equal, keySort(k)).Consistent(true).One(ctx, &raw)
	if errors.Is(err, dynamo.ErrNotFound) {
		return keyItem{}, false, nil
	}
	var item keyItem
	if err == nil {
		err = dynamo.UnmarshalItem(raw, &item)
	}
	switch {
	case err != nil:
		return keyItem{}, false, classify(err, "read an idempotency key")
	case item.ExpiresAt <= s.clock().Unix():
		return keyItem{}, false, nil
	case !slices.Equal(item.Print, k.Fingerprint[:]):
		return keyItem{}, false, keyReused()
	}
	item.Job, item.Run = nested(raw, createdJob), nested(raw, createdRun)
	return item, true, nil
}

func nested(item dynamo.Item, name string) dynamo.Item {
	m, _ := item[name].(*types.AttributeValueMemberM)
	if m == nil {
		return nil
	}
	return m.Value
}

// once calls create unless a request with the same key has come before, whose answer again
// makes. The key is looked up once more when create fails, as that request may be why.
func once[T any](
	ctx context.Context, s *Store, t tenant.ID, key *idempotency.Key, create func() (T, error), again func(keyItem) (T, error),
) (T, error) {
	if key == nil {
		return create()
	}
	var none T
	item, found, err := s.key(ctx, t, *key)
	if err != nil {
		return none, err
	}
	if found {
		return again(item)
	}
	v, err := create()
	if err == nil {
		return v, nil
	}
	item, found, lookup := s.key(ctx, t, *key)
	switch {
	case fault.IsBecause(lookup, fault.ReasonIdempotencyKeyReused):
		return none, lookup
	case lookup != nil || !found:
		return v, err
	}
	return again(item)
}

// keyTaken returns why a transaction was cancelled when it is because of its n-th item, that
// of the idempotency key, if there is one: another request with the key is under way, or was done
// meanwhile.
func keyTaken(key *idempotency.Key, err error, n int) error {
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

// runAgain returns the run as it was created with the key.
func (s *Store) runAgain(ctx context.Context, t tenant.ID, key keyItem) (run.Run, error) {
	var item runItem
	if err := dynamo.UnmarshalItem(key.Run, &item); err != nil {
		return run.Run{}, classify(err, "decode a run")
	}
	r := item.run()
	var err error
	r.Config, err = s.config(ctx, t, item.ConfigHash)
	return r, err
}

// jobAgain returns the job as it was created with the key, and its first run if it had one.
func (s *Store) jobAgain(ctx context.Context, t tenant.ID, key keyItem) (jobAndRun, error) {
	var item jobItem
	if err := dynamo.UnmarshalItem(key.Job, &item); err != nil {
		return jobAndRun{}, classify(err, "decode a job")
	}
	j, err := s.showJob(ctx, t, item)
	if err != nil || key.Run == nil {
		return jobAndRun{job: j}, err
	}
	first, err := s.runAgain(ctx, t, key)
	return jobAndRun{job: j, run: first}, err
}

// jobAndRun is what creating a job creates.
type jobAndRun struct {
	job job.Job
	run run.Run // zero when the job was created without one
}
