package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A faultyClient sends the requests of a client, unless refuse says not to.
type faultyClient struct {
	http.Client
	mu sync.Mutex
	// lost is asked before each request, and after it has a response, for the name of the operation.
	lost func(operation string, sent bool) bool
}

var errLost = errors.New("lost")

func (c *faultyClient) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if c.isLost(operation, false) {
		return nil, errLost
	}
	res, err := c.Client.Do(r)
	if err == nil && c.isLost(operation, true) {
		res.Body.Close()
		return nil, errLost
	}
	return res, err
}

func (c *faultyClient) isLost(operation string, sent bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost(operation, sent)
}

// sendOnce makes a client send its requests with c and attempt each one once.
func sendOnce(c dynamodb.HTTPClient) func(*dynamodb.Options) {
	return func(o *dynamodb.Options) { o.HTTPClient, o.Retryer = c, aws.NopRetryer{} }
}

// withoutPublishing returns the store of a worker that dies before it publishes a commit.
func withoutPublishing(s *store.Store) *store.Store {
	c := &faultyClient{lost: func(operation string, _ bool) bool { return operation == "UpdateItem" }}
	return s.WithClient(sendOnce(c))
}

func unpublished(t *testing.T, s *store.Store, l *run.Lease) (parts []string) {
	t.Helper()
	for part, err := range s.Unpublished(t.Context(), l) {
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(part.Data))
	}
	return parts
}

// A worker dies after it stored the parts of a commit. They are not in the log until the next
// worker commits them, and then the dead worker's commit can no longer succeed.
func TestPartsThatWereNotPublished(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	dead := acquire(t, s, acme, r.ID, "dead")
	commit(t, s, dead, "one")
	lost := crawllog.Commit{Parts: [][]byte{[]byte("two"), []byte("three")}, Progress: run.Progress{URLsFetched: 3}}
	wantKind(t, withoutPublishing(s).Commit(ctx, dead, lost), fault.Unavailable)
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"one"})
	if got, err := s.Run(ctx, runRef(r.ID)); err != nil || got.Progress.URLsFetched != 1 {
		t.Errorf("the progress is %+v, %v", got.Progress, err)
	}

	if err := s.Release(ctx, dead, run.Handover{WakeAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	next := acquire(t, s, acme, r.ID, "next")
	wantEqual(t, unpublished(t, s, next), []string{"two", "three"})
	wantKind(t, s.Commit(ctx, next, crawllog.Commit{Parts: [][]byte{[]byte("other")}}), fault.Conflict)
	for i, part := range []string{"two", "three"} {
		adopted := crawllog.Commit{Parts: [][]byte{[]byte(part)}, Stored: 1, Progress: run.Progress{URLsFetched: int64(i + 2)}}
		if err := s.Commit(ctx, next, adopted); err != nil {
			t.Fatal(err)
		}
		wantKind(t, s.Commit(ctx, dead, lost), fault.Conflict)
	}
	commit(t, s, next, "four")
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"one", "two", "three", "four"})
	wantEqual(t, unpublished(t, s, next), []string(nil))
}

// What was not published when a run was stopped is never recorded, and is deleted with the run.
func TestUnpublishedPartsOfARunThatEnded(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	ref := runRef(r.ID)
	l := acquire(t, s, acme, r.ID, "w")
	kept := &crawllog.Outcome{
		URL: "https://example.com/", Status: crawllog.OK, OccurredAt: time.Now(),
		Artifacts: []crawllog.Artifact{{Location: crawllog.Location{Object: "o", Length: 1}}},
	}
	c := crawllog.Commit{Parts: crawllog.Encode([]crawllog.Record{kept}), Progress: run.Progress{URLsFetched: 1}}
	wantKind(t, withoutPublishing(s).Commit(ctx, l, c), fault.Unavailable)
	stopped := transition(t, s, acme, r.ID, run.Stop)
	wantKind(t, s.Commit(ctx, l, c), fault.Conflict)
	if entries, err := s.LogEntries(ctx, ref, crawllog.Filter{}, paging.Request{Limit: 10}); err != nil || len(entries.Items) > 0 {
		t.Errorf("the log has %v, %v", entries.Items, err)
	}
	_, err := s.Artifact(ctx, acme, artifact.ID{Run: r.ID, Place: crawllog.Place{Part: 1}})
	wantKind(t, err, fault.NotFound)
	if stopped.Progress.URLsFetched != 0 {
		t.Errorf("the stopped run has the progress %+v", stopped.Progress)
	}
	if err := s.DeleteRun(ctx, ref, nil); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Purge(ctx, ref, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if n, err := s.ItemsOf(ctx, ref); n > 0 || err != nil {
		t.Errorf("%d items are left, %v", n, err)
	}
}

// The worker of a deleted run stores a part after the purge. It deletes the part when it cannot
// publish it. If it dies before that, a new run with the same id ignores the part.
func TestPartsOfADeletedRun(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	ref := runRef(r.ID)
	l := acquire(t, s, acme, r.ID, "w")
	commit(t, s, l, "one")
	if err := s.DeleteRun(ctx, ref, nil); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Purge(ctx, ref, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	late := crawllog.Commit{Parts: [][]byte{[]byte("late")}}
	wantKind(t, s.Commit(ctx, l, late), fault.Conflict)
	if n, err := s.ItemsOf(ctx, ref); n > 0 || err != nil {
		t.Errorf("%d items are left, %v", n, err)
	}
	wantKind(t, withoutPublishing(s).Commit(ctx, l, late), fault.Unavailable)
	if _, err := s.CreateRun(ctx, jobRef(j.ID), r.ID, nil); err != nil {
		t.Fatal(err)
	}
	transition(t, s, acme, r.ID, run.Start)
	next := acquire(t, s, acme, r.ID, "w")
	commit(t, s, next, "first")
	wantEqual(t, unpublished(t, s, next), []string(nil)) // "late" would be the second part
	commit(t, s, next, "second")
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"first", "second"})
}

