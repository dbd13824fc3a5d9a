package changes_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/changes"
)

// While the bus is unavailable, an invocation retries as long as it has time, because the event
// source retries only a few times. An event that the bus will never accept is not retried.
func TestPublishRetries(t *testing.T) {
	for name, tt := range map[string]struct {
		fails  int    // calls that fail first
		code   string // of a refusal; empty for a bus that does not respond
		failed []string
		took   time.Duration
	}{
		"unavailable for a moment": {fails: 3, took: 1400 * time.Millisecond},
		"throttled":                {fails: 3, code: "ThrottlingException", took: 1400 * time.Millisecond},
		"unavailable":              {fails: 1 << 30, failed: []string{"1"}, took: 50 * time.Second},
		"malformed":                {fails: 1 << 30, code: "MalformedDetail", failed: []string{"1"}},
		"not authorized":           {fails: 1 << 30, code: "NotAuthorizedForSourceException", failed: []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &failingBus{fails: tt.fails, refusal: tt.code}
				p := publisher(&b.bus)
				p.Bus = b
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				r := samples(t)[0]
				r.Change.SequenceNumber = "1"
				res, err := p.Handle(ctx, events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{r}})
				if err != nil || ctx.Err() != nil {
					t.Fatal(err, ctx.Err())
				}
				var failed []string
				for _, f := range res.BatchItemFailures {
					failed = append(failed, f.ItemIdentifier)
				}
				if diff := cmp.Diff(tt.failed, failed); diff != "" || len(b.accepted) != 1-len(failed) {
					t.Errorf("published %d, reported (-want +got):\n%s", len(b.accepted), diff)
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
		b.refuse, b.code = func(changes.Detail) bool { return true }, b.refusal
	}
	b.fails--
	return b.bus.PutEvents(ctx, in, opts...)
}
