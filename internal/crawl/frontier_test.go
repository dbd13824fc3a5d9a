package crawl

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// fold returns the frontier that the records make after they were written and read back.
func fold(t interface{ Fatal(...any) }, f *frontier, records []crawllog.Record) *frontier {
	folded := newFrontier(f.perHost, f.delay, f.maxDepth)
	for _, part := range crawllog.Encode(records) {
		for r, err := range crawllog.Decode(part) {
			if err != nil {
				t.Fatal(err)
			}
			folded.apply(r)
		}
	}
	return folded
}

type hostSnapshot struct {
	Seed       bool
	Joined     int64
	Last, Hold time.Time
}

// A frontierState is what lasts of a frontier.
type frontierState struct {
	Known    map[key]entry
	Attempts map[key]int
	Levels   []int64
	Hosts    map[string]hostSnapshot
	Variants map[uint64]int64
	Seeded   bool
	Last     time.Time
	Progress run.Progress
	Chains   map[key][]key // of redirects
	Resumed  map[key]string
}

func lasting(f *frontier) frontierState {
	s := frontierState{map[key]entry{}, f.attempts, f.levels, map[string]hostSnapshot{}, f.variants, f.seedsRead, f.last, f.progress, map[key][]key{}, f.resumed}
	for k, e := range f.known {
		if e.state().unfinished() {
			e = e.withState(queued)
		}
		s.Known[k] = e
	}
	for k, chain := range f.chains {
		for _, h := range chain {
			s.Chains[k] = append(s.Chains[k], h.key)
		}
	}
	for name, h := range f.hosts {
		if hs := (hostSnapshot{h.seed, h.joined, h.last, h.hold}); hs != (hostSnapshot{}) {
			s.Hosts[name] = hs
		}
	}
	return s
}

// A model of a frontier: plain, slow and by other means.
type model struct {
	f       *frontier
	now     time.Time
	records []crawllog.Record
	urls    map[string]*modelURL
	hosts   map[string]*modelHost
	flights []request
}

type modelURL struct {
	host  *modelHost
	depth int
	state state
	due   time.Time
}

type modelHost struct {
	next   time.Time
	flying int
}

func (m *model) record(r crawllog.Record) {
	m.f.apply(r)
	m.records = append(m.records, r)
}

func (m *model) host(name string) *modelHost {
	if m.hosts[name] == nil {
		m.hosts[name] = &modelHost{}
	}
	return m.hosts[name]
}

// level is the depth up to which URLs may be fetched.
func (m *model) level() int {
	level := 1 << 30
	if m.f.maxDepth < 0 {
		return level
	}
	for _, u := range m.urls {
		if u.state.unfinished() {
			level = min(level, u.depth)
		}
	}
	return min(level, m.f.maxDepth)
}

// best is the smallest depth that may be picked now.
func (m *model) best() (int, bool) {
	best, level := none, m.level()
	for _, u := range m.urls {
		if (u.state == queued || u.state == held && !u.due.After(m.now)) && u.depth <= level &&
			u.host.flying < m.f.perHost && !u.host.next.After(m.now) {
			best = min(best, u.depth)
		}
	}
	return best, best != none
}

func (m *model) found(t *rapid.T, url string, depth int, seed bool) {
	r := &crawllog.Discovered{URL: url, Depth: depth, Seed: seed}
	before := lasting(m.f)
	changes := m.f.changes(r)
	m.record(r)
	if after := lasting(m.f); changes == cmp.Equal(before, after) {
		t.Fatalf("changes(%+v) = %t", r, changes)
	}
	u := m.urls[url]
	if u == nil {
		u = &modelURL{host: m.host(weburl.HostOf(url)), depth: depth, state: queued}
		m.urls[url] = u
	}
	if u.state == skippedHost {
		u.state, u.depth = queued, depth
	}
	if u.state.unfinished() {
		u.depth = min(u.depth, depth)
	}
}

func (m *model) exclude(url, reason string) {
	m.record(&crawllog.Outcome{URL: url, Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: reason, OccurredAt: m.now})
	s := skipped
	if reason == reasonSeedHosts {
		s = skippedHost
	}
	m.urls[url] = &modelURL{host: m.host(weburl.HostOf(url)), state: s}
}

func (m *model) pick(t *rapid.T) bool {
	want, ok := m.best()
	req, got := m.f.next(m.now)
	if got != ok || got && req.depth != want {
		t.Fatalf("picked %t %s at depth %d, want %t at depth %d", got, req.url, req.depth, ok, want)
	}
	if !got {
		return false
	}
	u := m.urls[req.url]
	if u == nil || u.depth != req.depth || u.state != queued && (u.state != held || u.due.After(m.now)) {
		t.Fatalf("picked %s, which is %+v", req.url, u)
	}
	u.state = taken
	u.host.flying++
	u.host.next = m.now.Add(m.f.delay)
	m.flights = append(m.flights, req)
	return true
}

