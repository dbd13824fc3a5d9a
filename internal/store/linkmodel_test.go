package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/weburl"
)

// A linkModel is a run whose log it writes by the rules of the crawl, and the links of that run.
type linkModel struct {
	*logModel
	random *rand.Rand
	urls   []string
	links  map[string]*modelLink // by URL

	unrecorded int // outcomes that the log does not have yet
}

// A modelLink is a URL that the run knows.
type modelLink struct {
	state    crawllog.LinkState
	depth    int
	referrer string
	reason   string
	entry    int // index among the entries of the run; -1 if it is queued
}

func newLinkModel(t testing.TB, s *store.Store, owner tenant.ID, urls int, random *rand.Rand) *linkModel {
	m := &linkModel{logModel: newLogModel(t, s, owner), random: random, links: map[string]*modelLink{}}
	for i := range urls {
		m.urls = append(m.urls, fmt.Sprintf("https://%s/%d", []string{"a.example", "b.example:8443", "c.example"}[i%3], i))
	}
	return m
}

// part returns the records of a part with about n changes.
func (m *linkModel) part(n int) []crawllog.Record {
	records := []crawllog.Record{&crawllog.SeedsRead{}}
	entry := len(m.entries) + m.unrecorded
	add := func(r crawllog.Record) {
		records = append(records, r)
		if _, ok := r.(*crawllog.Outcome); ok {
			entry++
		}
	}
	for range n {
		url := m.urls[m.random.IntN(len(m.urls))]
		link := m.links[url]
		depth, referrer := m.random.IntN(4), m.urls[m.random.IntN(len(m.urls))]
		discovered := &crawllog.Discovered{URL: url, Depth: depth, Referrer: referrer, Redirects: m.random.IntN(2), Seed: m.random.IntN(4) == 0}
		end := &crawllog.Outcome{URL: url, Depth: depth, Referrer: referrer, OccurredAt: began, Step: crawllog.Schedule, Status: crawllog.Excluded}
		switch {
		case link == nil && m.random.IntN(3) > 0, link != nil && link.reason == "seed_hosts" && m.random.IntN(2) == 0:
			m.links[url] = &modelLink{state: crawllog.LinkQueued, depth: depth, referrer: referrer, entry: -1}
			add(discovered)
		case link == nil: // refused
			end.ErrorReason = []string{"seed_hosts", "budget"}[m.random.IntN(2)]
			m.links[url] = &modelLink{crawllog.LinkExcluded, depth, referrer, end.ErrorReason, entry}
			add(end)
		case link.state != crawllog.LinkQueued: // its host becomes a seed host, or it is a sitemap, too
			if discovered.Seed && link.reason != "seed_hosts" {
				add(discovered)
			} else if m.random.IntN(4) == 0 {
				add(&crawllog.Outcome{URL: url, Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "invalid_sitemap", Sitemap: true, OccurredAt: began})
			}
		case m.random.IntN(3) == 0: // found again
			link.depth = min(link.depth, depth)
			add(discovered)
		case m.random.IntN(3) == 0:
			add(&crawllog.Retry{URL: url, Attempt: 1, Due: began, OccurredAt: began})
		default:
			m.end(end, link, entry)
			add(end)
		}
	}
	m.unrecorded = entry - len(m.entries)
	return records
}

// end makes the record the outcome of a queued URL.
func (m *linkModel) end(o *crawllog.Outcome, link *modelLink, entry int) {
	o.Step, o.Depth, o.Referrer = crawllog.Fetch, link.depth, link.referrer
	switch m.random.IntN(5) {
	case 0:
		link.state, o.ErrorReason = crawllog.LinkExcluded, "robots_txt"
	case 1:
		link.state, o.Status, o.HTTPStatus, o.ErrorReason = crawllog.LinkFailed, crawllog.Error, 404, "http_status"
	case 2:
		link.state, o.Status, o.ErrorReason = crawllog.LinkFailed, crawllog.Error, "dns"
	case 3:
		link.state, o.Status, o.HTTPStatus, o.ErrorReason = crawllog.LinkFetched, crawllog.Error, 200, "truncated"
	default:
		link.state, o.Status, o.HTTPStatus, o.Title, o.ContentType = crawllog.LinkFetched, crawllog.OK, 301, "A title", "text/html"
	}
	link.reason, link.entry = o.ErrorReason, entry
}

