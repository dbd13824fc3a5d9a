package crawl_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/crawltest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A simSite is a site in memory whose responses take some time, for tests in virtual time. It
// records its requests.
type simSite struct {
	robots    string
	robotsErr error
	before    [][]byte // parts that the run's log has before the first crawl
	page      func(uri string, attempt int) (*fetch.Response, error)

	mu             sync.Mutex
	fetches        []simFetch
	robotsRequests []time.Time
	opts           fetch.Options
}

// A simFetch is one request for a page.
type simFetch struct {
	uri        string
	began, end time.Time
}

const (
	simURL     = "http://sim.example"
	simLatency = 70 * time.Millisecond
)

func (s *simSite) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	began := time.Now()
	select {
	case <-time.After(simLatency):
	case <-ctx.Done():
		return nil, &fetch.Error{Reason: fetch.Canceled, Err: ctx.Err()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	attempt := 1
	for _, h := range s.fetches {
		if h.uri == u.RequestURI() {
			attempt++
		}
	}
	s.fetches = append(s.fetches, simFetch{u.RequestURI(), began, time.Now()})
	return s.page(u.RequestURI(), attempt)
}

func (s *simSite) Check(ctx context.Context, _ string, u weburl.URL) (*fetch.Response, error) {
	return s.Get(ctx, u)
}

func (s *simSite) Robots(context.Context, weburl.URL) (*robots.Rules, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.robotsRequests = append(s.robotsRequests, time.Now())
	if s.robotsErr != nil {
		return nil, s.robotsErr
	}
	return robots.Parse([]byte(s.robots), "inndx"), nil
}

func (s *simSite) Close() {}

// uris returns the requested URIs, in order.
func (s *simSite) uris() (all []string) {
	for _, h := range s.fetches {
		all = append(all, h.uri)
	}
	return all
}

// checkDelay checks the delay between the end of each request and the start of the next one.
func (s *simSite) checkDelay(t *testing.T, delay time.Duration) {
	t.Helper()
	for i, h := range s.fetches[1:] {
		// Recorded times are whole milliseconds.
		if gap := h.began.Sub(s.fetches[i].end); gap < delay-time.Millisecond {
			t.Errorf("%s was requested %v after %s, want %v", h.uri, gap, s.fetches[i].uri, delay)
		}
	}
}

// A simStore holds a run in memory, with the time of its next wake-up, and simulates dying
// processes.
type simStore struct {
	*crawltest.MemoryStore
	wakeAt    time.Time
	handovers []run.Handover
	deaths    int // how many processes are still to die, each after a commit
	dead      bool
}

func (s *simStore) Release(_ context.Context, _ *run.Lease, h run.Handover) error {
	if s.dead {
		return errDied
	}
	s.wakeAt, s.handovers = h.WakeAt, append(s.handovers, h)
	return nil
}

func (s *simStore) Commit(ctx context.Context, lease *run.Lease, c crawllog.Commit) error {
	if s.dead {
		return errDied
	}
	err := s.MemoryStore.Commit(ctx, lease, c)
	if s.deaths > 0 && len(c.Parts) > 0 {
		s.deaths--
		s.dead = true
		return errDied
	}
	return err
}

func (s *simStore) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	if s.dead {
		return "", errDied
	}
	return s.MemoryStore.Status(ctx, ref)
}

// A simRun is a run of a simSite in virtual time.
type simRun struct {
	t           *testing.T
	site        *simSite
	store       *simStore
	queue       *recordingQueue
	invocations []time.Duration // the duration of each
}

