package wake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// receipt is one message as a handler got it.
type receipt struct {
	at    time.Duration // since the test began
	id    string
	run   uuid.UUID
	count string
	sent  time.Duration // since the test began, as the message says
}

// recorder is a handler that notes what it gets and answers what then says.
type recorder struct {
	t     *testing.T
	start time.Time
	then  func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error)

	mu  sync.Mutex
	got []receipt
}

func (r *recorder) handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	r.mu.Lock()
	for _, m := range e.Records {
		var w run.Ref
		if err := json.Unmarshal([]byte(m.Body), &w); err != nil {
			r.t.Errorf("body %q: %v", m.Body, err)
		}
		sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
		if err != nil {
			r.t.Error(err)
		}
		r.got = append(r.got, receipt{
			time.Since(r.start), m.MessageId, w.ID, m.Attributes["ApproximateReceiveCount"], time.UnixMilli(sent).Sub(r.start),
		})
	}
	r.mu.Unlock()
	if r.then == nil {
		return events.SQSEventResponse{}, nil
	}
	return r.then(ctx, e)
}

// start runs the queue in a bubble of synctest, where time passes when all is idle. It
// returns the recorders of both handlers and a function that stops the queue.
func start(t *testing.T, q *wake.Local) (wakeups, dead *recorder, stop func()) {
	t.Helper()
	wakeups = &recorder{t: t, start: time.Now()}
	dead = &recorder{t: t, start: time.Now()}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.Run(ctx, wakeups.handle, dead.handle)
	}()
	return wakeups, dead, func() { cancel(); <-done }
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func send(t *testing.T, q *wake.Local, m run.Ref, delay time.Duration) {
	t.Helper()
	if err := q.Send(t.Context(), m, delay); err != nil {
		t.Fatal(err)
	}
}

func message() run.Ref { return run.Ref{Tenant: "acme", ID: uuid.New()} }

func TestLocalDeliversWhatLambdaGets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		var got events.SQSEvent
		wakeups, _, stop := start(t, q)
		wakeups.then = func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			got = e
			return events.SQSEventResponse{}, nil
		}
		m := message()
		send(t, q, m, 0)
		synctest.Wait()
		stop()

		if len(got.Records) != 1 {
			t.Fatalf("records: %d", len(got.Records))
		}
		r := got.Records[0]
		if want := fmt.Sprintf(`{"tenant":"acme","run_id":%q}`, m.ID); r.Body != want {
			t.Errorf("body %s, want %s", r.Body, want)
		}
		sent := fmt.Sprint(time.Now().UnixMilli())
		if r.MessageId == "" || r.ReceiptHandle == "" || len(r.Md5OfBody) != 32 || r.EventSource != "aws:sqs" ||
			r.Attributes["SentTimestamp"] != sent || r.Attributes["ApproximateFirstReceiveTimestamp"] != sent {
			t.Errorf("record %+v", r)
		}
	})
}

func TestLocalDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		late, soon, past := message(), message(), message()
		send(t, q, late, time.Hour) // more than SQS can
		send(t, q, soon, 3*time.Second)
		send(t, q, past, -time.Second)
		time.Sleep(2 * time.Hour)
		stop()
		var got []string
		for _, r := range wakeups.got {
			name := map[uuid.UUID]string{late.ID: "late", soon.ID: "soon", past.ID: "past"}[r.run]
			got = append(got, fmt.Sprint(name, " ", r.at))
		}
		want := []string{"past 0s", "soon 3s", "late 15m0s"}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestLocalCoalescesPendingWakeupsOfOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		a, b := message(), message()
		b.ID = a.ID
		b.Tenant = tenant.ID("other") // the same id of another tenant is another run
		for _, delay := range []time.Duration{9 * time.Second, 4 * time.Second, 20 * time.Second} {
			send(t, q, a, delay)
		}
		send(t, q, b, 5*time.Second)
		time.Sleep(time.Hour)
		stop()
		if len(wakeups.got) != 2 || wakeups.got[0].at != 4*time.Second || wakeups.got[1].at != 5*time.Second {
			t.Errorf("got %+v, want one wake-up at 4s and one at 5s", wakeups.got)
		}
	})
}

// A wake-up that comes while one of the same run is being handled must not be swallowed:
// the handler may have looked already.
func TestLocalKeepsWakeupsThatComeDuringHandling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		m := message()
		wakeups.then = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			if len(wakeups.got) == 1 {
				send(t, q, m, 0)
			}
			return events.SQSEventResponse{}, nil
		}
		send(t, q, m, 0)
		time.Sleep(time.Hour)
		stop()
		if len(wakeups.got) != 2 {
			t.Errorf("handled %d times, want 2", len(wakeups.got))
		}
	})
}

