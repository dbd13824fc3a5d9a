package store_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A numbersModel is a run and the records of its log.
type numbersModel struct {
	t      testing.TB
	store  *store.Store
	lease  *run.Lease
	random *rand.Rand
	at     time.Time
	step   time.Duration // the time between two outcomes, on average
	urls   int
	host   string // of all URLs; empty for five hosts
	log    [][]crawllog.Record
}

func newNumbersModel(t testing.TB, s *store.Store, seed uint64) *numbersModel {
	r := createRunIn(t, s, acme, createJob(t, s, acme, plainConfig).ID, run.Running)
	return &numbersModel{
		t: t, store: s, lease: acquire(t, s, acme, r.ID, "worker"), random: rand.New(rand.NewPCG(seed, 0)), at: began, step: time.Second,
	}
}

// records returns n outcomes.
func (m *numbersModel) records(n int, digests bool) (records []crawllog.Record) {
	for range n {
		m.urls++
		m.at = m.at.Add(time.Duration(m.random.Int64N(int64(2 * m.step)))).Truncate(time.Millisecond)
		o := &crawllog.Outcome{
			URL: fmt.Sprintf("https://%d.example/%d", m.urls%5, m.urls), Step: crawllog.Fetch, Status: crawllog.OK,
			HTTPStatus: []int{200, 200, 200, 404, 503}[m.random.IntN(5)], Bytes: m.random.Int64N(1 << 20), OccurredAt: m.at, Attempt: 1,
			Latency: time.Duration(50+m.random.ExpFloat64()*100) * time.Millisecond,
		}
		if m.host != "" {
			o.URL = fmt.Sprintf("https://%s/%d", m.host, m.urls)
		}
		if digests {
			o.Digest = sha256.Sum256(fmt.Append(nil, m.urls))
		}
		records = append(records, o)
	}
	return append(records, &crawllog.QueueLength{URLs: m.random.Int64N(1000), At: m.at})
}

// commit appends the records to the log. A worker of an earlier version does not fold them.
func (m *numbersModel) commit(earlier bool, records []crawllog.Record) {
	m.t.Helper()
	c := crawllog.Commit{Parts: crawllog.Encode(records), Records: records}
	if earlier {
		c.Records = nil
	}
	if err := m.store.Commit(m.t.Context(), m.lease, c); err != nil {
		m.t.Fatal(err)
	}
	for _, part := range c.Parts {
		records, err := crawllog.DecodeAll(part)
		if err != nil {
			m.t.Fatal(err)
		}
		m.log = append(m.log, records)
	}
}

// check compares the numbers that a store returns with the fold of the whole log. It makes as many
// requests as it takes, and returns how many that were.
func (m *numbersModel) check(s *store.Store) (requests int) {
	m.t.Helper()
	want := rollup.NewSeries()
	hosts := rollup.NewHosts()
	of := rollup.NewSeries("1.example", "3.example")
	for i, records := range m.log {
		want.Add(int64(i+1), records)
		hosts.Add(int64(i+1), records)
		of.Add(int64(i+1), records)
	}
	read := func(names ...string) *rollup.Series {
		for previous := int64(-1); ; {
			requests++
			got, searched, err := s.RunSeries(m.t.Context(), m.lease.Ref, names)
			if err != nil {
				m.t.Fatal(err)
			}
			if searched == nil {
				return got
			}
			if searched.Parts <= previous || searched.Of != m.lease.Seq {
				m.t.Fatalf("%d of %d parts after %d, of a log of %d", searched.Parts, searched.Of, previous, m.lease.Seq)
			}
			previous = searched.Parts
		}
	}
	if got := read(); !bytes.Equal(got.Encode(), want.Encode()) {
		m.t.Fatalf("the series has %+v, want %+v", got.Total(), want.Total())
	}
	if got := read("3.example", "1.example"); !bytes.Equal(got.Encode(), of.Encode()) {
		m.t.Fatalf("the series of two hosts has %+v, want %+v", got.Total(), of.Total())
	}
	for {
		requests++
		page, err := s.RunHosts(m.t.Context(), m.lease.Ref, rollup.ByHost, paging.Request{Limit: 100})
		if err != nil {
			m.t.Fatal(err)
		}
		if page.Searched != nil {
			continue
		}
		all := hosts.All()
		for i := range page.Hosts {
			if i >= len(all) || page.Hosts[i].Name != all[i].Name || page.Hosts[i].Counts != all[i].Counts ||
				page.Hosts[i].Latency.Quantile(0.9) != all[i].Latency.Quantile(0.9) {
				m.t.Fatalf("%+v is not expected", page.Hosts[i])
			}
		}
		if len(page.Hosts) != len(all) {
			m.t.Fatalf("%d hosts, want %d", len(page.Hosts), len(all))
		}
		return requests
	}
}

