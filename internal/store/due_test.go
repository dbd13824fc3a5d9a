package store_test

import (
	"testing"
	"time"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// Due returns the runs of all tenants, the longest due first.
func TestDueOrder(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	var want []run.Ref
	for i := range 30 {
		owner := acme
		if i%2 == 1 {
			owner = rival
		}
		now.Advance(time.Second)
		r := createRun(t, s, owner, createJob(t, s, owner, plainConfig).ID)
		want = append(want, run.Ref{Tenant: owner, ID: r.ID})
	}
	got, err := s.Due(t.Context(), now.Now(), 20)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, want[:20])
	if got, err = s.Due(t.Context(), now.Now().Add(-15*time.Second), 100); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, want[:15])
}