// Any request of a commit is lost, or its response, and the commit is attempted again. It is
// recorded once, with its numbers.
func TestAttemptsOfACommit(t *testing.T) {
	for _, sent := range []bool{false, true} {
		for lost := 0; ; lost++ {
			s := storetest.New(t)
			m := newNumbersModel(t, s, 1)
			for range 3 { // the next one moves the numbers first
				m.commit(false, m.records(20, false))
			}
			left := lost
			c := &faultyClient{lost: func(_ string, responded bool) bool {
				if responded == sent {
					left--
				}
				return responded == sent && left == -1
			}}
			records := m.records(1500, false)
			commit := crawllog.Commit{Parts: crawllog.Encode(records), Records: records}
			err := s.WithClient(sendOnce(c)).Commit(t.Context(), m.lease, commit)
			if left >= 0 {
				if err != nil || lost < 4 {
					t.Fatalf("a commit of %d requests: %v", lost, err)
				}
				break
			}
			if err != nil {
				wantKind(t, err, fault.Unavailable)
				err = s.Commit(t.Context(), m.lease, commit)
			}
			if err != nil {
				t.Fatalf("the second attempt after the loss of request %d (response %t): %v", lost, sent, err)
			}
			m.log = append(m.log, records)
			m.check(s)
			if got := len(readLog(t, s, acme, m.lease.Ref.ID)); got != len(m.log) {
				t.Errorf("the log has %d parts, want %d", got, len(m.log))
			}
		}
	}
}

// Workers that die between any two requests of a commit neither lose nor double a part.
func TestWorkersDieWithinCommits(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	recorded := 0
	for life := range 30 {
		left := life % 5
		c := &faultyClient{lost: func(_ string, sent bool) bool {
			if sent == (life%2 == 0) {
				left--
			}
			return left < 0
		}}
		l := acquire(t, s, acme, r.ID, fmt.Sprint("worker ", life))
		for _, part := range unpublished(t, s, l) {
			if err := s.Commit(t.Context(), l, crawllog.Commit{Parts: [][]byte{[]byte(part)}, Stored: 1}); err != nil {
				t.Fatal(err)
			}
		}
		parts := readLog(t, s, acme, r.ID)
		if len(parts) < recorded || int64(len(parts)) != l.Seq {
			t.Fatalf("%d parts are left of %d, and the lease has %d", len(parts), recorded, l.Seq)
		}
		recorded = len(parts)
		commit := crawllog.Commit{Parts: [][]byte{fmt.Appendf(nil, "%d, first", life), fmt.Appendf(nil, "%d, second", life)}}
		if err := s.WithClient(sendOnce(c)).Commit(context.WithoutCancel(t.Context()), l, commit); err == nil {
			recorded += 2
		}
		if err := s.Release(t.Context(), l, run.Handover{WakeAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	parts := readLog(t, s, acme, r.ID)
	if sorted := slices.Sorted(slices.Values(parts)); len(slices.Compact(sorted)) != len(parts) {
		t.Errorf("a part is recorded twice: %q", parts)
	}
	if len(parts) < 20 || len(parts) == 60 {
		t.Errorf("%d parts are recorded", len(parts))
	}
}

// A commit succeeds and its response is lost. After the next attempt the worker knows when its lease
// ends: until then no other worker acquires it, and not only until the end that the attempt chose.
func TestLeaseAfterALostResponse(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	r := createRunIn(t, s, acme, createJob(t, s, acme, plainConfig).ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	c := &faultyClient{lost: func(operation string, sent bool) bool { return sent && operation == "UpdateItem" }}
	one := crawllog.Commit{Parts: [][]byte{[]byte("one")}}
	now.Advance(l.TTL/2 - time.Second) // no commit extends the lease yet
	wantKind(t, s.WithClient(sendOnce(c)).Commit(ctx, l, one), fault.Unavailable)
	now.Advance(2 * time.Second)
	if err := s.Commit(ctx, l, one); err != nil {
		t.Fatal(err)
	}
	now.Advance(l.Until.Sub(now.Now()) - time.Second)
	_, err := s.Acquire(ctx, runRef(r.ID), "other", l.TTL)
	wantKind(t, err, fault.Conflict)
}
