package crawl

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A fataler is a *testing.T, *testing.B or *rapid.T.
type fataler interface{ Fatal(...any) }

// openSettings returns settings that refuse nothing.
func openSettings() *settings {
	s, err := newSettings([]byte(`{"filters":[],"policies":[]}`))
	if err != nil {
		panic(err)
	}
	return s
}

// newTestShare returns the share of a run that is alone in its process.
func newTestShare() *budget.Share {
	s, _ := budget.New(budget.Limits{}).Join(0)
	return s
}

func testLink(url string) link { return link{url: url, key: weburl.KeyOf(url)} }

// newTestAdmission returns an admission to a new frontier, and the committer that keeps its
// records.
func newTestAdmission(s *settings) (*admission, *committer) {
	c := &committer{frontier: newFrontier(1, 0, -1)}
	return &admission{settings: s, frontier: c.frontier, record: c.record}, c
}

// newTestFrontier returns a frontier with one fetch at a time from a host, and no other bounds.
func newTestFrontier() *frontier { return newFrontier(1, 0, -1) }

// fold returns the frontier that the records make after they were encoded and decoded.
func fold(t fataler, f *frontier, records []crawllog.Record) *frontier {
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

// A frontierState is the durable part of a frontier.
type frontierState struct {
	Known      map[weburl.Key]knownURL
	Attempts   map[weburl.Key]int
	Levels     []int64
	Hosts      map[string]durableHost
	Variants   map[uint64]int64
	SeedsRead  bool
	Last       time.Time
	Progress   run.Progress
	Chains     map[weburl.Key][]weburl.Key // of redirects
	ContinueAt map[weburl.Key]string
	Assets     map[weburl.Key]durableAsset
}

type durableAsset struct {
	Of, Done pipelineSet
	Page     string
	Again    bool
}

type durableHost struct {
	Seed            bool
	Joined          int64
	Last, HoldUntil time.Time
}

// durable returns the durable part of a frontier. All unfinished URLs count as queued in it.
func durable(f *frontier) frontierState {
	s := frontierState{
		Known: map[weburl.Key]knownURL{}, Attempts: f.attempts, Levels: f.levels, Hosts: map[string]durableHost{},
		Variants: f.variants, SeedsRead: f.seedsRead, Last: f.last, Progress: f.progress,
		Chains: map[weburl.Key][]weburl.Key{}, ContinueAt: f.continueAt,
		Assets: map[weburl.Key]durableAsset{},
	}
	for k, a := range f.assets {
		s.Assets[k] = durableAsset{a.of, a.done, a.page, a.again}
	}
	for k, e := range f.known {
		if e.state().unfinished() {
			e = e.withState(queued)
		}
		s.Known[k] = e
	}
	for k, chain := range f.chains {
		for _, r := range chain {
			s.Chains[k] = append(s.Chains[k], r.key)
		}
	}
	for name, h := range f.hosts {
		if d := (durableHost{h.seed, h.joined, h.last, h.holdUntil}); d != (durableHost{}) {
			s.Hosts[name] = d
		}
	}
	return s
}

// referrersOf returns the referrers of the unfinished URLs of a frontier, some of which are
// requested.
func referrersOf(f *frontier, requests []request) map[string]string {
	all := map[string]string{}
	for _, h := range f.hosts {
		for _, q := range h.queues {
			q.url = slices.Clone(q.url) // so that q is a copy
			for !q.empty() {
				text, referrer, _ := q.pop()
				url := string(text)
				if known := f.known[weburl.KeyOf(url)]; known.state() == queued && known.depth() == q.depth {
					all[url] = referrer
				}
			}
		}
	}
	for _, r := range f.retries {
		k := weburl.KeyOf(r.url)
		if f.known[k].state() == retrying && f.attempts[k] == r.attempt {
			all[r.url] = f.referrer(k, r.referrer)
		}
	}
	for _, req := range requests {
		if f.known[req.key].state() == fetching {
			all[req.url] = f.referrer(req.key, req.referrer)
		}
	}
	return all
}

func mustURL(t fataler, raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// setCookies makes a jar keep the cookies of a response's Set-Cookie headers.
func setCookies(t fataler, j *jar, raw string, headers ...string) {
	res := http.Response{Header: http.Header{"Set-Cookie": headers}}
	j.SetCookies(mustURL(t, raw), res.Cookies())
}

// cookiesFor returns the Cookie header of a request.
func cookiesFor(t fataler, j *jar, raw string) string {
	var all []string
	for _, c := range j.Cookies(mustURL(t, raw)) {
		all = append(all, c.String())
	}
	return strings.Join(all, "; ")
}
