// This file has all tests of the queue within the process, one for each rule, and so exceeds 300
// lines.

package wake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// A call is one call of a handler. Times are relative to the start of the test.
type call struct {
	at, sent time.Duration
	run      run.Ref
}

// A recorder is a handler that records its calls and returns what then returns.
type recorder struct {
	start time.Time
	then  func(ctx context.Context) error // nil: success

	mu    sync.Mutex
	calls []call
}

func (r *recorder) handle(ctx context.Context, d wake.Delivery) error {
	r.mu.Lock()
	r.calls = append(r.calls, call{at: time.Since(r.start), sent: d.Sent.Sub(r.start), run: d.Run})
	r.mu.Unlock()
	if r.then == nil {
		return nil
	}
	return r.then(ctx)
}

// count returns how many calls there were.
func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

// start runs the queue in a bubble of synctest, where time passes when all goroutines wait. It
// returns the recorders of both handlers and a function that stops the queue.
func start(t *testing.T, q *wake.Local) (wakeups, dead *recorder, stop func()) {
	t.Helper()
	wakeups, dead = &recorder{start: time.Now()}, &recorder{start: time.Now()}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.Run(ctx, wakeups.handle, dead.handle)
	}()
	return wakeups, dead, func() { cancel(); <-done }
}

func send(t *testing.T, q *wake.Local, ref run.Ref, delay time.Duration) {
	t.Helper()
	if err := q.Send(t.Context(), ref, delay); err != nil {
		t.Fatal(err)
	}
}

func newRef() run.Ref { return run.Ref{Tenant: "acme", ID: uuid.New()} }

func TestLocalDeliversAfterTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		late, soon, past := newRef(), newRef(), newRef()
		send(t, q, late, time.Hour) // longer than SQS can wait
		send(t, q, soon, 3*time.Second)
		send(t, q, past, -time.Second)
		time.Sleep(2 * time.Hour)
		stop()
		want := []call{{at: 0, run: past}, {at: 3 * time.Second, run: soon}, {at: wake.MaxDelay, run: late}}
		if !slices.Equal(wakeups.calls, want) {
			t.Errorf("got %+v, want %+v", wakeups.calls, want)
		}
	})
}

func TestLocalCoalescesWaitingWakeups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		a := newRef()
		b := run.Ref{Tenant: tenant.ID("other"), ID: a.ID} // another run: ids are unique within a tenant only
		for _, delay := range []time.Duration{9 * time.Second, 4 * time.Second, 20 * time.Second} {
			send(t, q, a, delay)
		}
		send(t, q, b, 5*time.Second)
		time.Sleep(time.Hour)
		stop()
		want := []call{{at: 4 * time.Second, run: a}, {at: 5 * time.Second, run: b}}
		if !slices.Equal(wakeups.calls, want) {
			t.Errorf("got %+v, want %+v", wakeups.calls, want)
		}
	})
}

// A wake-up of an export is neither one of its run nor one of another export.
func TestLocalKeepsExportsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		ref, a, b := newRef(), uuid.New(), uuid.New()
		var got []uuid.UUID
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			q.Run(ctx, func(_ context.Context, d wake.Delivery) error { got = append(got, d.Export); return nil }, nil)
		}()
		send(t, q, ref, time.Second)
		for i, id := range []uuid.UUID{a, b, a} {
			if err := q.SendExport(t.Context(), ref, id, time.Duration(i+2)*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		cancel()
		<-done
		if want := []uuid.UUID{uuid.Nil, a, b}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// A wake-up that is sent while one of the same run is handled must be delivered: the handler may
// have read the run's state before it changed.
func TestLocalKeepsWakeupsSentDuringACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		ref := newRef()
		wakeups.then = func(context.Context) error {
			if wakeups.count() == 1 {
				send(t, q, ref, 0)
			}
			return nil
		}
		send(t, q, ref, 0)
		time.Sleep(time.Hour)
		stop()
		if wakeups.count() != 2 {
			t.Errorf("handled %d times, want 2", wakeups.count())
		}
	})
}

func TestLocalRetriesThenDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{MaxAttempts: 3, RetryDelay: 40 * time.Second, Timeout: 10 * time.Second})
		wakeups, dead, stop := start(t, q)
		wakeups.then = func(context.Context) error { return errors.New("broken") }
		dead.then = func(context.Context) error {
			if dead.count() == 1 {
				return errors.New("a dead letter is not lost either")
			}
			return nil
		}
		ref := newRef()
		send(t, q, ref, 0)
		time.Sleep(time.Hour)
		stop()
		attempts := []call{{at: 0, run: ref}, {at: 40 * time.Second, run: ref}, {at: 80 * time.Second, run: ref}}
		if !slices.Equal(wakeups.calls, attempts) {
			t.Errorf("attempts %+v, want %+v", wakeups.calls, attempts)
		}
		letters := []call{{at: 2 * time.Minute, run: ref}, {at: 2*time.Minute + 40*time.Second, run: ref}}
		if !slices.Equal(dead.calls, letters) {
			t.Errorf("dead letters %+v, want %+v, both sent at 0s", dead.calls, letters)
		}
	})
}

func TestLocalRetriesOnlyWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		failed := false
		var mu sync.Mutex
		wakeups.then = func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			if !failed {
				failed = true
				return errors.New("broken")
			}
			return nil
		}
		for range 4 {
			send(t, q, newRef(), time.Second)
		}
		time.Sleep(time.Hour)
		stop()
		if wakeups.count() != 5 {
			t.Errorf("%d calls for 4 wake-ups of which one failed once, want 5", wakeups.count())
		}
	})
}

// However many runs are being handled, the next one does not wait.
func TestLocalHasNoBoundOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		wakeups.then = func(ctx context.Context) error { <-ctx.Done(); return nil }
		const runs = 1000
		for range runs {
			send(t, q, newRef(), 0)
		}
		synctest.Wait()
		if wakeups.count() != runs {
			t.Errorf("%d calls in progress, want %d", wakeups.count(), runs)
		}
		stop()
	})
}

// Wake-ups that are sent while their run is handled become one call after that call, and do not keep
// the wake-ups of other runs.
func TestLocalHandlesARunOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		wakeups.then = func(context.Context) error { time.Sleep(10 * time.Second); return nil }
		busy, other := newRef(), newRef()
		send(t, q, busy, 0)
		for range 3 {
			time.Sleep(time.Second)
			send(t, q, busy, 0)
		}
		send(t, q, other, time.Second)
		time.Sleep(time.Hour)
		stop()
		want := []call{{at: 0, run: busy}, {at: 4 * time.Second, sent: 3 * time.Second, run: other}, {at: 10 * time.Second, sent: time.Second, run: busy}}
		if !slices.Equal(wakeups.calls, want) {
			t.Errorf("got %+v, want %+v", wakeups.calls, want)
		}
	})
}

// A sweep sends a wake-up of a due run again and again. While its calls fail, they do not add up.
func TestLocalKeepsOneFailedWakeupOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{MaxAttempts: 2, RetryDelay: time.Minute})
		wakeups, dead, stop := start(t, q)
		wakeups.then = func(context.Context) error { return errors.New("broken") }
		ref := newRef()
		for range 30 {
			send(t, q, ref, 0)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		stop()
		if wakeups.count() != 31 || len(dead.calls) != 1 || dead.calls[0].sent != 0 {
			t.Errorf("%d calls and the dead letters %+v; want the first wake-up twice, the others once, and one letter",
				wakeups.count(), dead.calls)
		}
	})
}

// Runs that began together are not handed over together.
func TestLocalTimeoutEndsTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 10 * time.Second
		q := wake.NewLocal(wake.LocalOptions{Timeout: timeout})
		wakeups, _, stop := start(t, q)
		var mu sync.Mutex
		var took []time.Duration
		wakeups.then = func(ctx context.Context) error {
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(wakeups.start))
			return nil
		}
		const calls = 200
		for range calls {
			send(t, q, newRef(), 0)
		}
		time.Sleep(time.Minute)
		stop()
		first, last := slices.Min(took), slices.Max(took)
		if len(took) != calls || first < timeout/2 || first > timeout*6/10 || last > timeout || last < timeout*9/10 {
			t.Errorf("%d contexts ended after %s to %s, want about half of %s to all of it", len(took), first, last, timeout)
		}
	})
}

func TestLocalStopWaitsForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := wake.NewLocal(wake.LocalOptions{})
		wakeups, _, stop := start(t, q)
		wakeups.then = func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(5 * time.Second) // commits what it has
			return nil
		}
		send(t, q, newRef(), 0)
		send(t, q, newRef(), time.Minute)
		synctest.Wait()
		began := time.Now()
		stop()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("stop took %s, want 5s", took)
		}
		if wakeups.count() != 1 {
			t.Errorf("%d handled, want 1", wakeups.count())
		}
	})
}

func TestDecode(t *testing.T) {
	ref := newRef()
	if got, err := wake.Decode(fmt.Sprintf(`{"tenant":"acme","run_id":%q}`, ref.ID)); err != nil || got != (wake.Delivery{Run: ref}) {
		t.Errorf("got %v, %v; want %v", got, err, ref)
	}
	for _, want := range []wake.Delivery{{Run: ref}, {Run: ref, Export: uuid.New()}} {
		body, err := wake.Encode(want)
		got, err2 := wake.Decode(body)
		if err != nil || err2 != nil || got != want {
			t.Errorf("%s: got %v, %v, %v; want %v", body, got, err, err2, want)
		}
		// An earlier version takes a message about an export for one about the run.
		var old run.Ref
		if err := json.Unmarshal([]byte(body), &old); err != nil || old != ref {
			t.Errorf("%s: an earlier version reads %v, %v", body, old, err)
		}
	}
	for _, body := range []string{
		"", "{}", "[]", `{"tenant":"a#b","run_id":"` + uuid.NewString() + `"}`, `{"tenant":"acme","run_id":"x"}`,
		`{"tenant":"acme","run_id":"` + uuid.NewString() + `","export_id":"x"}`,
	} {
		if got, err := wake.Decode(body); err == nil {
			t.Errorf("%q names %v, want an error", body, got)
		}
	}
}
