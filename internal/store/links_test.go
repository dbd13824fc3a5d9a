package store_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

type linkPage = paging.Page[crawllog.Link]

func nothing(linkPage) {}

// A walk with pages of any size and any filter shows each URL once, as the run was when the walk
// began, while the log grows and other walks extend the index. It makes no difference in how many
// slices the URLs are indexed, and which process serves a page.
func TestLinksAgainstModel(t *testing.T) {
	for name, slice := range map[string]int{"one slice": 1 << 20, "slices": 20} {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			s := storetest.New(t).WithIndexOf(slice)
			m := newLinkModel(t, s, acme, 150, random)
			other := newLinkModel(t, s, rival, 10, random)
			other.grow(2, 5)
			m.checkLinks(crawllog.LinkFilter{}, always(10), nil) // nothing is recorded yet
			grow := func(linkPage) {
				m.grow(random.IntN(3), 5)
				switch random.IntN(6) {
				case 0, 1:
					m.walkLinks(crawllog.LinkFilter{States: []crawllog.LinkState{crawllog.LinkQueued}}, always(100), nothing)
				case 2:
					m.store = s.WithIndexOf(slice)
				}
			}
			for range 25 {
				m.grow(3, 8)
				maxLimit := 3 + random.IntN(30)
				m.checkLinks(randomLinkFilter(random), func() int { return 1 + random.IntN(maxLimit) }, grow)
			}
			m.checkLinks(crawllog.LinkFilter{}, always(100), grow)
			m.checkLinks(crawllog.LinkFilter{}, always(2), nothing)
			other.checkLinks(crawllog.LinkFilter{}, always(1), nothing)
			states := map[crawllog.LinkState]int{}
			for _, link := range m.links {
				states[link.state]++
			}
			if len(states) != 4 {
				t.Errorf("the model has links in the states %v, want all four", states)
			}
		})
	}
}

// recordMany records n URLs whose text does not compress, of which one in a hundred stays queued
// and one in a hundred is refused by seed_hosts.
func (m *linkModel) recordMany(n int) {
	m.t.Helper()
	for commit := 0; commit < n; commit += 5000 {
		m.unrecorded = 0
		parts := make([][]crawllog.Record, 25)
		for i := range parts {
			for j := range 200 {
				url := fmt.Sprintf("https://a.example/%x%x%x", m.random.Uint64(), m.random.Uint64(), m.random.Uint64())
				link := &modelLink{state: crawllog.LinkFetched, depth: 1, entry: len(m.entries) + m.unrecorded}
				end := &crawllog.Outcome{URL: url, Depth: 1, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: began}
				m.links[url] = link
				switch j % 100 {
				case 0:
					link.state, link.entry = crawllog.LinkQueued, -1
					parts[i] = append(parts[i], &crawllog.Discovered{URL: url, Depth: 1})
					continue
				case 1:
					link.state = crawllog.LinkExcluded
					end.Step, end.Status, end.ErrorReason, end.HTTPStatus = crawllog.Schedule, crawllog.Excluded, "seed_hosts", 0
				default:
					parts[i] = append(parts[i], &crawllog.Discovered{URL: url, Depth: 1})
				}
				parts[i] = append(parts[i], end)
				m.unrecorded++
			}
		}
		m.lease.Progress.URLsQueued += 50
		m.lease.Progress.URLsExcluded += 50
		m.lease.Progress.URLsFetched += 4900
		m.record(parts...)
	}
}

// No request reads more than its bounds allow, in any phase of a walk through a log of several
// times that size. When the time for an index is over, the bounds are those of other reads.
func TestLinksBounds(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newLinkModel(t, s, acme, 0, rand.New(rand.NewPCG(1, 2)))
	m.recordMany(40_000)
	for name, f := range map[string]crawllog.LinkFilter{
		"queued":          {States: []crawllog.LinkState{crawllog.LinkQueued}},
		"excluded":        {States: []crawllog.LinkState{crawllog.LinkExcluded}},
		"of another host": {Filter: crawllog.Filter{Hosts: []string{"b.example"}}},
	} {
		t.Run(name, func(t *testing.T) {
			m.t, m.store = t, s.WithoutIndexTime()
			worst, short, searched := 0.0, 0, paging.Searched{}
			used.Reset()
			m.checkLinks(f, always(100), func(page linkPage) {
				worst = max(worst, used.Reset().Read)
				if page.Searched != nil {
					short++
					if page.Searched.Parts < searched.Parts {
						t.Errorf("a page has read %+v, and the one before %+v", *page.Searched, searched)
					}
					searched = *page.Searched
				}
			})
			t.Logf("a page uses at most %v units, %d pages are short", worst, short)
			if worst > 200 || short == 0 {
				t.Errorf("a page uses %v units, want at most 200", worst)
			}
		})
	}
	t.Run("each request meets a new process", func(t *testing.T) {
		m.t, m.store = t, s.WithIndexOf(1<<20)
		worst, pages := 0.0, 0
		used.Reset()
		m.checkLinks(crawllog.LinkFilter{States: []crawllog.LinkState{crawllog.LinkQueued}}, always(100), func(page linkPage) {
			if pages++; len(page.Items) < 100 || page.Searched != nil {
				t.Fatalf("page %d has %d links, after %+v", pages, len(page.Items), page.Searched)
			}
			worst = max(worst, used.Reset().Read)
			m.store = s.WithIndexOf(1 << 20)
		})
		t.Logf("a page uses at most %v units", worst)
		if worst < 150 || worst > 1100 {
			t.Errorf("a page uses %v units, want those of the whole log and at most 1100", worst)
		}
	})
	t.Run("a process knows what it has read", func(t *testing.T) {
		m.t, m.store = t, s
		queued := crawllog.LinkFilter{States: []crawllog.LinkState{crawllog.LinkQueued}}
		m.checkLinks(queued, always(100), nothing)
		used.Reset()
		pages := 0
		m.checkLinks(queued, always(100), func(linkPage) { pages++ })
		if read := used.Reset().Read; pages > 4 || read > 1000 {
			t.Errorf("the second walk reads %v units for %d pages", read, pages+1)
		}
	})
}