// land ends a flight in one of the ways in which they end.
func (m *model) land(t *rapid.T, req request, how string) {
	u := m.urls[req.url]
	fetched := true
	o := &crawllog.Outcome{URL: req.url, Depth: u.depth, Step: crawllog.Fetch, OccurredAt: m.now, Bytes: 7}
	switch how {
	case "ok":
		o.Status, o.HTTPStatus = crawllog.OK, 200
		u.state = done
	case "failed":
		o.Status, o.ErrorReason = crawllog.Error, "timeout"
		u.state = done
	case "excluded":
		o.Status, o.ErrorReason, o.Bytes = crawllog.Excluded, reasonRobots, 0
		u.state = done
		fetched = false
	case "retry", "hold":
		u.state, u.due = held, m.now.Add(3*time.Second)
		if how == "hold" {
			u.host.next = later(u.host.next, u.due)
		}
		o = nil
		m.record(&crawllog.Retry{URL: req.url, Attempt: req.attempt + 1, Due: u.due, HoldHost: how == "hold", OccurredAt: m.now})
	case "put back":
		m.f.requeue(req, true)
		u.state = queued
		u.host.flying--
		return
	}
	if o != nil {
		m.record(o)
	}
	m.f.complete(req, true)
	u.host.flying--
	if fetched {
		// Whoever comes last decides, whether or not another fetch is under way.
		u.host.next = later(u.host.next, m.now.Add(m.f.delay))
	}
}

func TestFrontierAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFrontier(rapid.IntRange(1, 2).Draw(t, "per host"), time.Second, rapid.IntRange(-1, 3).Draw(t, "max depth"))
		if f.perHost > 1 {
			f.delay = 0 // then ends of fetches do not matter, in the model nor here
		}
		m := &model{f: f, now: time.UnixMilli(1e12).UTC(), urls: map[string]*modelURL{}, hosts: map[string]*modelHost{}}
		url := rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("https://%c.example/%s%d", 'a'+rune(rapid.IntRange(0, 3).Draw(t, "host")),
				rapid.SampledFrom([]string{"", "?", "?PHPSESSID="}).Draw(t, "variant"), rapid.IntRange(0, 9).Draw(t, "page"))
		})
		landing := func(hows ...string) func(*rapid.T) {
			return func(t *rapid.T) {
				if len(m.flights) == 0 {
					t.Skip("nothing under way")
				}
				i := rapid.IntRange(0, len(m.flights)-1).Draw(t, "flight")
				req := m.flights[i]
				m.flights = slices.Delete(m.flights, i, i+1)
				m.land(t, req, rapid.SampledFrom(hows).Draw(t, "how"))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"find": func(t *rapid.T) {
				m.found(t, url.Draw(t, "url"), rapid.IntRange(0, 4).Draw(t, "depth"), rapid.Bool().Draw(t, "seed"))
			},
			"exclude": func(t *rapid.T) {
				if u := url.Draw(t, "url"); m.urls[u] == nil {
					m.exclude(u, rapid.SampledFrom([]string{reasonSeedHosts, "budget"}).Draw(t, "reason"))
				}
			},
			"pick":    func(t *rapid.T) { m.pick(t) },
			"succeed": landing("ok"),
			"land":    landing("failed", "excluded", "retry", "hold", "put back"),
			"seeded":  func(t *rapid.T) { m.record(&crawllog.SeedsRead{}) },
			"wait": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond)
			},
			"fold": func(t *rapid.T) {
				if diff := cmp.Diff(lasting(f), lasting(fold(t, f, m.records))); diff != "" {
					t.Fatalf("the fold of the log differs (-live +fold):\n%s", diff)
				}
			},
			"": func(t *rapid.T) {
				var open int64
				for _, u := range m.urls {
					if u.state.unfinished() {
						open++
					}
				}
				if f.progress.URLsQueued != open {
					t.Fatalf("%d URLs queued, want %d", f.progress.URLsQueued, open)
				}
			},
		})
		drain(t, m)
		m.f = fold(t, f, m.records)
		m.f.settle(m.now)
		drain(t, m)
	})
}

// drain fetches everything that may be fetched, waiting as long as nextDue says: nothing is
// forgotten and nothing picked twice.
func drain(t *rapid.T, m *model) {
	for steps := 0; ; steps++ {
		if steps > 10_000 {
			t.Fatal("the frontier never becomes empty")
		}
		if m.pick(t) {
			continue
		}
		if len(m.flights) > 0 {
			req := m.flights[0]
			m.flights = m.flights[1:]
			m.land(t, req, "ok")
			continue
		}
		due, ok := m.f.nextDue()
		if !ok {
			break
		}
		if !due.After(m.now) && m.f.waiting.Len()+len(m.f.retries) == 0 {
			t.Fatal("next finds nothing where nextDue does")
		}
		m.now = later(m.now, due)
	}
	for url, u := range m.urls {
		if u.state.unfinished() && (m.f.maxDepth < 0 || u.depth <= m.f.maxDepth) {
			t.Fatalf("%s was left: %+v", url, u)
		}
	}
}

