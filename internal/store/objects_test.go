package store_test

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

const keepingConfig = `{"seeds":[{"kind":"static_list","params":{"urls":["http://example.com/"]}}],
	"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"raw"}}],"actions":[{"kind":"to_blob","params":{}}]}]}`

// A run whose configuration keeps artifacts has an entry for them until it is deleted. Other runs
// have none.
func TestEntriesOfArtifacts(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, keepingConfig)
	keeping := createRunIn(t, s, acme, j.ID, run.Running)
	createRun(t, s, acme, createJob(t, s, acme, plainConfig).ID)
	createRun(t, s, rival, createJob(t, s, rival, plainConfig).ID)
	artifacts := func() (keys []string) {
		for _, key := range entriesOf(t, s) {
			if strings.Contains(key, "#BY#ARTIFACTS ") {
				keys = append(keys, key)
			}
		}
		return keys
	}
	if got := artifacts(); len(got) != 1 || !strings.HasSuffix(got[0], keeping.ID.String()) {
		t.Fatalf("the entries are %v", got)
	}
	if l := acquire(t, s, acme, keeping.ID, "w"); !l.CreatedAt.Equal(keeping.CreatedAt) {
		t.Errorf("the lease says that the run was created at %s, not %s", l.CreatedAt, keeping.CreatedAt)
	}
	if err := s.DeleteRun(ctx, runRef(keeping.ID), nil); err != nil {
		t.Fatal(err)
	}
	if got := artifacts(); len(got) != 0 {
		t.Errorf("the deleted run has the entries %v", got)
	}
}

// The run waits to be tidied when it finishes, and is not due before its objects settle.
func TestFinishedRunSettles(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	r := createRunIn(t, s, acme, createJob(t, s, acme, keepingConfig).ID, run.Finished)
	settled := r.FinishedAt.Add(store.SettleTime)
	if isExpired(t, s, settled.Add(-1000), r.ID) || !isExpired(t, s, settled, r.ID) || isDue(t, s, settled, r.ID) {
		t.Error("the run is not due exactly when its objects settle")
	}
}
