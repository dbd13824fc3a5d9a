package store_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestLogOfManyMegabytes(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	want := 0
	for range 4 {
		c := crawllog.Commit{Parts: [][]byte{bytes.Repeat([]byte{7}, 300<<10), bytes.Repeat([]byte{8}, 300<<10)}}
		want += len(c.Parts)
		if err := s.Commit(t.Context(), l, c); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(readLog(t, s, acme, r.ID)); got != want {
		t.Errorf("%d parts, want %d", got, want)
	}
	for range s.LogParts(t.Context(), run.Ref{Tenant: acme, ID: uuid.New()}, 0) {
		t.Error("a run that does not exist has a log")
	}
}

func TestSegments(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	commit(t, s, l, "1", "2", "3", "4", "5")
	lost := *l
	want := []crawllog.Segment{
		{First: 1, Last: 2, Data: []byte("12")},
		{First: 3, Last: 5, Data: []byte("345")},
	}
	for _, seg := range want {
		if err := s.AddSegment(ctx, l, seg); err != nil {
			t.Fatal(err)
		}
	}
	segments := func(after int64) (got []crawllog.Segment) {
		for seg, err := range s.Segments(ctx, runRef(r.ID), after) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, seg)
		}
		return got
	}
	wantEqual(t, segments(0), want)
	wantEqual(t, segments(1), want[1:])
	for name, seg := range map[string]crawllog.Segment{
		"whose last part is before the first": {First: 2, Last: 1, Data: []byte("x")},
		"beyond the log":                      {First: 5, Last: 6, Data: []byte("x")},
		"without data":                        {First: 1, Last: 2},
		"too long":                            {First: 1, Last: 2, Data: bytes.Repeat([]byte{1}, store.MaxLogItemBytes+1)},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.AddSegment(ctx, l, seg); err == nil {
				t.Error("the segment is stored")
			}
		})
	}
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"1", "2", "3", "4", "5"})

	// The run is deleted, and another run gets its id. Nothing of the first run shows in the other.
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.AddSegment(ctx, &lost, want[0]), fault.Conflict)
	if done, err := s.Purge(ctx, runRef(r.ID), time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if _, err := s.CreateRun(ctx, jobRef(j.ID), r.ID, nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.AddSegment(ctx, &lost, want[0]), fault.Conflict)
	if got := segments(0); len(got) > 0 {
		t.Errorf("the new run has segments: %v", got)
	}
}
