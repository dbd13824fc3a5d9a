package crawl_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/inndx/runs/internal/crawl"
)

// A dyingTransport reaches DynamoDB until the process dies: at a request, which is sent or not.
type dyingTransport struct {
	sent bool // the last request is sent, and has no response

	mu   sync.Mutex
	left int // requests
}

func (t *dyingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.left--
	left := t.left
	t.mu.Unlock()
	if left < 0 || left == 0 && !t.sent {
		return died(r), nil
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && left == 0 {
		res.Body.Close()
		return died(r), nil
	}
	return res, err
}

// died returns a response that makes a worker leave at once. Without a response, it would make other
// attempts until its lease ends.
func died(r *http.Request) *http.Response {
	body := `{"__type": "com.amazon.coral.validate#ValidationException", "message": "the process died"}`
	return &http.Response{
		Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func (t *dyingTransport) dead() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left <= 0
}

// over makes a DynamoDB client use the transport, and attempt each request once.
func (t *dyingTransport) over(o *dynamodb.Options) {
	o.HTTPClient, o.Retryer = &http.Client{Transport: t}, aws.NopRetryer{}
}

// Each process dies at a request to the store, also at those within a commit: between the parts of
// the log, and before these are published. No URL may be lost or recorded twice.
func TestProcessesDieAtEveryRequest(t *testing.T) {
	t.Parallel()
	for _, sent := range []bool{false, true} {
		t.Run(map[bool]string{false: "before it", true: "after it"}[sent], func(t *testing.T) {
			t.Parallel()
			const pages = 200
			_, cfg := slowSite(t, pages)
			s := newOwnTableStack(t)
			r := s.create(cfg)
			deaths := 0
			for lives := 1; !isFinished(s.run(r.ID)); lives++ {
				if lives > 200 {
					t.Fatal("the run never ends")
				}
				transport := &dyingTransport{sent: sent, left: 6 + 5*lives%14}
				c := s.crawler(func(o *crawl.Options) {
					o.Store, o.Queue, o.MaxWork = newSkewedStore(s, 0, transport.over), &recordingQueue{}, 150*time.Millisecond
				})
				for !transport.dead() && !isFinished(s.run(r.ID)) {
					s.handle(c, r.ID)
				}
				if transport.dead() {
					deaths++
				}
				if err := s.store.FreeLeases(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if deaths < 8 {
				t.Errorf("%d processes died", deaths)
			}
			s.expectAllPages(s.run(r.ID), pages)
		})
	}
}

// A process that dies costs a slow run at most five pages, and those in flight.
func TestCostOfADeath(t *testing.T) {
	t.Parallel()
	const pages = 18
	site, cfg := slowSite(t, pages, `{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '260ms'}}]}`,
		`{'speed': {'concurrency': 1, 'per_host_concurrency': 1}}`)
	s := newOwnTableStack(t)
	r := s.create(cfg)
	transport := &dyingTransport{left: 1 << 20}
	c := s.crawler(func(o *crawl.Options) {
		o.Store, o.Queue = newSkewedStore(s, 0, transport.over), &recordingQueue{}
	})
	fetched := func() (n int) {
		for uri := range site.All() {
			n += len(site.Hits(uri))
		}
		return n
	}
	go func() {
		until(t, "many fetches", func() bool { return fetched() > pages*2/3 })
		transport.mu.Lock()
		defer transport.mu.Unlock()
		transport.left = 0
	}()
	s.handle(c, r.ID)
	if isFinished(s.run(r.ID)) {
		t.Fatal("the process did not die")
	}
	if err := s.store.FreeLeases(t.Context()); err != nil {
		t.Fatal(err)
	}
	for !isFinished(s.run(r.ID)) {
		s.handle(s.crawler(func(o *crawl.Options) { o.Queue = &recordingQueue{} }), r.ID)
	}
	s.expectAllPages(s.run(r.ID), pages)
	again := 0
	for uri := range site.All() {
		if uri != "/robots.txt" {
			again += len(site.Hits(uri)) - 1
		}
	}
	t.Logf("%d pages were fetched again", again)
	if again > 6 {
		t.Errorf("%d pages were fetched again, want at most 5 and one in flight", again)
	}
}
