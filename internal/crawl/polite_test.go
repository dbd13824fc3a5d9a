package crawl_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A calm site is one in memory whose answers take some time, for tests in which hours pass
// at once. It keeps when it was asked for what.
type calmSite struct {
	robots    string
	robotsErr error
	before    [][]byte // what the run's log has when it is crawled first
	page      func(uri string, try int) (*fetch.Response, error)

	mu    sync.Mutex
	hits  []calmHit
	files []time.Time // requests for robots.txt
	opts  fetch.Options
}

type calmHit struct {
	uri        string
	began, end time.Time
}

const (
	calmURL     = "http://calm.example"
	calmLatency = 70 * time.Millisecond
)

// answer returns a page with the links.
func answer(status int, links ...string) (*fetch.Response, error) {
	var body strings.Builder
	for _, l := range links {
		fmt.Fprintf(&body, "<a href=%q></a>", l)
	}
	return &fetch.Response{Status: status, Header: http.Header{}, ContentType: "text/html", Body: []byte(body.String())}, nil
}

func (c *calmSite) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	began := time.Now()
	select {
	case <-time.After(calmLatency):
	case <-ctx.Done():
		return nil, &fetch.Error{Reason: fetch.Canceled, Err: ctx.Err()}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	try := 1
	for _, h := range c.hits {
		if h.uri == u.RequestURI() {
			try++
		}
	}
	c.hits = append(c.hits, calmHit{u.RequestURI(), began, time.Now()})
	return c.page(u.RequestURI(), try)
}

func (c *calmSite) Robots(context.Context, weburl.URL) (*robots.Rules, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files = append(c.files, time.Now())
	if c.robotsErr != nil {
		return nil, c.robotsErr
	}
	return robots.Parse([]byte(c.robots), "inndx"), nil
}

func (c *calmSite) Close() {}

// uris returns what was asked for, in order.
func (c *calmSite) uris() (all []string) {
	for _, h := range c.hits {
		all = append(all, h.uri)
	}
	return all
}

// checkDelay checks that at least so much lies between any request and the end of the one
// before.
func (c *calmSite) checkDelay(t *testing.T, delay time.Duration) {
	t.Helper()
	for i, h := range c.hits[1:] {
		if gap := h.began.Sub(c.hits[i].end); gap < delay-time.Millisecond { // times are recorded in milliseconds
			t.Errorf("%s was requested %v after %s, want %v", h.uri, gap, c.hits[i].uri, delay)
		}
	}
}

// A calmLedger keeps a run in memory, and when it is to be waked.
type calmLedger struct {
	*memoryLedger
	wakeAt time.Time
	deaths int // how many times its process may still die, each after a commit
	dead   bool
}

func (l *calmLedger) Release(_ context.Context, _ *run.Lease, at time.Time) error {
	if l.dead {
		return errDied
	}
	l.wakeAt = at
	return nil
}

func (l *calmLedger) Commit(ctx context.Context, lease *run.Lease, c crawllog.Commit) error {
	if l.dead {
		return errDied
	}
	err := l.memoryLedger.Commit(ctx, lease, c)
	if l.deaths > 0 && len(c.Parts) > 0 {
		l.deaths--
		l.dead = true
		return errDied
	}
	return err
}

func (l *calmLedger) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	if l.dead {
		return "", errDied
	}
	return l.memoryLedger.Status(ctx, ref)
}

// A calmRun is one of a calm site, in a bubble of its own time.
type calmRun struct {
	t      *testing.T
	site   *calmSite
	ledger *calmLedger
	queue  *recordingQueue
	spells []time.Duration // how long each invocation took
}

