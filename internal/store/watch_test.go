package store_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/watch"
)

// Every write that changes what a run is, or adds to its log, is published to the subscriptions of
// the run.
func TestHub(t *testing.T) {
	ctx := t.Context()
	var hub watch.Hub
	s := storetest.New(t, store.WithHub(&hub))
	j := createJob(t, s, acme, plainConfig)
	subscribe := func(t *testing.T, id uuid.UUID) *watch.Subscription {
		sub := hub.Subscribe(runRef(id), watch.Commits)
		t.Cleanup(sub.Close)
		return sub
	}
	t.Run("transitions", func(t *testing.T) {
		r := createRun(t, s, acme, j.ID)
		sub := subscribe(t, r.ID)
		for _, a := range []run.Action{run.Start, run.Pause, run.Resume, run.Stop} {
			transition(t, s, acme, r.ID, a)
			if !sub.Take().Changed {
				t.Errorf("%s is not published", a)
			}
		}
		transition(t, s, acme, r.ID, run.Stop) // it changes nothing
		if sub.Take().Changed {
			t.Error("a stop of a finished run is published")
		}
		if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil || !sub.Take().Changed {
			t.Errorf("the deletion is not published (%v)", err)
		}
	})
	t.Run("the end of a crawl", func(t *testing.T) {
		r := createRunIn(t, s, acme, j.ID, run.Running)
		sub := subscribe(t, r.ID)
		if _, err := s.Finish(ctx, acquire(t, s, acme, r.ID, "w"), run.MaxURLs); err != nil || !sub.Take().Changed {
			t.Errorf("it is not published (%v)", err)
		}
	})
	t.Run("commits", func(t *testing.T) {
		r := createRunIn(t, s, acme, j.ID, run.Running)
		l := acquire(t, s, acme, r.ID, "w")
		outcome := func(url string) crawllog.Record {
			return &crawllog.Outcome{URL: url, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: l.Until}
		}
		add := func(want bool, records ...crawllog.Record) {
			t.Helper()
			c := crawllog.Commit{Parts: crawllog.Encode(records), Progress: run.Progress{URLsFetched: l.Seq + 1}}
			if err := s.Commit(ctx, l, c); (err == nil) != want {
				t.Fatalf("commit: %v", err)
			}
		}
		add(true, outcome("http://example.com/before"))
		sub := subscribe(t, r.ID)
		add(true, outcome("http://example.com/a"), &crawllog.SeedsRead{}, outcome("http://example.com/b"))
		n := sub.Take()
		if len(n.Entries) != 2 || n.Entries[1].URL != "http://example.com/b" || n.Entries[1].Place != (crawllog.Place{Part: 2, Index: 1}) ||
			n.Progress == nil || n.Progress.URLsFetched != 2 || n.Skipped != 0 || n.Changed || n.Committing {
			t.Errorf("the news are %+v", n)
		}
		commit(t, s, l) // extends the lease
		if n := sub.Take(); n.Progress != nil {
			t.Errorf("a commit without parts is published: %+v", n)
		}
		transition(t, s, acme, r.ID, run.Stop)
		sub.Take()
		add(false, outcome("http://example.com/late"))
		if n := sub.Take(); n.Progress != nil || n.Entries != nil || n.Committing {
			t.Errorf("a commit that failed is published: %+v", n)
		}
	})
}

// A conflictClient says that the first transaction conflicted with another one, although it took
// effect: an earlier attempt, whose response was lost, may have been in progress.
type conflictClient struct {
	http.Client
	told bool
}

func (c *conflictClient) Do(r *http.Request) (*http.Response, error) {
	res, err := c.Client.Do(r)
	if err != nil || c.told || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") {
		return res, err
	}
	c.told = true
	res.Body.Close()
	const body = `{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": [{"Code": "TransactionConflict"}]}`
	return &http.Response{
		StatusCode: http.StatusBadRequest, Request: r, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
	}, nil
}

// A change is published even if the write seemed to fail, and is found done when it is attempted
// again.
func TestHubAfterAConflict(t *testing.T) {
	var hub watch.Hub
	s := storetest.New(t, store.WithHub(&hub))
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	sub := hub.Subscribe(runRef(r.ID), watch.Status)
	defer sub.Close()
	c := new(conflictClient)
	conflicting := s.WithClient(sendOnce(c))
	if got, _, err := conflicting.Transition(t.Context(), runRef(r.ID), run.Pause, nil); err != nil || got.Status != run.Paused || !c.told {
		t.Fatal(got.Status, err)
	}
	if !sub.Take().Changed {
		t.Error("the pause is not published")
	}
}