func TestLocalRetriesThenDeadLetters(t *testing.T) {
	fail := map[string]func(events.SQSEvent) (events.SQSEventResponse, error){
		"error": func(events.SQSEvent) (events.SQSEventResponse, error) {
			return events.SQSEventResponse{}, errors.New("broken")
		},
		"panic": func(events.SQSEvent) (events.SQSEventResponse, error) { panic("broken") },
		"item": func(e events.SQSEvent) (events.SQSEventResponse, error) {
			return failItems(e.Records[0].MessageId), nil
		},
		"unknown item": func(events.SQSEvent) (events.SQSEventResponse, error) { return failItems("nonsense"), nil },
	}
	for name, answer := range fail {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := wake.NewLocal(wake.LocalOptions{MaxReceives: 3, VisibilityTimeout: 40 * time.Second, Timeout: 10 * time.Second, Logger: quiet()})
				wakeups, dead, stop := start(t, q)
				wakeups.then = func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) { return answer(e) }
				dead.then = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
					if len(dead.got) == 1 {
						panic("a dead letter is not lost either")
					}
					return events.SQSEventResponse{}, nil
				}
				m := message()
				send(t, q, m, 0)
				time.Sleep(time.Hour)
				stop()

				var got []string
				for _, r := range wakeups.got {
					got = append(got, fmt.Sprint(r.at, " #", r.count))
				}
				if want := []string{"0s #1", "40s #2", "1m20s #3"}; !slices.Equal(got, want) {
					t.Errorf("receives %v, want %v", got, want)
				}
				if len(dead.got) != 2 || dead.got[0].run != m.ID || dead.got[0].at != 2*time.Minute {
					t.Errorf("dead letters %+v, want the run's at 2m, twice", dead.got)
				}
				for _, r := range dead.got {
					if r.sent != 0 || r.id != wakeups.got[0].id {
						t.Errorf("dead letter %+v, want the message that was sent at 0s", r)
					}
				}
			})
		})
	}
}

func failItems(ids ...string) (resp events.SQSEventResponse) {
	for _, id := range ids {
		resp.BatchItemFailures = append(resp.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return resp
}

func TestLocalRetriesOnlyFailedItemsOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{BatchSize: 3, Logger: quiet()})
		bad := message()
		var sizes []int
		wakeups, _, stop := start(t, q)
		var mu sync.Mutex
		wakeups.then = func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			mu.Lock()
			defer mu.Unlock()
			sizes = append(sizes, len(e.Records))
			var resp events.SQSEventResponse
			for _, r := range e.Records {
				var m run.Ref
				if json.Unmarshal([]byte(r.Body), &m) == nil && m == bad && r.Attributes["ApproximateReceiveCount"] == "1" {
					resp = failItems(r.MessageId)
				}
			}
			return resp, nil
		}
		for _, m := range []run.Ref{message(), bad, message(), message()} {
			send(t, q, m, time.Second) // all of them visible at one moment
		}
		time.Sleep(time.Hour)
		stop()
		slices.Sort(sizes)
		if !slices.Equal(sizes, []int{1, 1, 3}) {
			t.Errorf("batch sizes %v, want 3 and 1, then 1 again for the one that failed", sizes)
		}
		count := map[uuid.UUID]int{}
		for _, r := range wakeups.got {
			count[r.run]++
		}
		for run, n := range count {
			if want := map[bool]int{false: 1, true: 2}[run == bad.ID]; n != want {
				t.Errorf("run %s received %d times, want %d", run, n, want)
			}
		}
	})
}

func TestLocalHandlerOverrunsVisibility(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{Timeout: time.Minute, VisibilityTimeout: 10 * time.Second})
		wakeups, dead, stop := start(t, q)
		wakeups.then = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			wakeups.mu.Lock()
			n := len(wakeups.got)
			wakeups.mu.Unlock()
			if n == 1 {
				time.Sleep(15 * time.Second)
			}
			return events.SQSEventResponse{}, nil
		}
		send(t, q, message(), 0)
		time.Sleep(time.Hour)
		stop()
		if len(wakeups.got) != 2 || wakeups.got[1].at != 10*time.Second || len(dead.got) != 0 {
			t.Errorf("receives %+v, dead %+v; want a second receive at 10s and no more", wakeups.got, dead.got)
		}
	})
}

func TestLocalBoundsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{Concurrency: 3})
		var mu sync.Mutex
		var now, most int
		wakeups, _, stop := start(t, q)
		wakeups.then = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return events.SQSEventResponse{}, nil
		}
		for range 10 {
			send(t, q, message(), 0)
		}
		time.Sleep(time.Hour)
		stop()
		if most != 3 || len(wakeups.got) != 10 || wakeups.got[9].at != 3*time.Second {
			t.Errorf("%d at once, %d handled, the last at %s; want 3, 10, 3s", most, len(wakeups.got), wakeups.got[len(wakeups.got)-1].at)
		}
	})
}

func TestLocalTimeoutEndsTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{Timeout: 7 * time.Second})
		wakeups, _, stop := start(t, q)
		var took time.Duration
		wakeups.then = func(ctx context.Context, _ events.SQSEvent) (events.SQSEventResponse, error) {
			<-ctx.Done()
			took = time.Since(wakeups.start)
			return events.SQSEventResponse{}, nil
		}
		send(t, q, message(), 0)
		time.Sleep(time.Minute)
		stop()
		if took != 7*time.Second {
			t.Errorf("the context ended after %s, want 7s", took)
		}
	})
}

func TestLocalStopWaitsForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		wakeups.then = func(ctx context.Context, _ events.SQSEvent) (events.SQSEventResponse, error) {
			<-ctx.Done()
			time.Sleep(5 * time.Second) // commits what it has
			return events.SQSEventResponse{}, nil
		}
		send(t, q, message(), 0)
		send(t, q, message(), time.Minute)
		synctest.Wait()
		begin := time.Now()
		stop()
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("stop took %s, want 5s", took)
		}
		if len(wakeups.got) != 1 {
			t.Errorf("%d handled, want 1", len(wakeups.got))
		}
	})
}