// calmly crawls a site whose first page is "/". strangers makes each invocation a process of
// its own, and deaths is how many of these die.
func calmly(t *testing.T, site *calmSite, more string, strangers bool, deaths int, check func(r *calmRun)) {
	t.Helper()
	// What the process keeps for ever is made outside of the bubble.
	for range crawllog.Decode(crawllog.Encode([]crawllog.Record{&crawllog.SeedsRead{}})[0]) {
	}
	synctest.Test(t, func(t *testing.T) {
		cfg, err := config.Parse([]byte(fast(calmURL+"/", more)), "config")
		if err != nil {
			t.Fatal(err)
		}
		r := &calmRun{t: t, site: site, queue: &recordingQueue{}, ledger: &calmLedger{memoryLedger: newMemoryLedger(cfg), deaths: deaths}}
		r.ledger.log = site.before
		c := r.crawler()
		for invocations := 0; r.ledger.run.Status != run.Finished; invocations++ {
			if invocations > 2000 {
				t.Fatalf("the run never ends: %+v", r.ledger.run.Progress)
			}
			began := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // as a function has
			_ = c.Crawl(ctx, refTo(r.ledger.run.ID))
			cancel()
			r.spells = append(r.spells, time.Since(began))
			switch {
			case r.ledger.dead:
				r.forget()
				time.Sleep(20 * time.Second) // its lease ends
				r.ledger.dead = false
				c = r.crawler()
			case strangers:
				c = r.crawler()
			}
			time.Sleep(time.Until(r.ledger.wakeAt))
		}
		check(r)
	})
}

func (r *calmRun) crawler() *crawl.Crawler {
	return crawl.New(crawl.Options{
		Store: r.ledger, Queue: r.queue, Logger: quiet(),
		NewClient: func(o fetch.Options) crawl.Client {
			r.site.opts = o
			return r.site
		},
	})
}

// outcomes returns what the log has, by path and query.
func (r *calmRun) outcomes() map[string]*crawllog.Outcome {
	all := map[string]*crawllog.Outcome{}
	for rec := range r.records() {
		if o, ok := rec.(*crawllog.Outcome); ok {
			all[strings.TrimPrefix(o.URL, calmURL)] = o
		}
	}
	return all
}

func (r *calmRun) records() iter.Seq[crawllog.Record] {
	return func(yield func(crawllog.Record) bool) {
		for _, part := range r.ledger.log {
			for rec, err := range crawllog.Decode(part) {
				if err != nil {
					r.t.Fatal(err)
				}
				if !yield(rec) {
					return
				}
			}
		}
	}
}

// forget drops the requests of which the log knows nothing: those of a process that died.
func (r *calmRun) forget() {
	recorded := r.outcomes()
	r.site.hits = slices.DeleteFunc(r.site.hits, func(h calmHit) bool { return recorded[h.uri] == nil })
}

// pages answers with a site of n pages, each of which links to all.
func pages(n int) func(string, int) (*fetch.Response, error) {
	var links []string
	for i := range n - 1 {
		links = append(links, fmt.Sprint("/", i))
	}
	return func(string, int) (*fetch.Response, error) { return answer(200, links...) }
}

func policy(delay string) string {
	return `{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '` + delay + `'}}], 'speed': {'per_host_concurrency': %d}}`
}

