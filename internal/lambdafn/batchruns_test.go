package lambdafn

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// These tests invoke the built crawl function with batches of wake-ups.
func TestBatches(t *testing.T) {
	dir := bootstraps(t, "crawl", "sweep")
	for name, test := range map[string]func(*testing.T, string){
		"side by side": testRunsSideBySide, "partial failure": testPartialFailure,
		"memory": testHandBackForMemory, "periods": testRunsMeet, "loop": testBatchesInALoop,
	} {
		t.Run(name, func(t *testing.T) { test(t, dir) })
	}
}

// A batchRun is a run of a site of its own.
type batchRun struct {
	ref  run.Ref
	body string // of its wake-up
	site *sitetest.Server
}

// startRun creates a run as newRun does, and sends its wake-up.
func (c *cloud) startRun(pages, links int, delay time.Duration) *batchRun {
	c.t.Helper()
	b := c.newRun(pages, links, delay)
	c.send("WakeQueue", b.body, 0, "")
	return b
}

// newRun creates a run of an endless site, whose first page has that many links and whose others have
// two.
func (c *cloud) newRun(pages, links int, delay time.Duration) *batchRun {
	c.t.Helper()
	b := &batchRun{site: sitetest.Start(c.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		n := 2
		if r.URL.Path == "/" {
			n = links
		}
		for i := range n {
			// A digest, so that the frontier cannot store it in a few bytes.
			fmt.Fprintf(w, `<a href="%s/%x">next</a>`, strings.TrimSuffix(r.URL.Path, "/"), sha512.Sum512(fmt.Append(nil, i)))
		}
	}))}
	cfg, err := config.Parse(fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"fetcher": {"timeout": "1s"},
		"traps": {"max_path_segments": 1000, "max_repeated_segments": 1000},
		"policies": [{"kind": "robots_txt", "params": {"default_delay": %q}}],
		"stopping_criteria": [{"kind": "max_urls", "params": {"max_urls": %d}}]
	}`, b.site.URL, delay, pages), "config")
	if err != nil {
		c.t.Fatal(err)
	}
	_, r, err := c.store.CreateJobAndRun(c.t.Context(), owner, job.Job{Name: "batch"}, cfg, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	b.ref = run.Ref{Tenant: owner, ID: r.ID}
	if b.body, err = wake.Encode(wake.Delivery{Run: b.ref}); err != nil {
		c.t.Fatal(err)
	}
	return b
}

// pages returns how often each page of the site was requested.
func (b *batchRun) pages() map[string]int {
	all := b.site.All()
	delete(all, "/robots.txt")
	return all
}

// newBatchCloud returns a cloud whose crawl function has the timeout, in seconds.
func newBatchCloud(t *testing.T, dir string, timeout int) *cloud {
	tmpl := readTemplate(t)
	f := tmpl.Resources["CrawlFunction"]
	f.Properties.Timeout = timeout
	tmpl.Resources["CrawlFunction"] = f
	c := newCloud(t, tmpl, dir)
	c.env = append(c.env, "ALLOW_PRIVATE_ADDRESSES=true", "CRAWL_PERIOD=15m")
	c.second = 100 * time.Millisecond
	return c
}

// deliverOne delivers the next batch and waits for its invocation.
func (c *cloud) deliverOne() {
	c.t.Helper()
	source, at := c.next(c.mappings(), nil)
	if at.IsZero() {
		c.t.Fatal("no message is in a queue")
	}
	time.Sleep(time.Until(at))
	c.receive(source, c.gather(source))
}

func (c *cloud) finished(runs ...*batchRun) func() bool {
	return func() bool {
		return !slices.ContainsFunc(runs, func(b *batchRun) bool { return c.run(b.ref.ID).Status != run.Finished })
	}
}

// batchesWith returns the batches of the crawl function that have all of the bodies.
func (c *cloud) batchesWith(bodies ...string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, batch := range c.batches["CrawlFunction"] {
		if !slices.ContainsFunc(bodies, func(body string) bool { return !slices.Contains(batch, body) }) {
			n++
		}
	}
	return n
}

// Ten runs are crawled side by side in one invocation. Before its deadline everything is committed
// and every lease is released, and the next invocation continues: no page is fetched twice.
func testRunsSideBySide(t *testing.T, dir string) {
	const pages = 60
	c := newBatchCloud(t, dir, 8)
	var runs []*batchRun
	for range 10 {
		runs = append(runs, c.startRun(pages, 2, 100*time.Millisecond))
	}
	c.send("WakeQueue", runs[0].body, 0, "") // SQS may deliver a message twice
	c.deliverOne()
	if n := len(c.batches["CrawlFunction"][0]); n != len(runs)+1 {
		t.Errorf("the batch has %d messages, want %d", n, len(runs)+1)
	}
	due, err := c.store.Due(t.Context(), time.Now(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range runs {
		got := c.run(b.ref.ID)
		if fetched, served := int(got.Progress.URLsFetched), len(b.pages()); fetched == 0 || fetched == pages || fetched != served {
			t.Errorf("run %d: %d pages are recorded, %d were served, of %d", i, fetched, served, pages)
		}
		if !slices.Contains(due, b.ref) {
			t.Errorf("run %d is not due: its lease is not released", i)
		}
	}
	c.deliver(c.finished(runs...))
	for i, b := range runs {
		got := c.run(b.ref.ID)
		if got.StopReason != run.MaxURLs || got.Progress.URLsFetched != pages || len(b.pages()) != pages {
			t.Errorf("run %d is %s %s with %d pages, %d were served", i, got.Status, got.StopReason, got.Progress.URLsFetched, len(b.pages()))
		}
		for page, n := range b.pages() {
			if n != 1 {
				t.Errorf("run %d: %s was fetched %d times", i, page, n)
			}
		}
	}
	if n := c.invoked["CrawlFunction"]; n < 2 || n >= len(runs) || len(c.failures) > 0 {
		t.Errorf("%d invocations for %d runs, failures: %v", n, len(runs), c.failures)
	}
}

// A refusingTable passes requests on to DynamoDB, but refuses those that name a run.
type refusingTable struct {
	mu     sync.Mutex
	refuse string // the id of a run, or empty
}

func (r *refusingTable) set(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = id
}

// start returns the endpoint of the table.
func (r *refusingTable) start(t *testing.T) string {
	target, err := url.Parse(aws.ToString(dynamotest.Config(t).BaseEndpoint))
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		r.mu.Lock()
		refused := r.refuse != "" && bytes.Contains(body, []byte(r.refuse))
		r.mu.Unlock()
		if refused {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type": "com.amazon.coral.service#AccessDeniedException", "message": "refused"}`)
			return
		}
		proxy.ServeHTTP(w, req)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// The table refuses the requests of one run. Exactly its message is reported as failed, and its
