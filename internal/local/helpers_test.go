package local_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/local"
)

// A service is the whole service on a data folder.
type service struct {
	*local.Stack
	t *testing.T
}

// open starts the service. It crawls only the given run, or all runs when only is the nil UUID.
func open(t *testing.T, dir string, only uuid.UUID) service {
	t.Helper()
	t.Setenv(dynamolocal.EndpointVariable, "") // the folder needs a database of its own
	s, err := local.Start(t.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, OnlyRun: only, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return service{s, t}
}

// call sends a request and returns the status and the JSON body of the response.
func (s service) call(method, tenant, path string) (int, map[string]any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", tenant)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return resp.StatusCode, body
}

// ids walks a list of runs and returns all ids, sorted.
func (s service) ids(tenant, query string) []string {
	s.t.Helper()
	ids := []string{}
	for page := ""; ; {
		status, body := s.call("GET", tenant, "/v1/runs?per_page=2&"+query+page)
		if status != http.StatusOK {
			s.t.Fatalf("GET /v1/runs?%s: %d %v", query, status, body)
		}
		for _, item := range body["items"].([]any) {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		if body["next_page"] == nil {
			slices.Sort(ids)
			return ids
		}
		page = "&page=" + url.QueryEscape(body["next_page"].(string))
	}
}

func idStrings(ids []uuid.UUID) (all []string) {
	for _, id := range ids {
		all = append(all, id.String())
	}
	return all
}

// serveSite serves the site that the old runs crawl, and delivers the path of each request.
func serveSite(t *testing.T, port int) <-chan string {
	t.Helper()
	listener, err := net.Listen("tcp", fmt.Sprintf("localhost:%d", port))
	if err != nil {
		t.Skip("the site's port is taken:", err)
	}
	requested := make(chan string, 10_000)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requested <- r.URL.Path
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<p>A page.")
	})}
	go server.Serve(listener) // until Close
	t.Cleanup(func() { server.Close() })
	return requested
}

// await waits until the condition holds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatal("waited a minute for", what)
		case <-tick.C:
		}
	}
}

// until waits for the condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not reached: %s", what)
		}
	}
}

func filesBelow(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // it was removed meanwhile
		}
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
