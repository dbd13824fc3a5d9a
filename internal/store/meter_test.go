package store_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// A meter counts what its own request uses, and not what others use at the same time.
func TestMeterOfARequest(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	var create, get, outer meter.Meter
	all := meter.With(t.Context(), &outer)
	r, err := s.CreateRun(meter.With(all, &create), jobRef(j.ID), uuid.Nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := create.Usage(); got.Write == 0 || got.Read == 0 {
		t.Errorf("a create uses %+v", got)
	}
	if _, err := s.Run(t.Context(), runRef(r.ID)); err != nil { // fills the cache of configurations
		t.Fatal(err)
	}
	const readers = 8
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			if _, err := s.Run(meter.With(all, &get), runRef(r.ID)); err != nil {
				t.Error(err)
			}
			if _, err := s.Run(t.Context(), runRef(r.ID)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	// Two items of at most 4 KB, strongly consistent.
	if got, want := get.Usage(), (meter.Usage{Requests: readers, Read: 2 * readers}); got != want {
		t.Errorf("reads use %+v, want %+v", got, want)
	}
	if got, want := outer.Usage().Read, create.Usage().Read+get.Usage().Read; got != want {
		t.Errorf("the outer meter counted %v read units, want %v", got, want)
	}
}

func TestMeterOfAList(t *testing.T) {
	s := storetest.New(t)
	storeRuns(t, s, acme, makeRuns(uuid.New(), 30, nil))
	var m meter.Meter
	page, err := s.Runs(meter.With(t.Context(), &m), acme, run.Filter{}, paging.Request{Limit: 20})
	if err != nil || len(page.Items) != 20 {
		t.Fatal(len(page.Items), err)
	}
	if got := m.Usage(); got.Read < 1 || got.Write != 0 {
		t.Errorf("a list uses %+v", got)
	}
}
