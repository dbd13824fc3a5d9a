package local_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/local"
)

// openInMemory starts the service with its data in memory. Its runs may know so many bytes.
func openInMemory(t *testing.T, memory int64) service {
	t.Helper()
	t.Setenv(dynamolocal.EndpointVariable, "")
	s, err := local.Start(t.Context(), local.Options{Addr: "127.0.0.1:0", Memory: memory, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return service{s, t}
}

// startPolite starts a run of the site, which fetches one page after the other, with a delay.
func (s service) startPolite(site *sitetest.Server, delay string) (runID string) {
	s.t.Helper()
	j := s.post("/v1/jobs", fmt.Sprintf(`{"name": "polite", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": %q}}]
	}}`, site.URL+"/0", delay))
	return s.post("/v1/jobs/"+j["id"].(string)+"/runs", "{}")["id"].(string)
}

// get returns the status of a run, and what its progress says that it waits for.
func (s service) get(id string) (status string, waitingFor any) {
	s.t.Helper()
	_, body := s.call("GET", "acme", "/v1/runs/"+id)
	return body["status"].(string), body["progress"].(map[string]any)["waiting_for"]
}

// endless serves a site on which every page links to the next.
var endless = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<a href=/%d>next</a>", n+1)
})

// No run that was started waits for another one to end, however many there are.
func TestManyPoliteRuns(t *testing.T) {
	s := openInMemory(t, 0)
	const runs = 100
	var sites []*sitetest.Server
	for range runs {
		site := sitetest.Start(t, endless)
		sites = append(sites, site)
		s.startPolite(site, "1s")
	}
	await(t, "every run to fetch", func() bool {
		for _, site := range sites {
			if len(site.Hits("/1")) == 0 {
				return false
			}
		}
		return true
	})
}

// A run that does not fit beside another one says so, and crawls when there is room.
func TestWaitForMemory(t *testing.T) {
	s := openInMemory(t, 200<<10) // enough for one run
	first, second := sitetest.Start(t, endless), sitetest.Start(t, endless)
	crawled := s.startPolite(first, "100ms")
	await(t, "the first run to fetch", func() bool { return len(first.Hits("/1")) > 0 })
	waits := s.startPolite(second, "100ms")
	await(t, "the second run to say what it waits for", func() bool {
		_, reason := s.get(waits)
		return reason == "memory"
	})
	if len(second.All()) > 0 {
		t.Errorf("the run that waits fetched %v", second.All())
	}
	if status, reason := s.get(crawled); status != "running" || reason != nil {
		t.Errorf("the first run is %s and waits for %v", status, reason)
	}
	if status, _ := s.call("PUT", "acme", "/v1/runs/"+crawled+"/stop"); status != http.StatusOK {
		t.Fatal(status)
	}
	await(t, "the second run to fetch", func() bool { return len(second.Hits("/1")) > 0 })
	if status, reason := s.get(waits); status != "running" || reason != nil {
		t.Errorf("the second run is %s and waits for %v", status, reason)
	}
}
