package transitions_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/eventbus"
	"github.com/inndx/runs/internal/transitions"
)

// While the bus is unavailable, an invocation retries as long as it has time, because the event
// source retries only a few times. An event that the bus will never accept is not retried.
func TestPublishRetries(t *testing.T) {
	for name, tt := range map[string]struct {
		fails  int    // calls that fail first
		code   string // of a refusal; empty for a bus that does not respond
		failed string
		took   time.Duration
	}{
		"unavailable for a moment": {fails: 3, took: 1400 * time.Millisecond},
		"throttled":                {fails: 3, code: "ThrottlingException", took: 1400 * time.Millisecond},
		"unavailable":              {fails: 1 << 30, failed: "1", took: 50 * time.Second},
		"malformed":                {fails: 1 << 30, code: "MalformedDetail", failed: "1"},
		"not authorized":           {fails: 1 << 30, code: "NotAuthorizedForSourceException", failed: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &failingBus{fails: tt.fails, refusal: tt.code}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				failed := publisher(b).Publish(ctx, []transitions.Record{record(1, nil, pending(uuid.New()))})
				if ctx.Err() != nil {
					t.Fatal(ctx.Err())
				}
				wantAccepted := 1
				if tt.failed != "" {
					wantAccepted = 0
				}
				if failed != tt.failed || len(b.accepted) != wantAccepted {
					t.Errorf("published %d, reported %q, want %q", len(b.accepted), failed, tt.failed)
				}
				if took := time.Since(began); took > tt.took || took < tt.took*8/10 {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// A failingBus fails its first calls, or refuses their events with the code.
type failingBus struct {
	bus
	fails   int
	refusal string
}

func (b *failingBus) PutEvents(
	ctx context.Context, in *eventbridge.PutEventsInput, opts ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	b.away, b.refuse = b.fails > 0 && b.refusal == "", nil
	if b.fails > 0 && b.refusal != "" {
		b.refuse, b.code = func(eventbus.Detail) bool { return true }, b.refusal
	}
	b.fails--
	return b.bus.PutEvents(ctx, in, opts...)
}