// grow commits some parts.
func (m *linkModel) grow(parts, changes int) {
	m.t.Helper()
	all := make([][]crawllog.Record, parts)
	m.unrecorded = 0
	for i := range all {
		all[i] = m.part(m.random.IntN(changes + 1))
	}
	var p run.Progress
	for _, link := range m.links {
		switch link.state {
		case crawllog.LinkQueued:
			p.URLsQueued++
		case crawllog.LinkFetched:
			p.URLsFetched++
		case crawllog.LinkFailed:
			p.URLsFailed++
		case crawllog.LinkExcluded:
			p.URLsExcluded++
		}
	}
	m.lease.Progress = p
	m.record(all...)
}

// wantLinks returns the links that a walk that begins now must show, by URL.
func (m *linkModel) wantLinks(f crawllog.LinkFilter) map[string]crawllog.Link {
	want := map[string]crawllog.Link{}
	for url, link := range m.links {
		l := crawllog.Link{State: link.state, Entry: crawllog.Entry{
			RunID: m.run.ID, JobID: m.run.JobID, Outcome: crawllog.Outcome{URL: url, Depth: link.depth, Referrer: link.referrer},
		}}
		if link.entry >= 0 {
			l.Entry = m.entries[link.entry]
		}
		if f.Match(&l) {
			want[url] = l
		}
	}
	return want
}

// walkLinks returns the links of all pages. It calls between after each page but the last.
func (m *linkModel) walkLinks(f crawllog.LinkFilter, limit func() int, between func(paging.Page[crawllog.Link])) (links []crawllog.Link) {
	m.t.Helper()
	for request := (paging.Request{}); ; {
		request.Limit = limit()
		page, err := m.store.Links(m.t.Context(), m.lease.Ref, f, request)
		if err != nil {
			m.t.Fatal(err)
		}
		if len(page.Items) > request.Limit {
			m.t.Fatalf("%d links on a page of %d", len(page.Items), request.Limit)
		}
		if s := page.Searched; s != nil && (s.Parts < 0 || s.Parts > s.Of || page.Next == "") {
			m.t.Fatalf("the search read %d of %d parts, and the next page is %q", s.Parts, s.Of, page.Next)
		}
		links = append(links, page.Items...)
		if page.Next == "" {
			return links
		}
		request.Cursor = page.Next
		between(page)
	}
}

// checkLinks compares a walk with the model.
func (m *linkModel) checkLinks(f crawllog.LinkFilter, limit func() int, between func(paging.Page[crawllog.Link])) {
	m.t.Helper()
	want := m.wantLinks(f)
	got := map[string]crawllog.Link{}
	links := m.walkLinks(f, limit, between)
	for _, l := range links {
		if _, ok := got[l.URL]; ok {
			m.t.Fatalf("%s is shown twice", l.URL)
		}
		if link := m.links[l.URL]; l.State == crawllog.LinkQueued && l.Depth < want[l.URL].Depth && l.Depth >= link.depth {
			l.Depth = want[l.URL].Depth // it was discovered at a smaller depth during the walk
		}
		got[l.URL] = l
	}
	wantEqual(m.t, slices.SortedFunc(maps.Values(got), byURL), slices.SortedFunc(maps.Values(want), byURL))
}

func byURL(a, b crawllog.Link) int { return strings.Compare(a.URL, b.URL) }

// randomLinkFilter returns a filter of links.
func randomLinkFilter(random *rand.Rand) crawllog.LinkFilter {
	var f crawllog.LinkFilter
	if random.IntN(2) == 0 {
		states := crawllog.LinkStates()
		random.Shuffle(len(states), func(i, j int) { states[i], states[j] = states[j], states[i] })
		f.States = states[:1+random.IntN(3)]
	}
	if random.IntN(3) == 0 {
		f.Hosts = []string{"b.example:8443", "nowhere.example"}
	}
	switch random.IntN(6) {
	case 0:
		f.URLPrefix = "https://c.example/1"
	case 1:
		f.HTTPStatuses = []crawllog.HTTPStatus{3, 404}
	case 2:
		f.URLHashes = []weburl.Key{weburl.KeyOfText("https://a.example/3"), weburl.KeyOfText("https://b.example:8443/1")}
	}
	return f
}