// The heads of queues are freed, and what stays queued is kept in order.
func TestQueue(t *testing.T) {
	var q queue
	var want []string
	for i := range 10_000 {
		url := fmt.Sprint("https://a.example/", i*i)
		q.push(url)
		want = append(want, url)
		if i%3 > 0 {
			if got := string(q.pop()); got != want[0] {
				t.Fatalf("popped %s, want %s", got, want[0])
			}
			want = want[1:]
		}
	}
	for _, w := range want {
		if got := string(q.pop()); got != w {
			t.Fatalf("popped %s, want %s", got, w)
		}
	}
	if !q.empty() {
		t.Error("not empty in the end")
	}
}

// The worker before had a clock that was ahead. What it wrote makes this one wait as long as
// that one would have waited, and not until the time it wrote.
func TestRecordsFromTheFuture(t *testing.T) {
	now := time.UnixMilli(1e12).UTC()
	ahead := now.Add(7 * time.Minute)
	for name, tc := range map[string]struct {
		record crawllog.Record
		want   time.Duration // until the host may be fetched from
	}{
		"outcome": {&crawllog.Outcome{URL: "https://a.example/0", Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: ahead}, 10 * time.Second},
		"hold":    {&crawllog.Retry{URL: "https://a.example/0", Attempt: 1, HoldHost: true, OccurredAt: ahead, Due: ahead.Add(time.Minute)}, time.Minute},
	} {
		f := newFrontier(1, 10*time.Second, -1)
		for i := range 2 {
			f.recall(&crawllog.Discovered{URL: fmt.Sprint("https://a.example/", i), Seed: true}, now)
		}
		f.recall(tc.record, now)
		f.settle(now)
		if due, ok := f.nextDue(); !ok || due.Sub(now) != tc.want {
			t.Errorf("%s: due in %v, want %v", name, due.Sub(now), tc.want)
		}
		if f.last.After(now) {
			t.Errorf("%s: the last outcome is to come", name)
		}
	}
	f := newFrontier(1, 0, -1)
	f.recall(&crawllog.Discovered{URL: "https://a.example/", Seed: true}, now)
	f.recall(&crawllog.Retry{URL: "https://a.example/", Attempt: 1, OccurredAt: ahead, Due: ahead.Add(2 * time.Second)}, now)
	f.settle(now)
	if _, ok := f.next(now.Add(2*time.Second - time.Millisecond)); ok {
		t.Error("the URL is tried again too early")
	}
	if _, ok := f.next(now.Add(2 * time.Second)); !ok {
		t.Error("the URL is not tried again when it is due")
	}
}

// A URL that an earlier version wrote otherwise is the same URL, and ends as the one it is.
func TestFrontierKnowsEarlierSpellings(t *testing.T) {
	const earlier, now = "http://h.example/it's?q=it's", "http://h.example/it's?q=it%27s"
	f := newFrontier(1, 0, -1)
	f.apply(&crawllog.Discovered{URL: earlier, Seed: true})
	if f.changes(&crawllog.Discovered{URL: now, Depth: 1}) {
		t.Errorf("%s joins besides %s", now, earlier)
	}
	req, ok := f.next(time.Now())
	if !ok || req.url != earlier {
		t.Fatalf("picked %q, %v; want %q", req.url, ok, earlier)
	}
	f.apply(&crawllog.Outcome{URL: earlier, Status: crawllog.OK, HTTPStatus: 200})
	f.complete(req, true)
	if f.changes(&crawllog.Discovered{URL: now}) || f.progress.URLsQueued != 0 || f.progress.URLsFetched != 1 {
		t.Errorf("%s joins after %s ended; progress %+v", now, earlier, f.progress)
	}
}

// What became of a sitemap ends no page of the same URL, and counts as none; it is remembered
// until the seeds have been read.
func TestFrontierTellsSitemapsFromPages(t *testing.T) {
	const url = "http://h.example/sitemap.xml"
	f := newFrontier(1, 0, -1)
	f.apply(&crawllog.Discovered{URL: url, Seed: true})
	before := f.progress
	f.apply(&crawllog.Outcome{URL: url, Step: crawllog.Fetch, Status: crawllog.Error, HTTPStatus: 404, Sitemap: true})
	if f.progress != before || f.known[weburl.KeyOf(url)].state() != queued || !f.sitemaps[weburl.KeyOf(url)] {
		t.Errorf("progress %+v, state %v, remembered %v", f.progress, f.known[weburl.KeyOf(url)].state(), f.sitemaps[weburl.KeyOf(url)])
	}
	f.apply(&crawllog.SeedsRead{})
	f.apply(&crawllog.Outcome{URL: url, Step: crawllog.Fetch, Status: crawllog.Error, HTTPStatus: 404, Sitemap: true})
	if len(f.sitemaps) != 0 {
		t.Error("sitemaps are remembered when the seeds have been read")
	}
}