// neighbors are crawled. When the table accepts them again, the sweep resumes the run, long before
// SQS delivers the message again.
func testPartialFailure(t *testing.T, dir string) {
	const pages = 5
	c := newBatchCloud(t, dir, 20)
	table := &refusingTable{}
	c.env = append(c.env, "AWS_ENDPOINT_URL_DYNAMODB="+table.start(t))
	var runs []*batchRun
	for range 10 {
		runs = append(runs, c.startRun(pages, 2, time.Millisecond))
	}
	bad := runs[3]
	table.set(bad.ref.ID.String())
	c.deliverOne()
	if !slices.Equal(c.failures, []string{bad.body}) {
		t.Errorf("the messages %v failed, want %s", c.failures, bad.body)
	}
	for i, b := range runs {
		if finished := c.run(b.ref.ID).Status == run.Finished; finished == (b == bad) {
			t.Errorf("run %d is finished: %t", i, finished)
		}
	}
	table.set("")
	if _, err := c.invoke("SweepFunction", events.EventBridgeEvent{Source: "aws.events"}, ""); err != nil {
		t.Fatal(err)
	}
	c.deliver(c.finished(bad))
	if got := c.run(bad.ref.ID); got.StopReason != run.MaxURLs || got.Progress.URLsFetched != pages {
		t.Errorf("the run is %s %s with %d pages", got.Status, got.StopReason, got.Progress.URLsFetched)
	}
}

// An invocation with a batch continues the chains of all its wake-ups. Lambda does not end them.
func testBatchesInALoop(t *testing.T, dir string) {
	const pages = 25
	c := newBatchCloud(t, dir, 20)
	c.tmpl.set("CrawlBatchSize", 10)
	c.tmpl.set("CrawlBatchWindow", 0)
	c.env = append(c.env, "MAX_IDLE=10ms") // much less than the delay of the hosts
	runs := []*batchRun{c.startRun(pages, 2, 100*time.Millisecond), c.startRun(pages, 2, 100*time.Millisecond)}
	finished := c.finished(runs...)
	c.deliver(func() bool { return len(c.dropped) > 0 || finished() })
	for i, b := range runs {
		if got := c.run(b.ref.ID); got.StopReason != run.MaxURLs || got.Progress.URLsFetched != pages {
			t.Errorf("run %d is %s %s with %d pages", i, got.Status, got.StopReason, got.Progress.URLsFetched)
		}
	}
	if n := c.invoked["CrawlFunction"]; n <= maxLoop || len(c.dropped) > 0 || c.batchesWith(runs[0].body, runs[1].body) == 0 {
		t.Errorf("%d invocations, want more than %d; dropped: %v", n, maxLoop, c.dropped)
	}
}
