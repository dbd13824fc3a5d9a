package lambdafn

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

// loops returns the functions that may send, directly or through other functions, to a queue that
// invokes them. It follows the permissions and event sources of the template.
func loops(t *testing.T, tmpl template) map[string]bool {
	leads := map[string][]string{} // functions to queues, queues to functions and dead-letter queues
	for name, f := range tmpl.functions(t) {
		for _, permission := range allowed(f) {
			if queue, ok := strings.CutPrefix(permission, "sqs:SendMessage "); ok {
				leads[camel(name)+"Function"] = append(leads[camel(name)+"Function"], queue)
			}
		}
	}
	for _, source := range tmpl.ofType("AWS::Lambda::EventSourceMapping") {
		queue := attributeOf(source.EventSourceArn)
		leads[queue] = append(leads[queue], source.FunctionName)
	}
	for id, queue := range tmpl.ofType("AWS::SQS::Queue") {
		leads[id] = append(leads[id], attributeOf(queue.RedrivePolicy.DeadLetterTargetArn))
	}
	var reaches func(from, to string, seen map[string]bool) bool
	reaches = func(from, to string, seen map[string]bool) bool {
		for _, next := range leads[from] {
			if next == to {
				return true
			}
			if !seen[next] {
				seen[next] = true
				if reaches(next, to, seen) {
					return true
				}
			}
		}
		return false
	}
	found := map[string]bool{}
	for id := range tmpl.ofType("AWS::Serverless::Function") {
		if reaches(id, id, map[string]bool{}) {
			found[id] = true
		}
	}
	return found
}

// Lambda ends a chain of about 16 invocations of a function that sends to the queue that invokes
// it, unless RecursiveLoop of the function is Allow. Other functions must not set it.
func TestTemplateAllowsItsLoops(t *testing.T) {
	tmpl := readTemplate(t)
	inLoop := loops(t, tmpl)
	if len(inLoop) == 0 {
		t.Fatal("no function sends to a queue that invokes it: the crawl function must")
	}
	for id, f := range tmpl.ofType("AWS::Serverless::Function") {
		want := ""
		if inLoop[id] {
			want = "Allow"
		}
		if f.RecursiveLoop != want {
			t.Errorf("RecursiveLoop of %s is %q, want %q", id, f.RecursiveLoop, want)
		}
	}
}

// crawlSlowly starts a run of a site whose delay is longer than an invocation waits, so each page
// needs its own invocation.
func crawlSlowly(t *testing.T, tmpl template, dir string, pages int) (*cloud, run.Run) {
	t.Helper()
	const delay = 100 * time.Millisecond
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var page int
		fmt.Sscanf(r.URL.Path, "/%d", &page)
		fmt.Fprintf(w, `<a href="/%d">next</a>`, page+1)
	}))
	tmpl.set("CrawlBatchSize", 10)
	tmpl.set("CrawlBatchWindow", 0) // the run waits long enough for its host
	c := newCloud(t, tmpl, dir)
	c.env = append(c.env, "ALLOW_PRIVATE_ADDRESSES=true", "MAX_IDLE="+(delay/10).String())
	c.second = delay // SQS rounds the delay up to it
	cfg, err := config.Parse(fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": ["%s/0"]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": %q}}],
		"stopping_criteria": [{"kind": "max_urls", "params": {"max_urls": %d}}]
	}`, site.URL, delay, pages), "config")
	if err != nil {
		t.Fatal(err)
	}
	_, r, err := c.store.CreateJobAndRun(t.Context(), owner, job.Job{Name: "slow"}, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(run.Ref{Tenant: owner, ID: r.ID})
	if err != nil {
		t.Fatal(err)
	}
	c.send("WakeQueue", string(body), 0, "")
	return c, r
}

func (c *cloud) run(id uuid.UUID) run.Run {
	c.t.Helper()
	r, err := c.store.Run(c.t.Context(), run.Ref{Tenant: owner, ID: id})
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *cloud) isFinished(id uuid.UUID) func() bool {
	return func() bool { return c.run(id).Status == run.Finished }
}

func TestSlowCrawls(t *testing.T) {
	dir := bootstraps(t, "crawl", "sweep")
	t.Run("hand over", func(t *testing.T) { testHandOvers(t, dir) })
	t.Run("without RecursiveLoop", func(t *testing.T) { testEndedChain(t, dir) })
}

func testHandOvers(t *testing.T, dir string) {
	const pages = 60 // on a busy machine an invocation may fetch two
	c, r := crawlSlowly(t, readTemplate(t), dir, pages)
	c.deliver(func() bool { return len(c.dropped) > 0 || c.run(r.ID).Status == run.Finished })
	got := c.run(r.ID)
	if got.StopReason != run.MaxURLs || got.Progress.URLsFetched != pages {
		t.Errorf("the run is %s %s with %d pages", got.Status, got.StopReason, got.Progress.URLsFetched)
	}
	if n := c.invoked["CrawlFunction"]; n <= 40 {
		t.Errorf("%d invocations, want more than 40", n)
	}
	if diff := cmp.Diff(map[string]int{}, c.dropped); diff != "" {
		t.Errorf("dropped invocations (-want +got):\n%s", diff)
	}
}

// Without RecursiveLoop Lambda ends the chain at its 17th invocation. SQS moves the message to the
// dead-letter queue, for which there is an alarm. The sweep receives it, does not finish the run, and
// wakes it again.
func testEndedChain(t *testing.T, dir string) {
	tmpl := readTemplate(t)
	function, queue := tmpl.Resources["CrawlFunction"], tmpl.Resources["WakeQueue"]
	function.Properties.RecursiveLoop = ""
	tmpl.Resources["CrawlFunction"] = function
	const pages = 30
	c, r := crawlSlowly(t, tmpl, dir, pages)
	c.retry = 100 * time.Millisecond // the test cannot wait for hours
	c.deliver(c.isFinished(r.ID))
	got := c.run(r.ID)
	if got.Status != run.Running || got.Progress.URLsFetched >= pages {
		t.Errorf("the run is %s %s with %d pages", got.Status, got.StopReason, got.Progress.URLsFetched)
	}
	want := map[string]int{"CrawlFunction": maxLoop}
	if diff := cmp.Diff(want, c.invoked); diff != "" {
		t.Errorf("invocations (-want +got):\n%s", diff)
	}
	if n, want := c.dropped["CrawlFunction"], queue.Properties.RedrivePolicy.MaxReceiveCount; n != want {
		t.Errorf("%d invocations are dropped, want %d: one for each receive of the message", n, want)
	}
	if n := len(c.queues["DeadLetterQueue"].messages); n != 1 {
		t.Errorf("the dead-letter queue has %d messages, want 1", n)
	}
	if _, err := c.invoke("SweepFunction", events.EventBridgeEvent{Source: "aws.events"}, ""); err != nil {
		t.Fatal(err)
	}
	if n := len(c.queues["DeadLetterQueue"].messages); n != 0 {
		t.Errorf("after the sweep the dead-letter queue has %d messages", n)
	}
	c.deliver(c.isFinished(r.ID))
	if got := c.run(r.ID); got.StopReason != run.MaxURLs || got.Progress.URLsFetched != pages {
		t.Errorf("after the sweep the run is %s %s with %d pages", got.Status, got.StopReason, got.Progress.URLsFetched)
	}
}