// The delay of a host holds whoever crawls it: the same process, others that know nothing
// but the log, and those that come after one that died.
func TestDelayHolds(t *testing.T) {
	const n = 12
	for _, delay := range []struct {
		name, robots, policy string
		want                 time.Duration
	}{
		{"default", "", "1s", time.Second},
		{"long default", "", "1m", time.Minute},
		{"Crawl-delay shorter than the default", "User-agent: *\nCrawl-delay: 2\n", "10s", 2 * time.Second},
		{"Crawl-delay longer than the default", "User-agent: inndx\nCrawl-delay: 7.5\n", "1s", 7500 * time.Millisecond},
		{"Crawl-delay without a default", "User-agent: *\nCrawl-delay: 1\n", "0s", time.Second},
		{"Crawl-delay that takes invocations", "User-agent: inndx\nCrawl-delay: 120\n", "1s", 2 * time.Minute},
	} {
		for _, who := range []struct {
			name      string
			strangers bool
			deaths    int
			perHost   int
		}{
			{"one process", false, 0, 1},
			{"one process that may fetch several at once", false, 0, 4},
			{"strangers", true, 0, 1},
			{"strangers that may fetch several at once", true, 0, 4},
			{"processes that die", true, 6, 1},
		} {
			t.Run(delay.name+", "+who.name, func(t *testing.T) {
				site := &calmSite{robots: delay.robots, page: pages(n)}
				more := []string{
					fmt.Sprintf(policy(delay.policy), who.perHost),
					`{'seeds': [{'kind': 'static_list', 'params': {'urls': ['` + calmURL + `/', '` + calmURL + `/0', '` + calmURL + `/1']}}]}`,
				}
				calmly(t, site, strings.Join(mergeObjects(more), ""), who.strangers, who.deaths, func(r *calmRun) {
					if p := r.ledger.run.Progress; p.URLsFetched != n || r.ledger.deaths != 0 {
						t.Errorf("%+v after all but %d deaths", p, r.ledger.deaths)
					}
					site.checkDelay(t, delay.want)
					// None waits longer than it must, but for deaths.
					if limit := n * (delay.want + 2*time.Second); who.deaths == 0 && time.Since(r.ledger.run.StartedAt) > limit {
						t.Errorf("the run took %v, want at most %v", time.Since(r.ledger.run.StartedAt), limit)
					}
				})
			})
		}
	}
}

// mergeObjects returns the members of objects as one object.
func mergeObjects(objects []string) []string {
	var members []string
	for _, o := range objects {
		members = append(members, strings.TrimSuffix(strings.TrimPrefix(o, "{"), "}"))
	}
	return []string{"{" + strings.Join(members, ",") + "}"}
}

// Waiting for longer than a few seconds is left to a delayed wake-up.
func TestWaitingEndsTheInvocation(t *testing.T) {
	site := &calmSite{robots: "User-agent: *\nCrawl-delay: 30", page: pages(5)}
	calmly(t, site, fmt.Sprintf(policy("1s"), 1), false, 0, func(r *calmRun) {
		if len(r.spells) != 5 || len(r.queue.delays) != 4 {
			t.Errorf("%d invocations, %d wake-ups; want one a page", len(r.spells), len(r.queue.delays))
		}
		for _, spell := range r.spells {
			if spell > 5*time.Second {
				t.Errorf("an invocation took %v", spell)
			}
		}
		for _, delay := range r.queue.delays {
			if delay < 25*time.Second || delay > 30*time.Second {
				t.Errorf("a wake-up was sent for in %v", delay)
			}
		}
	})
}

// A server that is busy is left alone as a whole for as long as it asks, also when the page
// has had its last try, and by whoever comes next.
func TestBusyServersAreLeftAlone(t *testing.T) {
	for _, test := range []struct {
		name    string
		status  int
		wish    time.Duration
		retries int
		least   time.Duration
	}{
		{"503 that is tried again", 503, time.Hour, 1, time.Hour},
		{"503 at the last try", 503, time.Hour, 0, time.Hour},
		{"429 that is tried again", 429, 10 * time.Minute, 1, 10 * time.Minute},
		{"429 at the last try", 429, 10 * time.Minute, 0, 10 * time.Minute},
		{"503 without a wish", 503, 0, 1, 500 * time.Millisecond},
		{"429 without a wish at the last try", 429, 0, 0, 500 * time.Millisecond},
	} {
		for _, strangers := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, strangers=%t", test.name, strangers), func(t *testing.T) {
				site := &calmSite{page: func(uri string, try int) (*fetch.Response, error) {
					if uri == "/busy" && try == 1 {
						a, _ := answer(test.status)
						a.RetryAfter = test.wish
						return a, nil
					}
					return answer(200, "/busy", "/a", "/b", "/c")
				}}
				more := fmt.Sprintf(`{'fetcher': {'max_retries': %d}, 'speed': {'concurrency': 1, 'per_host_concurrency': 1}}`, test.retries)
				calmly(t, site, more, strangers, 0, func(r *calmRun) {
					i := slices.Index(site.uris(), "/busy")
					if i < 0 || i+1 >= len(site.hits) {
						t.Fatalf("requested: %v", site.uris())
					}
					if gap := site.hits[i+1].began.Sub(site.hits[i].end); gap < test.least-time.Millisecond || gap > test.least+2*time.Second {
						t.Errorf("the next request came %v after the busy answer, want %v", gap, test.least)
					}
					if want := 5 - 1 + int64(test.retries); r.ledger.run.Progress.URLsFetched != want {
						t.Errorf("%+v, want %d fetched", r.ledger.run.Progress, want)
					}
				})
			})
		}
	}
}

