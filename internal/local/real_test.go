//go:build real

package local_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/realsite"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// The crawl of a real site through the whole stack records the same URLs and statuses as a walk of
// the files. The walk shares no code with the crawler.
func TestRealSite(t *testing.T) {
	files := realsite.Open(t)
	site := httptest.NewServer(files)
	defer site.Close()

	began := time.Now()
	want := files.Walk(t, site.URL+"/", site.URL).Statuses
	t.Logf("the walk found %d URLs in %s: %s", len(want), time.Since(began).Round(time.Millisecond), want)
	if len(want) < 2000 {
		t.Errorf("the walk found only %d URLs: the package has changed", len(want))
	}

	began = time.Now()
	got, finished := crawlSite(t, site.URL+"/")
	took := time.Since(began)
	t.Logf("the crawl found %d URLs in %s (%.0f a second): %s", len(got), took.Round(time.Millisecond), float64(len(got))/took.Seconds(), got)
	compare(t, want, got)

	counts := map[bool]int64{}
	for _, status := range want {
		counts[status < 400]++
	}
	p := finished.Progress
	if finished.StopReason != run.MaxEmptyEvaluations || p.URLsFetched != counts[true] || p.URLsFailed != counts[false] || p.URLsQueued != 0 {
		t.Errorf("the run finished as %s with %+v, want %d fetched and %d failed", finished.StopReason, p, counts[true], counts[false])
	}
}

// compare reports where the URLs and statuses of a crawl differ from those of the walk.
func compare(t *testing.T, want, got realsite.Statuses) {
	t.Helper()
	const maxReported = 20
	bad := 0
	for _, u := range slices.Sorted(maps.Keys(want)) {
		if status, ok := got[u]; !ok || status != want[u] {
			if bad++; bad <= maxReported {
				t.Errorf("%s: status %d in the crawl, %d in the walk", u, status, want[u])
			}
		}
	}
	for _, u := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[u]; !ok {
			if bad++; bad <= maxReported {
				t.Errorf("%s: status %d in the crawl, not in the walk", u, got[u])
			}
		}
	}
	if bad > maxReported {
		t.Errorf("and %d more differences", bad-maxReported)
	}
}

// crawlSite crawls the site with a new service, and returns the statuses in the run's log and the
// finished run. A URL with two outcomes fails the test.
func crawlSite(t *testing.T, seed string) (realsite.Statuses, run.Run) {
	t.Helper()
	stack, err := local.Start(t.Context(), local.Options{
		Addr:    "127.0.0.1:0",
		DataDir: t.TempDir(),
		Logger:  slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Stop()
	id := createRun(t, stack.URL, seed)
	finished := awaitFinished(t, stack.Store, id)
	recorded := realsite.Statuses{}
	for part, err := range stack.Store.LogParts(t.Context(), run.Ref{Tenant: tenant.Default, ID: id}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for record, err := range crawllog.Decode(part.Data) {
			if err != nil {
				t.Fatal(err)
			}
			o, ok := record.(*crawllog.Outcome)
			if !ok || o.Status == crawllog.Excluded {
				continue
			}
			u, err := url.Parse(o.URL)
			if err != nil {
				t.Fatalf("the log holds the URL %q: %v", o.URL, err)
			}
			if _, twice := recorded[realsite.Spelling(u)]; twice {
				t.Errorf("%s was crawled twice, or in two spellings", o.URL)
			}
			recorded[realsite.Spelling(u)] = o.HTTPStatus
		}
	}
	return recorded, finished
}

func createRun(t *testing.T, api, seed string) uuid.UUID {
	t.Helper()
	body := fmt.Sprintf(`{"name": "real", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [], "fetcher": {"max_body_bytes": 33554432},
		"speed": {"concurrency": 8, "per_host_concurrency": 8}}}`, seed)
	resp, err := http.Post(api+"/v1/jobs?create_run=true", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var job struct{ Run struct{ ID uuid.UUID } }
	if err := json.NewDecoder(resp.Body).Decode(&job); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("the job cannot be created: %s: %v", resp.Status, err)
	}
	return job.Run.ID
}

func awaitFinished(t *testing.T, st *store.Store, id uuid.UUID) run.Run {
	t.Helper()
	for {
		r, err := st.Run(t.Context(), run.Ref{Tenant: tenant.Default, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status == run.Finished {
			return r
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