// simulate crawls a site whose first page is "/" until the run ends, and calls check. newProcesses
// makes each invocation a process of its own; deaths is how many processes die.
func simulate(t *testing.T, site *simSite, more string, newProcesses bool, deaths int, check func(r *simRun)) {
	t.Helper()
	createCodec()
	synctest.Test(t, func(t *testing.T) {
		cfg, err := config.Parse([]byte(fastConfig(simURL+"/", more)), "config")
		if err != nil {
			t.Fatal(err)
		}
		r := &simRun{t: t, site: site, queue: &recordingQueue{}, store: &simStore{MemoryStore: crawltest.NewMemoryStore(cfg), deaths: deaths}}
		r.store.Log = site.before
		c := r.crawler()
		for invocations := 0; r.store.Current.Status != run.Finished; invocations++ {
			if invocations > 2000 {
				t.Fatalf("the run never ends: %+v", r.store.Current.Progress)
			}
			began := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			_ = c.Crawl(ctx, refTo(r.store.Current.ID))
			cancel()
			r.invocations = append(r.invocations, time.Since(began))
			switch {
			case r.store.dead:
				r.forget()
				time.Sleep(20 * time.Second) // until the lease ends
				r.store.dead = false
				c = r.crawler()
			case newProcesses:
				c = r.crawler()
			}
			time.Sleep(time.Until(r.store.wakeAt))
		}
		check(r)
	})
}

// createCodec makes package crawllog create its encoder and decoder outside of a bubble of virtual
// time.
func createCodec() {
	for range crawllog.Decode(crawllog.Encode([]crawllog.Record{&crawllog.SeedsRead{}})[0]) {
	}
}

func (r *simRun) crawler() *crawl.Crawler {
	return crawl.New(crawl.Options{
		Store: r.store, Queue: r.queue, Logger: testLogger(),
		NewClient: func(o fetch.Options) crawl.Client {
			r.site.opts = o
			return r.site
		},
	})
}

// outcomes returns the outcomes of the log, by path and query.
func (r *simRun) outcomes() map[string]*crawllog.Outcome {
	all := map[string]*crawllog.Outcome{}
	for rec := range r.records() {
		if o, ok := rec.(*crawllog.Outcome); ok {
			all[strings.TrimPrefix(o.URL, simURL)] = o
		}
	}
	return all
}

// records returns the records of the log.
func (r *simRun) records() iter.Seq[crawllog.Record] {
	return func(yield func(crawllog.Record) bool) {
		for _, part := range r.store.Log {
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

// unread returns the unread sitemaps of the log with their reasons, and how often each is recorded.
func (r *simRun) unread() map[string]int {
	all := map[string]int{}
	for rec := range r.records() {
		if o, ok := rec.(*crawllog.Outcome); ok && o.Sitemap {
			all[strings.TrimPrefix(o.URL, simURL)+" "+o.ErrorReason]++
		}
	}
	return all
}

// forget drops the requests of which the log knows nothing: those of a process that died.
func (r *simRun) forget() {
	recorded := r.outcomes()
	r.site.fetches = slices.DeleteFunc(r.site.fetches, func(h simFetch) bool { return recorded[h.uri] == nil })
}

// htmlResponse returns a page with the links.
func htmlResponse(status int, links ...string) (*fetch.Response, error) {
	var body strings.Builder
	for _, l := range links {
		fmt.Fprintf(&body, "<a href=%q></a>", l)
	}
	return &fetch.Response{Status: status, Header: http.Header{}, ContentType: "text/html", Body: []byte(body.String())}, nil
}

// redirectTo returns a redirect.
func redirectTo(location string) (*fetch.Response, error) {
	return &fetch.Response{Status: 302, Header: http.Header{}, Location: location}, nil
}

// sitemapResponse returns a sitemap or an index of sitemaps.
func sitemapResponse(element, child string, locs ...string) (*fetch.Response, error) {
	var b strings.Builder
	for _, l := range locs {
		fmt.Fprintf(&b, "<%s><loc>%s%s</loc></%[1]s>", child, simURL, l)
	}
	body := fmt.Sprintf("<%s>%s</%[1]s>", element, b.String())
	return &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "application/xml", Body: []byte(body)}, nil
}

// sitemapSeeds returns a configuration whose seeds are sitemaps.
func sitemapSeeds(urls string) string {
	return `{'seeds': [{'kind': 'sitemap', 'params': {'urls': [` + urls + `]}}]}`
}

// pages returns the pages of a site of n pages, each of which links to all.
func pages(n int) func(string, int) (*fetch.Response, error) {
	var links []string
	for i := range n - 1 {
		links = append(links, fmt.Sprint("/", i))
	}
	return func(string, int) (*fetch.Response, error) { return htmlResponse(200, links...) }
}
