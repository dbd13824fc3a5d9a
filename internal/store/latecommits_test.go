package store_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// The worker of a deleted run stores a part while a purge may have passed it. Nothing of it is left.
func TestPartsStoredDuringAPurge(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	commit(t, s, l, "one")
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	before, err := s.ItemsOf(ctx, runRef(r.ID))
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.Commit(ctx, l, crawllog.Commit{Parts: [][]byte{[]byte("two"), []byte("three")}}), fault.Conflict)
	if n, err := s.ItemsOf(ctx, runRef(r.ID)); n != before || err != nil {
		t.Errorf("%d items are left, want %d; %v", n, before, err)
	}
}

// The worker of a deleted run is late, and a new run with the same id has recorded parts. They stay.
func TestALateWorkerKeepsThePartsOfANewRun(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	ref := runRef(r.ID)
	late := acquire(t, s, acme, r.ID, "w")
	if err := s.DeleteRun(ctx, ref, nil); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Purge(ctx, ref, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if _, err := s.CreateRun(ctx, jobRef(j.ID), r.ID, nil); err != nil {
		t.Fatal(err)
	}
	transition(t, s, acme, r.ID, run.Start)
	commit(t, s, acquire(t, s, acme, r.ID, "w"), "new")
	wantKind(t, s.Commit(ctx, late, crawllog.Commit{Parts: [][]byte{[]byte("late")}}), fault.Conflict)
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"new"})
}

// A transaction that moves the numbers is taken for lost, and arrives between the reads of the next
// attempt. No outcome is counted twice.
func TestNumbersMovedByALateRequest(t *testing.T) {
	s := storetest.New(t)
	m := newNumbersModel(t, s, 1)
	m.step = time.Minute
	c := &lateClient{}
	for n := 0; !c.arrived; n++ {
		if n > 100 {
			t.Fatal("the total is never written")
		}
		c = &lateClient{}
		records := m.records(60, false)
		commit := crawllog.Commit{Parts: crawllog.Encode(records), Records: records}
		err := s.WithClient(sendOnce(c)).Commit(t.Context(), m.lease, commit)
		if err != nil {
			wantKind(t, err, fault.Unavailable)
			err = s.WithClient(sendOnce(c)).Commit(t.Context(), m.lease, commit)
		}
		if err != nil {
			t.Fatal(err)
		}
		m.log = append(m.log, records)
	}
	m.check(s)
}

// A lateClient loses the first transaction. It arrives before the second piece of the numbers is
// read after that.
type lateClient struct {
	http.Client
	held    *http.Request
	reads   int // since then
	arrived bool
}

func (c *lateClient) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch {
	case operation == "TransactWriteItems" && c.held == nil:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.held = r.Clone(context.Background())
		c.held.Body = io.NopCloser(bytes.NewReader(body))
		return nil, errLost
	case operation == "GetItem" && c.held != nil:
		if c.reads++; c.reads == 2 {
			res, err := c.Client.Do(c.held)
			if err != nil {
				return nil, err
			}
			res.Body.Close()
			c.arrived = true
		}
	}
	return c.Client.Do(r)
}

// A forged cursor of the list of artifacts reaches nothing that was not published.
func TestForgedCursorOfArtifacts(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	r := createRunIn(t, s, acme, createJob(t, s, acme, keepConfig).ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	for n, publishing := range []*store.Store{s, withoutPublishing(s)} {
		kept := &crawllog.Outcome{
			URL: "https://example.com/", Status: crawllog.OK, OccurredAt: time.Now(),
			Artifacts: []crawllog.Artifact{{Location: crawllog.Location{Object: "o", Offset: int64(n), Length: 1}}},
		}
		err := publishing.Commit(ctx, l, crawllog.Commit{Parts: crawllog.Encode([]crawllog.Record{kept})})
		if publishing == s && err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[crawllog.Place]int{{Part: 1, Index: 1}: 1, {Part: 2}: 1, {Part: 2, Index: 1}: -1, {Part: 3}: -1, {Part: 4}: -1} {
		page := paging.Request{Limit: 10, Cursor: store.ForgedArtifactCursor(acme, r, at)}
		got, err := s.Artifacts(ctx, acme, artifact.Filter{}, page)
		switch {
		case want < 0:
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%v: %d artifacts, %v", at, len(got.Items), err)
			}
		case err != nil || len(got.Items) != want:
			t.Errorf("%v: %d artifacts, %v", at, len(got.Items), err)
		}
	}
}