// A walk waits while another one uses the memory that it needs. So both end.
func TestLinksMemory(t *testing.T) {
	c := newClock()
	s := storetest.New(t, store.WithClock(c.Now)).WithIndexMemory(7500)
	random := rand.New(rand.NewPCG(3, 4))
	m, second := newLinkModel(t, s, acme, 0, random), newLinkModel(t, s, rival, 0, random)
	m.recordMany(5000)
	second.recordMany(5000)
	queued := crawllog.LinkFilter{States: []crawllog.LinkState{crawllog.LinkQueued}}
	waits := func() {
		t.Helper()
		page, err := s.Links(t.Context(), second.lease.Ref, queued, paging.Request{Limit: 10})
		if err != nil || len(page.Items) > 0 || page.Next == "" || page.Searched == nil || page.Searched.Parts > 0 {
			t.Errorf("the second walk gets %+v, %v", page, err)
		}
	}
	m.checkLinks(queued, always(10), func(linkPage) {
		waits()
		c.Advance(20 * time.Second)
	})
	waits()
	c.Advance(31 * time.Second)
	second.checkLinks(queued, always(10), nothing)
}

func TestLinksOfNoRun(t *testing.T) {
	s := storetest.New(t)
	m := newLinkModel(t, s, acme, 20, rand.New(rand.NewPCG(7, 8)))
	m.grow(3, 20)
	links := func(owner tenant.ID, id uuid.UUID) error {
		_, err := s.Links(t.Context(), run.Ref{Tenant: owner, ID: id}, crawllog.LinkFilter{}, paging.Request{Limit: 10})
		return err
	}
	wantKind(t, links(acme, uuid.New()), fault.NotFound)
	wantKind(t, links(rival, m.run.ID), fault.NotFound)
	transition(t, s, acme, m.run.ID, run.Stop)
	m.checkLinks(crawllog.LinkFilter{}, always(5), nothing)
	if err := s.DeleteRun(t.Context(), runRef(m.run.ID), nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, links(acme, m.run.ID), fault.NotFound)
}

// A cursor belongs to one tenant, run and filter, in every phase of the walk.
func TestLinksCursors(t *testing.T) {
	s := storetest.New(t)
	random := rand.New(rand.NewPCG(9, 10))
	m, second, foreign := newLinkModel(t, s, acme, 60, random), newLinkModel(t, s, acme, 60, random), newLinkModel(t, s, rival, 60, random)
	for _, m := range []*linkModel{m, second, foreign} {
		m.grow(10, 20)
	}
	links := func(m *linkModel, f crawllog.LinkFilter, cursor string) (string, error) {
		page, err := s.Links(t.Context(), m.lease.Ref, f, paging.Request{Limit: 3, Cursor: cursor})
		return page.Next, err
	}
	refused := func(m *linkModel, f crawllog.LinkFilter, cursor string) {
		t.Helper()
		_, err := links(m, f, cursor)
		wantKind(t, err, fault.Invalid)
		if !strings.Contains(err.Error(), "page") {
			t.Errorf("the error does not name page: %v", err)
		}
	}
	f := crawllog.LinkFilter{States: []crawllog.LinkState{crawllog.LinkQueued, crawllog.LinkFetched}}
	cursor, err := links(m, f, "")
	for n := 0; cursor != ""; cursor, err = links(m, f, cursor) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := links(m, crawllog.LinkFilter{States: []crawllog.LinkState{"fetched", "queued", "fetched"}}, cursor); err != nil {
			t.Errorf("the cursor is refused if the values of the filter have another order: %v", err)
		}
		refused(second, f, cursor)
		refused(foreign, f, cursor)
		refused(m, crawllog.LinkFilter{}, cursor)
		if n++; n%5 == 0 {
			data, err := base64.RawURLEncoding.DecodeString(cursor)
			if err != nil {
				t.Fatal(err)
			}
			for bit := range 8 * len(data) {
				data[bit/8] ^= 1 << (bit % 8)
				refused(m, f, base64.RawURLEncoding.EncodeToString(data))
				data[bit/8] ^= 1 << (bit % 8)
			}
		}
	}
	logs, err := s.LogEntries(t.Context(), m.lease.Ref, crawllog.Filter{}, paging.Request{Limit: 1})
	if err != nil || logs.Next == "" {
		t.Fatal(logs.Next, err)
	}
	refused(m, crawllog.LinkFilter{}, logs.Next)
}
