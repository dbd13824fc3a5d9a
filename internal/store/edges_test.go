package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/weburl"
)

const edgesConfig = `{"seeds":[{"kind":"static_list","params":{"urls":["http://example.com/"]}}],"record":{"edges":true}}`

// An edgeModel is a run, with the edges of its log in the order in which they were recorded.
type edgeModel struct {
	*logModel
	edges []crawllog.Edge
}

func newEdgeModel(t testing.TB, s *store.Store, owner tenant.ID, config string) *edgeModel {
	r := createRunIn(t, s, owner, createJob(t, s, owner, config).ID, run.Running)
	return &edgeModel{logModel: &logModel{t: t, store: s, run: r, lease: acquire(t, s, owner, r.ID, "worker")}}
}

func edgeURL(n int) string { return fmt.Sprintf("https://a.example/%d", n) }

// edgePages returns the records of pages with links to pages below to, and the edges that a run
// states that records every edge, or else the first referrers.
func edgePages(random *rand.Rand, pages, to int, every bool) (records []crawllog.Record, edges []crawllog.Edge) {
	add := func(applies bool, from, to string, kind crawllog.EdgeKind) {
		if applies {
			edges = append(edges, crawllog.Edge{From: from, To: to, Kind: kind})
		}
	}
	for range pages {
		page := edgeURL(random.IntN(1000))
		end := &crawllog.Outcome{URL: page, Referrer: edgeURL(0), Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: began}
		var links []string
		for range random.IntN(4) {
			links = append(links, edgeURL(random.IntN(to)))
		}
		if random.IntN(4) == 0 {
			target := edgeURL(random.IntN(to))
			if random.IntN(2) == 0 {
				records = append(records, &crawllog.Discovered{URL: target, Redirects: 1, Referrer: page})
			} else {
				records = append(records, &crawllog.Outcome{
					URL: target, Referrer: page, Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: "seed_hosts", OccurredAt: began,
				})
			}
			end.RedirectURL = target
			add(true, page, target, crawllog.EdgeRedirect)
		} else {
			for _, to := range links {
				switch random.IntN(3) {
				case 0:
					records = append(records, &crawllog.Discovered{URL: to, Depth: 1, Referrer: page})
				case 1:
					records = append(records, &crawllog.Outcome{
						URL: to, Referrer: page, Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: "budget", OccurredAt: began,
					})
				default:
					continue
				}
				add(!every, page, to, crawllog.EdgeLink)
			}
			if every {
				for _, e := range crawllog.NewEdges(page, links) {
					records = append(records, e)
				}
				for _, to := range links {
					add(true, page, to, crawllog.EdgeLink)
				}
			}
		}
		records = append(records, end, &crawllog.Discovered{URL: edgeURL(1), Seed: true})
	}
	return records, edges
}

// grow commits pages with links.
func (m *edgeModel) grow(random *rand.Rand, to int, every bool) {
	m.t.Helper()
	first, edges := edgePages(random, random.IntN(5)+1, to, every)
	second, more := edgePages(random, random.IntN(5)+1, to, every)
	m.record(first, second)
	m.edges = append(append(m.edges, edges...), more...)
}

// checkEdges compares a walk with the model. It calls between after each page but the last.
func (m *edgeModel) checkEdges(f crawllog.EdgeFilter, limit func() int, between func(paging.Page[crawllog.Edge])) {
	m.t.Helper()
	match := f.Matcher()
	want := slices.DeleteFunc(slices.Clone(m.edges), func(e crawllog.Edge) bool { return !match(e) })
	slices.Reverse(want)
	var got []crawllog.Edge
	for request := (paging.Request{}); ; {
		request.Limit = limit()
		page, err := m.store.Edges(m.t.Context(), m.lease.Ref, f, request)
		if err != nil {
			m.t.Fatal(err)
		}
		if len(page.Items) > request.Limit {
			m.t.Fatalf("%d edges on a page of %d", len(page.Items), request.Limit)
		}
		if got = append(got, page.Items...); page.Next == "" {
			wantEqual(m.t, slices.Concat(got, []crawllog.Edge{}), slices.Concat(want, []crawllog.Edge{}))
			return
		}
		request.Cursor = page.Next
		between(page)
	}
}

func (m *edgeModel) filter(random *rand.Rand) (f crawllog.EdgeFilter) {
	if random.IntN(2) == 0 {
		f.To = []weburl.Key{weburl.KeyOfText(edgeURL(random.IntN(30))), weburl.KeyOfText("https://nowhere.example/")}
	}
	if random.IntN(3) == 0 && len(m.edges) > 0 {
		f.From = []weburl.Key{weburl.KeyOfText(m.edges[random.IntN(len(m.edges))].From)}
	}
	if random.IntN(3) == 0 {
		f.Kinds = crawllog.EdgeKinds()[random.IntN(2):]
	}
	return f
}