// Only what another try may change is tried again, and later each time.
func TestWhatIsTriedAgain(t *testing.T) {
	failure := func(reason fetch.Reason, retryable bool) func() (*fetch.Response, error) {
		return func() (*fetch.Response, error) {
			return nil, &fetch.Error{Reason: reason, Retryable: retryable, Err: errors.New("it failed")}
		}
	}
	status := func(code int) func() (*fetch.Response, error) {
		return func() (*fetch.Response, error) { return answer(code) }
	}
	tries := map[string]int{}
	answers := map[string]func() (*fetch.Response, error){}
	for _, code := range []int{200, 204, 304, 400, 401, 403, 404, 405, 406, 408, 410, 418, 451, 501, 505} {
		answers[fmt.Sprint("/", code)], tries[fmt.Sprint("/", code)] = status(code), 1
	}
	for _, code := range []int{429, 500, 502, 503, 504} {
		answers[fmt.Sprint("/", code)], tries[fmt.Sprint("/", code)] = status(code), 4
	}
	answers["/timeout"], tries["/timeout"] = failure(fetch.Timeout, true), 4
	answers["/dns"], tries["/dns"] = failure(fetch.DNS, false), 1
	answers["/inside"], tries["/inside"] = failure(fetch.AddressRefused, false), 1
	site := &calmSite{page: func(uri string, _ int) (*fetch.Response, error) {
		if f := answers[uri]; f != nil {
			return f()
		}
		var links []string
		for uri := range answers {
			links = append(links, uri)
		}
		return answer(200, links...)
	}}
	calmly(t, site, `{}`, false, 0, func(r *calmRun) {
		got := map[string]int{}
		last := map[string]calmHit{}
		for _, h := range site.hits {
			if got[h.uri]++; got[h.uri] > 1 {
				least := time.Second << (got[h.uri] - 2) / 2
				if gap := h.began.Sub(last[h.uri].end); gap < least-time.Millisecond {
					t.Errorf("try %d of %s came after %v", got[h.uri], h.uri, gap)
				}
			}
			last[h.uri] = h
		}
		delete(got, "/")
		if diff := cmp.Diff(tries, got); diff != "" {
			t.Errorf("tries (-want +got):\n%s", diff)
		}
	})
}

// robots.txt is asked for once a day, and not once a page.
func TestRobotsAreKeptForADay(t *testing.T) {
	const n = 400 // five minutes apart: 33 hours
	site := &calmSite{robots: "User-agent: *\nCrawl-delay: 100000", page: pages(n)}
	calmly(t, site, `{}`, false, 0, func(r *calmRun) {
		if len(site.files) != 2 || site.files[1].Sub(site.files[0]) > 24*time.Hour+robots.MaxCrawlDelay+time.Second {
			t.Fatalf("robots.txt was requested at %v", site.files)
		}
		var late time.Time // the last page that the first one spoke for
		for _, h := range site.hits {
			if h.began.Before(site.files[1]) {
				late = h.began
			}
		}
		if age := late.Sub(site.files[0]); age > 24*time.Hour {
			t.Errorf("a robots.txt was used when it was %v old", age)
		}
		site.checkDelay(t, robots.MaxCrawlDelay)
	})
}

