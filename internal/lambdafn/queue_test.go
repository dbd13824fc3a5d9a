package lambdafn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

func newRef() run.Ref { return run.Ref{Tenant: owner, ID: uuid.New()} }

// sentTime is the time at which the messages of batch were sent.
var sentTime = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// batch returns an event with a message for each run. Their ids are 0, 1, and so on.
func batch(refs ...run.Ref) (e events.SQSEvent) {
	for i, ref := range refs {
		body, _ := json.Marshal(ref)
		e.Records = append(e.Records, events.SQSMessage{
			MessageId: fmt.Sprint(i), Body: string(body),
			Attributes: map[string]string{"SentTimestamp": strconv.FormatInt(sentTime.UnixMilli(), 10)},
		})
	}
	return e
}

func TestQueueHandlerReportsFailures(t *testing.T) {
	good, bad := newRef(), newRef()
	var mu sync.Mutex
	got := map[run.Ref]time.Time{}
	broken := func(_ context.Context, d wake.Delivery) error {
		mu.Lock()
		got[d.Run] = d.Sent.UTC()
		mu.Unlock()
		if d.Run == bad {
			return errors.New("broken")
		}
		return nil
	}
	log := slog.New(slog.DiscardHandler)
	res, err := queueHandler(broken, log)(t.Context(), batch(good, bad))
	if err != nil {
		t.Fatal(err)
	}
	want := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "1"}}}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[run.Ref]time.Time{good: sentTime, bad: sentTime}, got); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
}

// An emulator may treat null as a failure of the whole batch.
func TestQueueHandlerEncodesNoFailuresAsAnEmptyList(t *testing.T) {
	res, err := queueHandler(nil, slog.Default())(t.Context(), events.SQSEvent{})
	if text, _ := json.Marshal(res); err != nil || string(text) != `{"batchItemFailures":[]}` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestQueueHandlerDropsInvalidMessages(t *testing.T) {
	e := batch(newRef())
	e.Records[0].Body = "{}"
	res, err := queueHandler(nil, slog.New(slog.DiscardHandler))(t.Context(), e)
	if err != nil || len(res.BatchItemFailures) > 0 {
		t.Errorf("the message would be delivered again: %v, %v", res, err)
	}
}

func TestQueueHandlerWithoutSentTimestamp(t *testing.T) {
	e := batch(newRef())
	e.Records[0].Attributes = nil
	sent := time.Now()
	_, err := queueHandler(func(_ context.Context, d wake.Delivery) error { sent = d.Sent; return nil }, slog.Default())(t.Context(), e)
	if err != nil || !sent.IsZero() {
		t.Errorf("sent at %v, %v; want the zero time", sent, err)
	}
}
