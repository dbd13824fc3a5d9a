package lambdafn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

// Each wake-up of a batch has its own goroutine: all are handled at a time.
func TestQueueHandlerHandlesABatchSideBySide(t *testing.T) {
	refs := make([]run.Ref, 100)
	for i := range refs {
		refs[i] = newRef()
	}
	var all sync.WaitGroup
	all.Add(len(refs))
	together := func(context.Context, wake.Delivery) error {
		all.Done()
		all.Wait() // returns only when every handler has been called
		return nil
	}
	res, err := queueHandler(together, slog.New(slog.DiscardHandler))(t.Context(), batch(refs...))
	if err != nil || len(res.BatchItemFailures) > 0 {
		t.Errorf("%v, %v", res, err)
	}
}

// A panic is the failure of one wake-up, as ServeQueue instruments the handlers.
func TestQueueHandlerSurvivesAPanic(t *testing.T) {
	refs := []run.Ref{newRef(), newRef(), newRef()}
	log := slog.New(slog.DiscardHandler)
	handle := wake.Instrument("crawl", func(_ context.Context, d wake.Delivery) error {
		if d.Run == refs[1] {
			panic("broken")
		}
		return nil
	}, log, nil)
	res, err := queueHandler(handle, log)(t.Context(), batch(refs...))
	if err != nil || !slices.Equal(failures(res), []string{"1"}) {
		t.Errorf("%v, %v; want the failure of 1", res, err)
	}
}

func failures(res events.SQSEventResponse) (ids []string) {
	for _, f := range res.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	slices.Sort(ids)
	return ids
}

// SQS may deliver a message twice, and the sweep may send another one for a run: the run is woken
// once for all of them. A message about an export is not one about its run.
func TestQueueHandlerJoinsDuplicates(t *testing.T) {
	good, bad := newRef(), newRef()
	e := batch(good, bad, good, bad, good)
	e.Records[2].Body, _ = wake.Encode(wake.Delivery{Run: good, Export: uuid.New()})
	e.Records[4].Attributes["SentTimestamp"] = strconv.FormatInt(sentTime.Add(time.Second).UnixMilli(), 10)
	var mu sync.Mutex
	got := map[string]time.Time{}
	calls := 0
	res, err := queueHandler(func(_ context.Context, d wake.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		calls++
		got[fmt.Sprint(d.Run.ID, d.Export != uuid.Nil)] = d.Sent.UTC()
		if d.Run == bad {
			return errors.New("broken")
		}
		return nil
	}, slog.New(slog.DiscardHandler))(t.Context(), e)
	if err != nil || !slices.Equal(failures(res), []string{"1", "3"}) {
		t.Errorf("%v, %v; want the failures of 1 and 3", res, err)
	}
	want := map[string]time.Time{
		fmt.Sprint(good.ID, false): sentTime.Add(time.Second), fmt.Sprint(good.ID, true): sentTime, fmt.Sprint(bad.ID, false): sentTime,
	}
	if diff := cmp.Diff(want, got); diff != "" || calls != len(want) {
		t.Errorf("%d calls (-want +got):\n%s", calls, diff)
	}
}

// A handler that does not return costs its own wake-up only: the function responds before Lambda
// kills it, which would be the failure of the whole batch.
func TestQueueHandlerRespondsBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 300 * time.Second
		began := time.Now()
		ctx, cancel := context.WithDeadline(t.Context(), began.Add(timeout))
		defer cancel()
		stuck, obedient, quick := newRef(), newRef(), newRef()
		release := make(chan struct{})
		var ended time.Duration
		handle := func(ctx context.Context, d wake.Delivery) error {
			switch d.Run {
			case stuck:
				<-release
			case obedient:
				<-ctx.Done()
				time.Sleep(time.Second) // writes what it has
				ended = time.Since(began)
			}
			return nil
		}
		var log bytes.Buffer
		res, err := queueHandler(handle, slog.New(slog.NewJSONHandler(&log, nil)))(ctx, batch(stuck, obedient, quick))
		if err != nil || !slices.Equal(failures(res), []string{"0"}) {
			t.Errorf("%v, %v; want the failure of 0", res, err)
		}
		if took := time.Since(began); took >= timeout || ended == 0 || ended > took {
			t.Errorf("the response came after %s, a handler ended after %s; the timeout is %s", took, ended, timeout)
		}
		if !strings.Contains(log.String(), `"msg":"a wake-up failed"`) || !strings.Contains(log.String(), stuck.ID.String()) {
			t.Errorf("the log does not name the wake-up: %s", &log)
		}
		close(release)
	})
}
