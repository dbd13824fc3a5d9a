package store_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

func key(value, request string) *idempotency.Key {
	return &idempotency.Key{Route: "create-run", Value: value, Fingerprint: sha256.Sum256([]byte(request))}
}

// runsOf returns the number of the tenant's runs.
func runsOf(t testing.TB, s *store.Store) int {
	t.Helper()
	page, err := s.Runs(t.Context(), acme, run.Filter{}, paging.Request{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

// For a day, a key creates one run and returns it as it was created, even if it changed since.
func TestKeyCreatesOnce(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	first, err := s.CreateRun(ctx, jobRef(j.ID), uuid.Nil, key("k", "a"))
	if err != nil {
		t.Fatal(err)
	}
	again := func() {
		t.Helper()
		got, err := s.CreateRun(ctx, jobRef(j.ID), uuid.Nil, key("k", "a"))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, first)
	}
	again()
	now.Advance(time.Hour)
	changed := parse(t, `{"speed":{"concurrency":3}}`)
	if _, err := s.UpdateJob(ctx, jobRef(j.ID), job.Patch{Config: &changed}, nil); err != nil {
		t.Fatal(err)
	}
	transition(t, s, acme, first.ID, run.Stop)
	again()
	if err := s.DeleteRun(ctx, runRef(first.ID), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteJob(ctx, jobRef(j.ID), nil); err != nil {
		t.Fatal(err)
	}
	now.Advance(22*time.Hour + 59*time.Minute)
	again()
	if n := runsOf(t, s); n != 0 {
		t.Errorf("%d runs after the delete, want none", n)
	}

	// Another request with the key is refused, even if it would fail anyway.
	_, err = s.CreateRun(ctx, jobRef(j.ID), uuid.Nil, key("k", "b"))
	wantReason(t, err, fault.ReasonIdempotencyKeyReused)

	// After a day the key may be used again, whether DynamoDB has deleted its item or not.
	now.Advance(time.Minute)
	j = createJob(t, s, acme, plainConfig)
	second, err := s.CreateRun(ctx, jobRef(j.ID), uuid.Nil, key("k", "b"))
	if err != nil || second.ID == first.ID {
		t.Fatalf("got the run %v and the error %v, want a new run", second.ID, err)
	}
	first = second
	_, err = s.CreateRun(ctx, jobRef(j.ID), uuid.Nil, key("k", "a"))
	wantReason(t, err, fault.ReasonIdempotencyKeyReused)
}

// Requests of other tenants and routes may use the same key.
func TestKeyIsPerTenantAndRoute(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	other := key("k", "b")
	other.Route = "create-job"
	ids := map[uuid.UUID]bool{}
	for _, owner := range []tenant.ID{"acme", "acme2"} {
		j := createJob(t, s, owner, plainConfig)
		for _, k := range []*idempotency.Key{key("k", string(owner)), other, key("K", string(owner))} {
			r, err := s.CreateRun(ctx, job.Ref{Tenant: owner, ID: j.ID}, uuid.Nil, k)
			if err != nil {
				t.Fatal(err)
			}
			ids[r.ID] = true
		}
	}
	if len(ids) != 6 {
		t.Errorf("%d runs, want 6", len(ids))
	}
}

// A job and its run are created once too, and both are returned as they were created.
func TestKeyCreatesJobOnce(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	given := job.Job{Name: "docs", Labels: map[string]string{"a": "", "b": "2"}}
	k := key("k", "a")
	k.Route = "create-job"
	j, r, err := s.CreateJobAndRun(ctx, acme, given, parse(t, plainConfig), k)
	if err != nil {
		t.Fatal(err)
	}
	name := "other"
	if _, err := s.UpdateJob(ctx, jobRef(j.ID), job.Patch{Name: &name}, nil); err != nil {
		t.Fatal(err)
	}
	transition(t, s, acme, r.ID, run.Start)
	j2, r2, err := s.CreateJobAndRun(ctx, acme, given, parse(t, plainConfig), k)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, j2, j)
	wantEqual(t, r2, r)
	k.Value = "k2"
	plain, err := s.CreateJob(ctx, acme, given, parse(t, plainConfig), k)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.CreateJob(ctx, acme, given, parse(t, plainConfig), k)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, again, plain)
	if n := runsOf(t, s); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
}

// Concurrent requests with one key create one run, even if the caller chooses the id, which without
// the key would be a conflict.
func TestKeyUnderRace(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	for round, id := range []uuid.UUID{uuid.Nil, uuid.New(), uuid.Nil} {
		var mu sync.Mutex
		ids := map[uuid.UUID]bool{}
		succeeded := 0
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				r, err := s.CreateRun(t.Context(), jobRef(j.ID), id, key(strings.Repeat("k", round+1), "a"))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					succeeded++
					ids[r.ID] = true
					return
				}
				wantReason(t, err, fault.ReasonRequestInProgress)
			})
		}
		group.Wait()
		if len(ids) != 1 || succeeded == 0 || runsOf(t, s) != round+1 {
			t.Fatalf("%d requests succeeded with the runs %v, and there are %d runs", succeeded, ids, runsOf(t, s))
		}
	}
}

// If another request uses the key between the read of the key and the write, the request gets the
// result of the other, or is refused if it differs from the other.
func TestKeyUsedConcurrently(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	var other run.Run
	late := s.WithClient(withTransactions(func(next func() error) error {
		var err error
		if other, err = s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, key("k", "a")); err != nil {
			t.Error(err)
		}
		return next()
	}))
	got, err := late.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, key("k", "a"))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, other)
	late = s.WithClient(withTransactions(func(next func() error) error {
		if _, err := s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, key("k2", "a")); err != nil {
			t.Error(err)
		}
		return next()
	}))
	_, err = late.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, key("k2", "b"))
	wantReason(t, err, fault.ReasonIdempotencyKeyReused)
	if n := runsOf(t, s); n != 2 {
		t.Errorf("%d runs, want 2", n)
	}
}

// If a process dies after its write, the next request with the key gets the result. If it dies
// before its write, the next request creates the run.
func TestKeySurvivesACrash(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	died := errors.New("the process died")
	for value, dying := range map[string]*store.Store{
		"after":  s.WithClient(withTransactions(func(next func() error) error { return errors.Join(next(), died) })),
		"before": s.WithClient(withTransactions(func(func() error) error { return died })),
	} {
		t.Run(value+" the write", func(t *testing.T) {
			before := runsOf(t, s)
			// The client gets no response.
			_, _ = dying.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, key(value, "a"))
			first, err := s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, key(value, "a"))
			if err != nil {
				t.Fatal(err)
			}
			again, err := s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, key(value, "a"))
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, again, first)
			if n := runsOf(t, s); n != before+1 {
				t.Errorf("%d runs, want %d", n, before+1)
			}
		})
	}
}

// A request is refused while another request with the key is in progress.
func TestKeyInProgress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") {
			io.WriteString(w, "{}")
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
			"CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}`)
	}))
	defer server.Close()
	_, err := storeAt(server.URL).CreateJob(t.Context(), acme, job.Job{Name: "docs"}, parse(t, plainConfig), key("k", "a"))
	wantReason(t, err, fault.ReasonRequestInProgress)
}