// A walk with pages of any size and any filter shows the edges that were recorded before it began,
// while the log grows: every edge, or the first referrers.
func TestEdgesAgainstModel(t *testing.T) {
	for config, every := range map[string]bool{plainConfig: false, edgesConfig: true} {
		t.Run(fmt.Sprintf("every edge: %t", every), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			m := newEdgeModel(t, storetest.New(t), acme, config)
			m.checkEdges(crawllog.EdgeFilter{}, always(10), nil) // nothing is recorded yet
			grow := func(paging.Page[crawllog.Edge]) {
				if random.IntN(2) == 0 && len(m.edges) < 400 {
					m.grow(random, 30, every)
				}
			}
			for range 20 {
				m.grow(random, 30, every)
				maxLimit := 2 + random.IntN(30)
				m.checkEdges(m.filter(random), func() int { return 1 + random.IntN(maxLimit) }, grow)
			}
			m.checkEdges(crawllog.EdgeFilter{}, always(3), grow)
		})
	}
}

// A search for the pages that link to a page reads a bounded part of a large log for each request,
// and says how much it has read.
func TestEdgesBounds(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newEdgeModel(t, s, acme, edgesConfig)
	random := rand.New(rand.NewPCG(1, 2))
	broken := "https://a.example/broken"
	for range 8 {
		parts := make([][]crawllog.Record, 10)
		for i := range parts {
			for j := range 100 {
				page := fmt.Sprintf("https://a.example/%x%x", random.Uint64(), random.Uint64())
				e := &crawllog.Edges{From: page}
				for range 10 {
					e.To = append(e.To, fmt.Sprintf("https://a.example/%x%x", random.Uint64(), random.Uint64()))
				}
				if j == 50 && i == 5 {
					e.To[3] = broken
					m.edges = append(m.edges, crawllog.Edge{From: page, To: broken, Kind: crawllog.EdgeLink})
				}
				parts[i] = append(parts[i], e, &crawllog.Outcome{URL: page, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: began})
			}
		}
		m.record(parts...)
	}
	worst, last, pages := 0.0, paging.Searched{}, 0
	used.Reset()
	m.checkEdges(crawllog.EdgeFilter{To: []weburl.Key{weburl.KeyOfText(broken)}}, always(100), func(page paging.Page[crawllog.Edge]) {
		worst = max(worst, used.Reset().Read)
		if pages++; page.Searched == nil || page.Searched.Parts <= last.Parts || page.Searched.Parts >= page.Searched.Of || page.Searched.Of != 80 {
			t.Fatalf("after %+v a page has read %+v", last, page.Searched)
		}
		last = *page.Searched
	})
	t.Logf("a page uses at most %v units, %d pages are short", worst, pages)
	if worst > 200 || pages < 2 {
		t.Errorf("a page uses at most %v units, and there are %d pages", worst, pages+1)
	}
}

func TestEdgesOfNoRun(t *testing.T) {
	s := storetest.New(t)
	random := rand.New(rand.NewPCG(3, 4))
	m, second, foreign := newEdgeModel(t, s, acme, plainConfig), newEdgeModel(t, s, acme, plainConfig), newEdgeModel(t, s, rival, plainConfig)
	for _, m := range []*edgeModel{m, second, foreign} {
		for range 5 {
			m.grow(random, 30, false)
		}
	}
	edges := func(ref run.Ref, f crawllog.EdgeFilter, cursor string) (string, error) {
		page, err := s.Edges(t.Context(), ref, f, paging.Request{Limit: 1, Cursor: cursor})
		return page.Next, err
	}
	cursor, err := edges(m.lease.Ref, crawllog.EdgeFilter{}, "")
	if err != nil || cursor == "" {
		t.Fatal(cursor, err)
	}
	other := "A"
	if cursor[5] == 'A' {
		other = "B"
	}
	for name, test := range map[string]struct {
		ref    run.Ref
		f      crawllog.EdgeFilter
		cursor string
		want   fault.Kind
	}{
		"no run":                       {ref: runRef(uuid.New()), want: fault.NotFound},
		"a run of another tenant":      {ref: run.Ref{Tenant: rival, ID: m.run.ID}, want: fault.NotFound},
		"a cursor of another tenant":   {ref: foreign.lease.Ref, cursor: cursor, want: fault.Invalid},
		"a cursor of another run":      {ref: second.lease.Ref, cursor: cursor, want: fault.Invalid},
		"a cursor of another filter":   {ref: m.lease.Ref, f: crawllog.EdgeFilter{Kinds: crawllog.EdgeKinds()[:1]}, cursor: cursor, want: fault.Invalid},
		"a cursor that is cut":         {ref: m.lease.Ref, cursor: cursor[1:], want: fault.Invalid},
		"a cursor with a changed byte": {ref: m.lease.Ref, cursor: cursor[:5] + other + cursor[6:], want: fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := edges(test.ref, test.f, test.cursor)
			wantKind(t, err, test.want)
		})
	}
}