// What pages and servers ask not to be followed is not, when it is the crawler they ask.
func TestNoFollowIsRespected(t *testing.T) {
	tagged := func(value string, links ...string) (*fetch.Response, error) {
		a, _ := answer(200, links...)
		a.Header.Add("X-Robots-Tag", "noarchive")
		a.Header.Add("X-Robots-Tag", value)
		return a, nil
	}
	body := func(html string) (*fetch.Response, error) {
		return &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "text/html", Body: []byte(html)}, nil
	}
	site := &calmSite{page: func(uri string, _ int) (*fetch.Response, error) {
		switch uri {
		case "/":
			return answer(200, "/header", "/header-none", "/header-us", "/header-other", "/meta", "/meta-us", "/meta-other", "/rel")
		case "/header":
			return tagged("noindex, nofollow", "/no1")
		case "/header-none":
			return tagged("none", "/no2")
		case "/header-us":
			return tagged("ACME-Bot: nofollow", "/no3")
		case "/header-other":
			return tagged("otherbot: nofollow", "/yes1")
		case "/meta":
			return body("<a href=/no4></a><meta name=Robots content='noindex,NOFOLLOW'>")
		case "/meta-us":
			return body("<meta name=acme-bot content=nofollow><a href=/no5></a>")
		case "/meta-other":
			return body("<meta name=otherbot content=nofollow><a href=/yes2></a>")
		case "/rel":
			return body("<a rel='noopener nofollow ugc' href=/no6></a><a rel=NoFollow href=/no7></a><a rel=noopener href=/yes3></a><area rel=nofollow href=/no8>")
		}
		return answer(200)
	}}
	calmly(t, site, `{'user_agent': 'Acme-Bot/2 (+https://acme.example/bot)'}`, false, 0, func(r *calmRun) {
		for _, uri := range []string{"/yes1", "/yes2", "/yes3"} {
			if !slices.Contains(site.uris(), uri) {
				t.Errorf("%s was not followed", uri)
			}
		}
		for _, uri := range site.uris() {
			if strings.HasPrefix(uri, "/no") {
				t.Errorf("%s was followed", uri)
			}
		}
	})
}

// The crawler says who it is and where to complain, unless the configuration says it.
func TestUserAgent(t *testing.T) {
	for given, want := range map[string]string{
		`{}`: config.DefaultUserAgent,
		`{'user_agent': 'acme-bot/2 (+https://acme.example/bot)'}`: "acme-bot/2 (+https://acme.example/bot)",
	} {
		site := &calmSite{page: pages(1)}
		calmly(t, site, given, false, 0, func(*calmRun) {
			if site.opts.UserAgent != want {
				t.Errorf("the user agent is %q, want %q", site.opts.UserAgent, want)
			}
		})
	}
	if name, rest, ok := strings.Cut(config.DefaultUserAgent, "/"); robots.Product(config.DefaultUserAgent) != name || !ok || !strings.Contains(rest, "(+https://") {
		t.Errorf("the user agent %q does not say who and where to complain", config.DefaultUserAgent)
	}
}

func calmSitemaps(urls string) string {
	return `{'seeds': [{'kind': 'sitemap', 'params': {'urls': [` + urls + `]}}]}`
}

func sitemapAnswer(element, child string, locs ...string) (*fetch.Response, error) {
	var b strings.Builder
	for _, l := range locs {
		fmt.Fprintf(&b, "<%s><loc>%s%s</loc></%[1]s>", child, calmURL, l)
	}
	body := fmt.Sprintf("<%s>%s</%[1]s>", element, b.String())
	return &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "application/xml", Body: []byte(body)}, nil
}

