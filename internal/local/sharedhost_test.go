package local_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// A sharedHost is a site that records when each run requests a page. A run is known by its user
// agent.
type sharedHost struct {
	*httptest.Server
	mu       sync.Mutex
	requests []sharedRequest
}

type sharedRequest struct {
	agent string
	at    time.Time
}

const sharedPages = 4

func newSharedHost(t *testing.T) *sharedHost {
	h := &sharedHost{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		h.mu.Lock()
		h.requests = append(h.requests, sharedRequest{r.UserAgent(), time.Now()})
		h.mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		for i := range sharedPages {
			fmt.Fprintf(w, `<title>A page</title><a href="/%d">`, i)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// crawl creates a run of a tenant, which is also its user agent, and returns the run's id.
func (h *sharedHost) crawl(s service, tenant string) string {
	s.t.Helper()
	var job struct{ Run struct{ ID string } }
	text := s.send("POST", tenant, "/v1/jobs?create_run=true", fmt.Sprintf(`{"name": "shared", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": ["%s/0"]}}], "user_agent": "%s/1",
		"policies": [{"kind": "robots_txt", "params": {"default_delay": "500ms"}}]
	}}`, h.URL, tenant))
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		s.t.Fatal(err)
	}
	return job.Run.ID
}

// send sends a request and returns the text of the response.
func (s service) send(method, tenant, path, body string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", tenant)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, text, err)
	}
	return string(text)
}

// finish waits until a run of a tenant is finished.
func (s service) finish(tenant, id string) {
	s.t.Helper()
	until(s.t, "the run is finished", func() bool {
		return strings.Contains(s.send("GET", tenant, "/v1/runs/"+id+"?wait=20s", ""), `"finished"`)
	})
}

// readable returns everything that a tenant can read of a run, while it crawls or later.
func (s service) readable(tenant, id string) map[string]string {
	s.t.Helper()
	all := map[string]string{}
	for _, path := range []string{"", "/logs", "/hosts", "/metrics?window=1d", "/latency?window=1d", "/links", "/edges", "/exports"} {
		all[path] = s.send("GET", tenant, "/v1/runs/"+id+path, "")
	}
	return all
}

// varying are the parts of responses that differ between two crawls of one site: ids, times and
// durations.
var varying = regexp.MustCompile(`"(id|url_hash|to_hash|from_hash|job_id|run_id)":"[^"]*"|"[0-9-]{10}T[0-9:.]+Z"|` +
	`"(latency_ms|p50_ms|p75_ms|p90_ms|p95_ms|p99_ms|max_ms|pages_per_second|bytes_per_second)":[0-9.]+|"[A-Za-z0-9_-]+:[A-Za-z0-9_-]*"`)

// Runs of two tenants on one host keep its delay together, and neither tenant can read that the other
// has a run there: the responses are those of a run that is alone.
func TestTenantsOnOneHost(t *testing.T) {
	const reader, other = "reader", "strangers"
	s := open(t, "", uuid.Nil)
	h := newSharedHost(t)
	alone := h.crawl(s, reader)
	s.finish(reader, alone)
	want := s.readable(reader, alone)

	h.mu.Lock()
	h.requests = nil
	h.mu.Unlock()
	var others []string
	for range 3 {
		others = append(others, h.crawl(s, other))
	}
	shared := h.crawl(s, reader)
	during := s.readable(reader, shared)
	s.finish(reader, shared)
	got := s.readable(reader, shared)
	for _, id := range others {
		s.finish(other, id)
	}

	for path, text := range got {
		if diff := cmp.Diff(varying.ReplaceAllString(want[path], "_"), varying.ReplaceAllString(text, "_")); diff != "" {
			t.Errorf("%s differs from that of a run that is alone:\n%s", path, diff)
		}
		for _, secret := range append(others, other) {
			if strings.Contains(text+during[path], secret) {
				t.Errorf("%s names %s", path, secret)
			}
		}
	}
	smallest := h.checkDelays(t, 500*time.Millisecond, reader)
	for _, ms := range regexp.MustCompile(`"latency_ms":([0-9]+)`).FindAllStringSubmatch(got["/logs"], -1) {
		if d, err := time.ParseDuration(ms[1] + "ms"); err != nil || d > smallest/2 {
			t.Errorf("the latency %v has the time that the run waited for its turn, at least %v", d, smallest)
		}
	}
}

// checkDelays checks the delay between any two requests, and that other runs came between those of
// the reader. It returns the smallest time between two requests of the reader.
func (h *sharedHost) checkDelays(t *testing.T, delay time.Duration, reader string) time.Duration {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	smallest, last := time.Hour, time.Time{}
	for i, r := range h.requests {
		if i > 0 && r.at.Sub(h.requests[i-1].at) < delay-time.Millisecond {
			t.Errorf("%s and %s sent requests within %v", h.requests[i-1].agent, r.agent, r.at.Sub(h.requests[i-1].at))
		}
		if strings.HasPrefix(r.agent, reader) {
			if !last.IsZero() {
				smallest = min(smallest, r.at.Sub(last))
			}
			last = r.at
		}
	}
	if len(h.requests) != 4*sharedPages || smallest < 2*delay {
		t.Errorf("%d requests, and the reader's came within %v: the runs did not share the host", len(h.requests), smallest)
	}
	return smallest
}
