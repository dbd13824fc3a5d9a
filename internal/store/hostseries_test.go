package store_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// expectHosts compares a series with the fold of the log for the hosts. It makes as many requests
// as it takes, each to another process, and returns how many that were.
func (m *numbersModel) expectHosts(process func() *store.Store, hosts ...string) (requests int) {
	m.t.Helper()
	want := rollup.NewSeries(hosts...)
	for i, records := range m.log {
		want.Add(int64(i+1), records)
	}
	for previous := int64(0); ; {
		requests++
		got, searched, err := process().RunSeries(m.t.Context(), m.lease.Ref, hosts)
		if err != nil {
			m.t.Fatal(err)
		}
		if searched == nil {
			if !bytes.Equal(got.Encode(), want.Encode()) {
				m.t.Fatalf("the series of %v has %+v, want %+v", hosts, got.Total(), want.Total())
			}
			return requests
		}
		if searched.Parts <= previous || searched.Of != m.lease.Seq {
			m.t.Fatalf("%d of %d parts after %d", searched.Parts, searched.Of, previous)
		}
		previous = searched.Parts
	}
}

// Processes that handle one request each continue the series of chosen hosts, however long the log
// is. After that it is read quickly, also while the run goes on, and when items are damaged.
func TestSeriesOfHostsByManyProcesses(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newNumbersModel(t, s, 1)
	for range 20 {
		m.commit(true, m.records(3000, true))
	}
	cold := func() *store.Store { return s.WithoutIndexTime() }
	if n := m.expectHosts(cold, "1.example", "3.example"); n < 2 || n > 5 {
		t.Errorf("%d requests for a log of 2 MB with 100 units each", n)
	}
	for range 3 {
		used.Reset()
		if n := m.expectHosts(cold, "1.example", "3.example"); n != 1 || used.Usage().Read > 24 {
			t.Errorf("it is read again in %d requests with %v units", n, used.Usage().Read)
		}
		m.commit(false, m.records(100, false))
	}
	s.DamageRollups(t.Context(), m.lease.Ref)
	m.expectHosts(cold, "1.example", "3.example")
	used.Reset()
	m.expectHosts(cold, "1.example", "3.example")
	if read := used.Usage().Read; read > 24 {
		t.Errorf("after the damage it is read with %v units", read)
	}
}

// The series of all hosts of a run is that of the run, once its hosts are known.
func TestSeriesOfAllHosts(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newNumbersModel(t, s, 1)
	for range 20 {
		m.commit(false, m.records(3000, true))
	}
	for page := (rollup.HostPage{Searched: &paging.Searched{}}); page.Searched != nil; {
		var err error
		if page, err = s.WithoutIndexTime().RunHosts(t.Context(), m.lease.Ref, rollup.ByHost, paging.Request{Limit: 10}); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for i := range 5 {
		all = append(all, fmt.Sprint(i, ".example"))
	}
	cold := func() *store.Store { return s.WithoutIndexTime() }
	items := s.Rollups(t.Context(), m.lease.Ref)
	for range 3 {
		used.Reset()
		if n := m.expectHosts(cold, all...); n != 1 || used.Usage().Read > 30 {
			t.Errorf("it is read in %d requests with %v units", n, used.Usage().Read)
		}
		m.commit(false, m.records(100, false))
	}
	if n := s.Rollups(t.Context(), m.lease.Ref); n != items {
		t.Errorf("%d items have the numbers of the run, and %d before", n, items)
	}
	m.urls += 5 * 5 // the hosts are the same
	m.host = "other.example"
	m.commit(false, m.records(10, false))
	m.expectHosts(cold, all...)
	m.expectHosts(cold, append(all, "other.example")...)
}

// However many choices of hosts there are, a run has a bounded number of items, and each choice its
// own numbers.
func TestManyChoicesOfHosts(t *testing.T) {
	s := storetest.New(t)
	m := newNumbersModel(t, s, 1)
	for range 3 {
		m.commit(true, m.records(3000, true))
	}
	cold := func() *store.Store { return s.WithIndexOf(100) }
	for i := range 60 {
		m.expectHosts(cold, fmt.Sprint(i%5, ".example"), fmt.Sprint(i, ".none.example"))
	}
	if n := s.Rollups(t.Context(), m.lease.Ref); n < 8 || n > 16 {
		t.Errorf("%d items have the numbers of the run, want at most 16", n)
	}
	// Another tenant's run with the same id has none of them.
	other := newNumbersModelOf(t, s, rival, m.lease.Ref.ID)
	other.expectHosts(cold, "0.example", "0.none.example")
}

// A reader whose item another one replaced stores what it folds later.
func TestReadersThatLostARace(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newNumbersModel(t, s, 1)
	a, b := s.WithIndexOf(100), s.WithIndexOf(100)
	hosts := []string{"1.example"}
	m.commit(true, m.records(3000, true))
	m.expectHosts(func() *store.Store { return a }, hosts...)
	m.commit(true, m.records(3000, true))
	m.expectHosts(func() *store.Store { return b }, hosts...) // continues after a
	for range 2 {
		m.commit(true, m.records(3000, true))
		m.expectHosts(func() *store.Store { return a }, hosts...) // the first one loses to b
	}
	used.Reset()
	m.expectHosts(func() *store.Store { return s.WithIndexOf(100) }, hosts...)
	if read := used.Usage().Read; read > 15 {
		t.Errorf("what the reader folded is read with %v units", read)
	}
}

// newNumbersModelOf returns a model of an empty run of a tenant with the id.
func newNumbersModelOf(t *testing.T, s *store.Store, owner tenant.ID, id uuid.UUID) *numbersModel {
	j := createJob(t, s, owner, plainConfig)
	if _, err := s.CreateRun(t.Context(), job.Ref{Tenant: owner, ID: j.ID}, id, nil); err != nil {
		t.Fatal(err)
	}
	transition(t, s, owner, id, run.Start)
	return &numbersModel{t: t, store: s, lease: acquire(t, s, owner, id, "worker")}
}