// Sitemaps are fetched from their host as politely as pages, and pages after them too.
func TestSitemapsArePolite(t *testing.T) {
	busy := true
	site := &calmSite{robots: "User-agent: *\nCrawl-delay: 8", page: func(uri string, try int) (*fetch.Response, error) {
		switch {
		case uri == "/sitemap.xml":
			return sitemapAnswer("sitemapindex", "sitemap", "/1.xml", "/2.xml", "/3.xml")
		case uri == "/2.xml" && busy:
			busy = false
			a, _ := answer(503)
			a.RetryAfter = 40 * time.Second
			return a, nil
		case strings.HasSuffix(uri, ".xml"):
			return sitemapAnswer("urlset", "url", strings.TrimSuffix(uri, ".xml"))
		}
		return answer(200)
	}}
	calmly(t, site, calmSitemaps(`'`+calmURL+`/sitemap.xml'`), false, 0, func(r *calmRun) {
		want := []string{"/sitemap.xml", "/1.xml", "/2.xml", "/2.xml", "/3.xml", "/1", "/2", "/3"}
		got := site.uris()
		slices.Sort(got[min(5, len(got)):]) // of the pages any may come first
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		site.checkDelay(t, 8*time.Second)
		if gap := site.hits[3].began.Sub(site.hits[2].end); gap < 40*time.Second {
			t.Errorf("the busy server was asked again after %v", gap)
		}
	})
}

// A server that asks for more than a sitemap is worth is not asked for it again, and left
// alone for so long.
func TestBusySitemapIsLeftOut(t *testing.T) {
	site := &calmSite{page: func(uri string, _ int) (*fetch.Response, error) {
		if uri == "/sitemap.xml" {
			a, _ := answer(429)
			a.RetryAfter = time.Hour
			return a, nil
		}
		return answer(200)
	}}
	seeds := `{'seeds': [{'kind': 'sitemap', 'params': {'urls': ['` + calmURL + `/sitemap.xml']}},
		{'kind': 'static_list', 'params': {'urls': ['` + calmURL + `/']}}]}`
	calmly(t, site, seeds, false, 0, func(r *calmRun) {
		if diff := cmp.Diff([]string{"/sitemap.xml", "/"}, site.uris()); diff != "" {
			t.Fatalf("requests (-want +got):\n%s", diff)
		}
		site.checkDelay(t, time.Hour)
		if r.spells[0] > 5*time.Second {
			t.Errorf("the sitemap was waited for for %v", r.spells[0])
		}
	})
}

// Sitemaps that lead to others without end are read to a bounded depth and number, and for
// no longer than an invocation lasts.
func TestEndlessSitemaps(t *testing.T) {
	deeper := func(uri string, _ int) (*fetch.Response, error) {
		if strings.HasSuffix(uri, ".xml") {
			return sitemapAnswer("sitemapindex", "sitemap", strings.TrimSuffix(uri, ".xml")+"x.xml")
		}
		return answer(200)
	}
	wide := func(uri string, _ int) (*fetch.Response, error) {
		switch {
		case uri == "/sitemap.xml":
			var locs []string
			for i := range 2000 {
				locs = append(locs, fmt.Sprintf("/%d.xml", i))
			}
			return sitemapAnswer("sitemapindex", "sitemap", locs...)
		case strings.HasSuffix(uri, ".xml"):
			return sitemapAnswer("urlset", "url", strings.TrimSuffix(uri, ".xml"))
		}
		return answer(200)
	}
	for _, test := range []struct {
		name     string
		page     func(string, int) (*fetch.Response, error)
		robots   string
		sitemaps int
		pages    int64
	}{
		{"deep", deeper, "", 4, 0},
		{"wide", wide, "", 500, 499},
		{"slow", wide, "User-agent: *\nCrawl-delay: 20", 10, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := &calmSite{robots: test.robots, page: test.page}
			calmly(t, site, calmSitemaps(`'`+calmURL+`/sitemap.xml'`), false, 0, func(r *calmRun) {
				sitemaps := 0
				for _, uri := range site.uris() {
					if strings.HasSuffix(uri, ".xml") {
						sitemaps++
					}
				}
				if sitemaps != test.sitemaps || r.ledger.run.Progress.URLsFetched != test.pages {
					t.Errorf("%d sitemaps were read and %d pages fetched, want %d and %d",
						sitemaps, r.ledger.run.Progress.URLsFetched, test.sitemaps, test.pages)
				}
			})
		})
	}
}

var _ crawl.Client = (*calmSite)(nil)
