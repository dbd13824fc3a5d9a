package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/tmaxmax/go-sse"
)

// A gatedSite is a site of pages that link to the next ones. Its first page waits for the gate.
func gatedSite(t *testing.T, pages int) (url string, open func()) {
	gate := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		switch {
		case r.URL.Path == "/robots.txt" || err != nil || n > pages:
			http.NotFound(w, r)
			return
		case n == 1:
			select {
			case <-gate:
			case <-r.Context().Done():
			}
		}
		w.Header().Set("Content-Type", "text/html")
		for i := range 5 {
			fmt.Fprintf(w, `<title>Page %d</title><a href="/%d">`, n, 5*n+i)
		}
	}))
	open = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(site.Close)
	t.Cleanup(open)
	return site.URL + "/1", open
}

// startCrawl creates a run that crawls from the URL, and returns its path.
func (s service) startCrawl(url string) string {
	s.t.Helper()
	j := s.post("/v1/jobs?create_run=true", fmt.Sprintf(`{"name": "events", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "policies": [], "speed": {"per_host_concurrency": 4}
	}}`, url))
	return "/v1/runs/" + j["run"].(map[string]any)["id"].(string)
}

// stream opens a stream of events.
func (s service) stream(ctx context.Context, path string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+path+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", "acme")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%v %v", resp, err)
	}
	s.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// The stream of a crawl shows or counts every entry of its log, and ends when the run is finished.
func TestEventsOfACrawl(t *testing.T) {
	s := open(t, t.TempDir(), uuid.Nil)
	url, start := gatedSite(t, 300)
	path := s.startCrawl(url)
	resp := s.stream(t.Context(), path)
	start()

	var types []string
	var statuses []any
	var shown []any
	skipped := 0
	var progress map[string]any
	for event, err := range sse.Read(resp.Body, &sse.ReadConfig{MaxEventSize: 1 << 20}) {
		if err != nil {
			t.Fatal(err)
		}
		var data struct {
			Status   any
			Progress map[string]any
			Items    []any
			Skipped  int
		}
		if err := json.Unmarshal([]byte(event.Data), &data); err != nil {
			t.Fatalf("%s: %v: %s", event.Type, err, event.Data)
		}
		if types = append(types, event.Type); event.Type == "run" {
			statuses = append(statuses, data.Status)
		}
		if data.Progress != nil {
			progress = data.Progress
		}
		shown = append(shown, data.Items...)
		skipped += data.Skipped
	}
	if len(types) < 4 || types[0] != "run" || types[len(types)-1] != "end" {
		t.Errorf("the events are %v", types)
	}
	first := func(name string) int { return strings.Index(strings.Join(types, " ")+" "+name, name) }
	if !(first("run") < first("progress") && first("progress") < first("logs") && first("logs") < first("end")) {
		t.Errorf("the events are in the order %v", types)
	}
	if statuses[len(statuses)-1] != "finished" {
		t.Errorf("the run is shown as %v", statuses)
	}
	_, last := s.call("GET", "acme", path)
	if d := cmp.Diff(last["progress"], any(progress)); d != "" {
		t.Errorf("the last progress (-want +got):\n%s", d)
	}
	entries, order := s.log(path)
	if len(entries) < 300 || len(shown)+skipped != len(entries) {
		t.Errorf("%d entries are shown and %d skipped, want %d together", len(shown), skipped, len(entries))
	}
	at := len(entries)
	for _, item := range shown {
		id := item.(map[string]any)["id"].(string)
		if d := cmp.Diff(entries[id], item); d != "" {
			t.Fatalf("an entry of the stream is not that of the log (-log +stream):\n%s", d)
		}
		if order[id] >= at {
			t.Errorf("%s is shown after an entry that follows it", id)
		}
		at = order[id]
	}
}

// log returns the entries of a run's log by their ids, and the place of each, 0 for the newest.
func (s service) log(path string) (entries map[string]any, order map[string]int) {
	s.t.Helper()
	entries, order = map[string]any{}, map[string]int{}
	for i, item := range s.items(path + "/logs") {
		id := item["id"].(string)
		entries[id], order[id] = item, i
	}
	return entries, order
}

// A shutdown ends streams at once, and completely: their connections are not broken.
func TestStopEndsStreams(t *testing.T) {
	s := open(t, t.TempDir(), uuid.Nil)
	url, _ := gatedSite(t, 1)
	resp := s.stream(t.Context(), s.startCrawl(url))
	s.Stop()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.HasPrefix(body, []byte("event: run")) || bytes.Contains(body, []byte("event: end")) {
		t.Errorf("the stream is %q (%v)", body, err)
	}
}
