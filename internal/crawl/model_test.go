package crawl

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// A model is a frontier that is plain, slow and works by other means.
type model struct {
	f        *frontier
	now      time.Time
	records  []crawllog.Record
	urls     map[string]*modelURL
	hosts    map[string]*modelHost
	requests []request // in flight
}

type modelURL struct {
	host  *modelHost
	depth int
	state state
	check bool
	asset bool
	due   time.Time
	of    pipelineSet // pipelines that need it as an asset
	met   pipelineSet // those that did at its last outcome
	again bool        // it is requested again as an asset
	ended bool        // it counts as fetched, failed or excluded
	// referrer is that of the record that gave the URL its depth.
	referrer string
}

type modelHost struct {
	next     time.Time
	inFlight int
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

// level returns the depth up to which URLs may be fetched.
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

// minDepth returns the smallest depth that may be picked now.
func (m *model) minDepth() (int, bool) {
	depth, level := noQueue, m.level()
	for _, u := range m.urls {
		if (u.state == queued || u.state == retrying && !u.due.After(m.now)) && u.depth <= level &&
			u.host.inFlight < m.f.perHost && !u.host.next.After(m.now) {
			depth = min(depth, u.depth)
		}
	}
	return depth, depth != noQueue
}

func (m *model) discover(t *rapid.T, r *crawllog.Discovered) {
	before := durable(m.f)
	changes := m.f.changes(r)
	m.record(r)
	if after := durable(m.f); changes == cmp.Equal(before, after) {
		t.Fatalf("changes(%+v) = %t", r, changes)
	}
	u := m.urls[r.URL]
	if u == nil {
		u = &modelURL{host: m.host(weburl.HostOf(r.URL)), state: excludedHost}
		m.urls[r.URL] = u
	}
	more := r.AssetOf &^ u.of
	u.of |= r.AssetOf
	switch finished := u.state == done || u.state == excluded; {
	case u.state == excludedHost:
		u.state, u.depth, u.check, u.asset, u.referrer = queued, r.Depth, r.Check, r.Asset, r.Referrer
		u.ended = false
	case finished && more != 0:
		u.state, u.depth, u.check, u.asset, u.referrer = queued, r.Depth, true, r.Asset, r.Referrer
		u.again = true
	case u.state.unfinished() && !u.again:
		m.rediscover(u, r)
	}
}

// rediscover changes a URL that is unfinished.
func (m *model) rediscover(u *modelURL, r *crawllog.Discovered) {
	fetched := func(depth int) bool { return m.f.maxDepth < 0 || depth <= m.f.maxDepth }
	if u.check != r.Check && (u.check && fetched(r.Depth) || r.Check && !fetched(u.depth) && r.Depth < u.depth) {
		u.check = r.Check
	}
	u.asset = u.check && (u.asset || r.Asset)
	if r.Depth < u.depth {
		u.depth, u.referrer = r.Depth, r.Referrer
	}
}

func (m *model) exclude(url, reason string) {
	m.record(&crawllog.Outcome{
		URL: url, Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: reason, OccurredAt: m.now,
	})
	s := excluded
	if reason == crawllog.ReasonSeedHosts {
		s = excludedHost
	}
	m.urls[url] = &modelURL{host: m.host(weburl.HostOf(url)), state: s, ended: true}
}

func (m *model) pick(t *rapid.T) bool {
	want, ok := m.minDepth()
	req, got := m.f.pick(m.now)
	if got != ok || got && req.depth != want {
		t.Fatalf("picked %t %s at depth %d, want %t at depth %d", got, req.url, req.depth, ok, want)
	}
	if !got {
		return false
	}
	u := m.urls[req.url]
	if u == nil || u.depth != req.depth || u.state != queued && (u.state != retrying || u.due.After(m.now)) {
		t.Fatalf("picked %s, which is %+v", req.url, u)
	}
	if req.check != u.check || req.asset != u.asset || req.assetOf != u.of&^u.met {
		t.Fatalf("picked %s as a check: %t, as an asset: %t of %b; want %+v", req.url, req.check, req.asset, req.assetOf, u)
	}
	if req.referrer != u.referrer {
		t.Fatalf("picked %s with the referrer %q, want %q", req.url, req.referrer, u.referrer)
	}
	u.state = fetching
	u.host.inFlight++
	u.host.next = m.now.Add(m.f.delay)
	m.requests = append(m.requests, req)
	return true
}

// complete ends a fetch in one of the possible ways.
func (m *model) complete(t *rapid.T, req request, how string) {
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
		u.state, u.due = retrying, m.now.Add(3*time.Second)
		if how == "hold" {
			u.host.next = later(u.host.next, u.due)
		}
		o = nil
		m.record(&crawllog.Retry{
			URL: req.url, Attempt: req.attempt + 1, Due: u.due, HoldHost: how == "hold", OccurredAt: m.now,
			Referrer: m.f.referrer(req.key, req.referrer),
		})
	case "requeue":
		m.f.requeue(req, true)
		u.state = queued
		u.host.inFlight--
		return
	}
	if o != nil {
		if o.Referrer = m.f.referrer(req.key, req.referrer); o.Referrer != u.referrer {
			t.Fatalf("%s ends with the referrer %q, want %q", req.url, o.Referrer, u.referrer)
		}
		o.Again = u.again
		u.met, u.again, u.ended = u.of, false, true
		m.record(o)
	}
	m.f.complete(req, true)
	u.host.inFlight--
	if fetched {
		// The last fetch to end decides, whether or not another one is in flight.
		u.host.next = later(u.host.next, m.now.Add(m.f.delay))
	}
}

