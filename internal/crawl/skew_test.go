package crawl_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// A skewedStore is the store as a worker with a wrong clock reaches it. The worker's clock is
// right, but all times that it sends are moved by offset, and all times that it receives are moved
// back, which has the same effect.
type skewedStore struct {
	*store.Store // with the wrong clock
	offset       time.Duration
}

func newSkewedStore(s *ownTableStack, offset time.Duration, client ...func(*dynamodb.Options)) skewedStore {
	clock := store.WithClock(func() time.Time { return time.Now().Add(offset) })
	return skewedStore{store.New(store.NewClient(dynamotest.Config(s.t), client...), s.table, clock), offset}
}

// received moves a time that the worker receives.
func (s skewedStore) received(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-s.offset)
}

func (s skewedStore) receivedRun(r run.Run) run.Run {
	// CreatedAt is not moved: it names the objects of the run.
	for _, at := range []*time.Time{&r.StartedAt, &r.PausedAt, &r.FinishedAt, &r.UpdatedAt} {
		*at = s.received(*at)
	}
	return r
}

// part moves the times of a part of a log, except those of outcomes with artifacts, whose records
// have the same time.
func (s skewedStore) part(data []byte, by time.Duration) ([]byte, error) {
	var records []crawllog.Record
	for record, err := range crawllog.Decode(data) {
		if err != nil {
			return nil, err
		}
		switch r := record.(type) {
		case *crawllog.Outcome:
			if len(r.Artifacts) == 0 {
				r.OccurredAt = r.OccurredAt.Add(by)
			}
		case *crawllog.Retry:
			r.OccurredAt, r.Due = r.OccurredAt.Add(by), r.Due.Add(by)
		}
		records = append(records, record)
	}
	parts := crawllog.Encode(records)
	if len(parts) != 1 {
		return nil, fmt.Errorf("one part became %d", len(parts))
	}
	return parts[0], nil
}

func (s skewedStore) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	r, err := s.Store.Run(ctx, ref)
	return s.receivedRun(r), err
}

func (s skewedStore) Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error) {
	r, changed, err := s.Store.Transition(ctx, ref, a, check)
	return s.receivedRun(r), changed, err
}

func (s skewedStore) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	l, err := s.Store.Acquire(ctx, ref, owner, ttl)
	if err == nil {
		l.Until = s.received(l.Until)
	}
	return l, err
}

func (s skewedStore) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return s.receivedParts(s.Store.LogParts(ctx, ref, after))
}

func (s skewedStore) Unpublished(ctx context.Context, l *run.Lease) iter.Seq2[crawllog.Part, error] {
	return s.receivedParts(s.Store.Unpublished(ctx, l))
}

func (s skewedStore) receivedParts(parts iter.Seq2[crawllog.Part, error]) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for part, err := range parts {
			if err == nil {
				part.Data, err = s.part(part.Data, -s.offset)
			}
			if !yield(part, err) {
				return
			}
		}
	}
}

func (s skewedStore) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	sent := crawllog.Commit{Progress: c.Progress, Stored: c.Stored}
	for _, data := range c.Parts {
		part, err := s.part(data, s.offset)
		if err != nil {
			return err
		}
		sent.Parts = append(sent.Parts, part)
	}
	next := *l
	next.Until = l.Until.Add(s.offset)
	err := s.Store.Commit(ctx, &next, sent)
	if err == nil {
		next.Until = s.received(next.Until)
		*l = next
	}
	return err
}

func (s skewedStore) Release(ctx context.Context, l *run.Lease, h run.Handover) error {
	h.WakeAt = h.WakeAt.Add(s.offset)
	return s.Store.Release(ctx, l, h)
}

func (s skewedStore) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	r, err := s.Store.Finish(ctx, l, reason)
	return s.receivedRun(r), err
}

func (s skewedStore) Due(ctx context.Context, now time.Time, limit int) ([]run.Ref, error) {
	return s.Store.Due(ctx, now.Add(s.offset), limit)
}

// A lossyTransport to DynamoDB loses some requests and some responses.
type lossyTransport struct {
	http.RoundTripper
	share float64 // of the requests and responses that are lost, half each

	mu                          sync.Mutex
	random                      *rand.Rand
	lostRequests, lostResponses int
}

func newLossyTransport(share float64, seed uint64) *lossyTransport {
	return &lossyTransport{RoundTripper: http.DefaultTransport, share: share, random: rand.New(rand.NewPCG(seed, 0))}
}

// over makes a DynamoDB client use the transport.
func (t *lossyTransport) over(o *dynamodb.Options) { o.HTTPClient = &http.Client{Transport: t} }

func (t *lossyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	r64 := t.random.Float64()
	loseRequest, loseResponse := r64 < t.share/2, r64 >= t.share/2 && r64 < t.share
	if loseRequest {
		t.lostRequests++
	}
	if loseResponse {
		t.lostResponses++
	}
	t.mu.Unlock()
	if loseRequest {
		return nil, io.ErrUnexpectedEOF
	}
	response, err := t.RoundTripper.RoundTrip(r)
	if err == nil && loseResponse {
		response.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return response, err
}