// The numbers of a run are those of its log: in every process, whichever workers folded what they
// committed, and wherever readers filled gaps.
func TestRunNumbers(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := storetest.New(t)
			m := newNumbersModel(t, s, seed)
			m.check(s)
			earlier := seed%2 == 1 // the worker is of an earlier version
			for range 60 {
				if m.random.IntN(8) == 0 {
					earlier = !earlier && seed > 1
					m.lease = acquire(t, s, acme, m.lease.Ref.ID, "worker")
				}
				for range m.random.IntN(4) {
					m.commit(earlier, m.records(m.random.IntN(60), m.random.IntN(5) == 0))
				}
				if m.random.IntN(10) == 0 {
					m.check(s)
				}
			}
			m.check(s)
			m.check(s.WithIndexOf(100)) // another process
		})
	}
}

// The numbers of a run that an earlier version crawled are read in several requests, which any
// processes may handle. After that they are read quickly.
func TestNumbersOfAnEarlierVersion(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newNumbersModel(t, s, 1)
	for range 12 {
		m.commit(true, m.records(5000, true))
	}
	requests := 0
	for {
		requests++
		_, searched, err := s.WithoutIndexTime().RunSeries(t.Context(), m.lease.Ref, nil)
		if err != nil {
			t.Fatal(err)
		}
		if searched == nil {
			break
		}
	}
	if requests < 2 || requests > 4 {
		t.Errorf("%d requests for a log of 2 MB with 100 units each", requests)
	}
	m.check(s.WithoutIndexTime())
	used.Reset()
	if _, searched, err := s.WithoutIndexTime().RunSeries(t.Context(), m.lease.Ref, nil); err != nil || searched != nil {
		t.Fatal(searched, err)
	}
	if read := used.Usage().Read; read > 10 {
		t.Errorf("what was folded is read with %v units", read)
	}
	m.commit(false, m.records(100, false))
	m.check(s)
}

// What is left of a deleted run says nothing about a later run with the same id.
func TestNumbersOfARunWithTheSameID(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	m := newNumbersModel(t, s, 1)
	id := m.lease.Ref.ID
	r, err := s.Run(ctx, m.lease.Ref)
	if err != nil {
		t.Fatal(err)
	}
	m.commit(true, m.records(5000, true)) // readers fold this
	for range 40 {
		m.commit(false, m.records(500, false))
	}
	m.check(s)
	if n := s.Rollups(ctx, m.lease.Ref); n != 5 {
		t.Fatalf("%d items have the numbers of the run, want 5", n)
	}
	if err := s.DeleteRun(ctx, m.lease.Ref, nil); err != nil {
		t.Fatal(err)
	}
	stale := s.StaleRollups(ctx, m.lease.Ref) // a version without rollups purges the run
	if done, err := s.Purge(ctx, m.lease.Ref, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if n := s.Rollups(ctx, m.lease.Ref); n != 0 {
		t.Fatalf("%d items are left", n)
	}
	if _, err := s.CreateRun(ctx, jobRef(r.JobID), id, nil); err != nil {
		t.Fatal(err)
	}
	stale()
	transition(t, s, acme, id, run.Start)
	m.log, m.lease = nil, acquire(t, s, acme, id, "worker")
	m.check(s)
	m.commit(true, m.records(5000, true))
	m.check(s)
	for range 40 {
		m.commit(false, m.records(500, false))
	}
	m.check(s)
	m.check(s.WithIndexOf(100))
}

// Readers that fold the log of a run while it is deleted leave nothing behind.
func TestNumbersAreDeletedWithTheRun(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	for range 5 {
		m := newNumbersModel(t, s, 1)
		m.commit(true, m.records(5000, true))
		done := make(chan struct{})
		for range 3 {
			go func() {
				defer func() { done <- struct{}{} }()
				for range 5 {
					_, _, _ = s.WithIndexOf(100).RunSeries(ctx, m.lease.Ref, nil) // it may be deleted
					_, _, _ = s.WithIndexOf(100).RunSeries(ctx, m.lease.Ref, []string{"1.example"})
					_, _ = s.WithIndexOf(100).RunHosts(ctx, m.lease.Ref, rollup.ByHost, paging.Request{Limit: 1})
				}
			}()
		}
		if err := s.DeleteRun(ctx, m.lease.Ref, nil); err != nil {
			t.Error(err)
		}
		for {
			purged, err := s.Purge(ctx, m.lease.Ref, time.Now().Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if purged {
				break
			}
		}
		for range 3 {
			<-done
		}
		if n := s.Rollups(ctx, m.lease.Ref); n != 0 {
			t.Fatalf("%d items are left", n)
		}
	}
}