// TestFrontierAgainstModel drives a frontier and the model side by side, and compares the frontier
// with the fold of its log.
func TestFrontierAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFrontier(rapid.IntRange(1, 2).Draw(t, "per host"), time.Second, rapid.IntRange(-1, 3).Draw(t, "max depth"))
		if f.perHost > 1 {
			f.delay = 0 // then the ends of fetches matter neither here nor in the model
		}
		f.keptAssets = 3
		m := &model{f: f, now: time.UnixMilli(1e12).UTC(), urls: map[string]*modelURL{}, hosts: map[string]*modelHost{}}
		url := rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("https://%c.example/%s%d", 'a'+rune(rapid.IntRange(0, 3).Draw(t, "host")),
				rapid.SampledFrom([]string{"", "?", "?PHPSESSID="}).Draw(t, "variant"), rapid.IntRange(0, 9).Draw(t, "page"))
		})
		complete := func(hows ...string) func(*rapid.T) {
			return func(t *rapid.T) {
				if len(m.requests) == 0 {
					t.Skip("nothing in flight")
				}
				i := rapid.IntRange(0, len(m.requests)-1).Draw(t, "request")
				req := m.requests[i]
				m.requests = slices.Delete(m.requests, i, i+1)
				m.complete(t, req, rapid.SampledFrom(hows).Draw(t, "how"))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"discover": func(t *rapid.T) {
				r := &crawllog.Discovered{
					URL: url.Draw(t, "url"), Depth: rapid.IntRange(0, 4).Draw(t, "depth"), Seed: rapid.Bool().Draw(t, "seed"),
					Check: rapid.Bool().Draw(t, "check"), Referrer: rapid.OneOf(rapid.Just(""), url).Draw(t, "referrer"),
					AssetOf: rapid.SampledFrom([]pipelineSet{0, 0, 0, 1, 2, 3}).Draw(t, "asset of"),
				}
				r.Asset = r.Check && rapid.Bool().Draw(t, "asset")
				m.discover(t, r)
			},
			"exclude": func(t *rapid.T) {
				if u := url.Draw(t, "url"); m.urls[u] == nil {
					m.exclude(u, rapid.SampledFrom([]string{crawllog.ReasonSeedHosts, "budget"}).Draw(t, "reason"))
				}
			},
			"pick":       func(t *rapid.T) { m.pick(t) },
			"succeed":    complete("ok"),
			"complete":   complete("failed", "excluded", "retry", "hold", "requeue"),
			"seeds read": func(t *rapid.T) { m.record(&crawllog.SeedsRead{}) },
			"wait": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond)
			},
			"fold": func(t *rapid.T) {
				folded := fold(t, f, m.records)
				if diff := cmp.Diff(durable(f), durable(folded)); diff != "" {
					t.Fatalf("the fold of the log differs (-live +fold):\n%s", diff)
				}
				if diff := cmp.Diff(referrersOf(f, m.requests), referrersOf(folded, nil)); diff != "" {
					t.Fatalf("the fold of the log has other referrers (-live +fold):\n%s", diff)
				}
				checkLinks(t, f, m.records, rapid.IntRange(1, 9).Draw(t, "part"))
			},
			"": func(t *rapid.T) {
				var unfinished, ended int64
				for _, u := range m.urls {
					if u.ended {
						ended++
					}
					if u.state.unfinished() {
						unfinished++
					}
				}
				p := f.progress
				if got := p.URLsFetched + p.URLsFailed + p.URLsExcluded; p.URLsQueued != unfinished || got != ended {
					t.Fatalf("%d URLs are queued and %d ended, want %d and %d", p.URLsQueued, got, unfinished, ended)
				}
			},
		})
		drain(t, m)
		m.f = fold(t, f, m.records)
		m.f.resume(m.now)
		drain(t, m)
	})
}

// drain fetches everything that may be fetched, and waits as long as nextDue says. Nothing may be
// lost and nothing picked twice.
func drain(t *rapid.T, m *model) {
	for steps := 0; ; steps++ {
		if steps > 10_000 {
			t.Fatal("the frontier never becomes empty")
		}
		if m.pick(t) {
			continue
		}
		if len(m.requests) > 0 {
			req := m.requests[0]
			m.requests = m.requests[1:]
			m.complete(t, req, "ok")
			continue
		}
		due, ok := m.f.nextDue()
		if !ok {
			break
		}
		if !due.After(m.now) && m.f.delayed.Len()+len(m.f.retries) == 0 {
			t.Fatal("pick finds nothing where nextDue does")
		}
		m.now = later(m.now, due)
	}
	for url, u := range m.urls {
		if u.state.unfinished() && (m.f.maxDepth < 0 || u.depth <= m.f.maxDepth) {
			t.Fatalf("%s was left: %+v", url, u)
		}
	}
}
