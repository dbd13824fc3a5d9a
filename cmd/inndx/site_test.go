package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/inndx/runs/internal/run"
)

// page writes a page with the links.
func page(w http.ResponseWriter, links ...string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><title>page</title>")
	for _, link := range links {
		fmt.Fprintf(w, "<a href=%q>link</a>\n", link)
	}
}

// endlessSite serves pages that each link to two more. They form a tree, because the crawler would
// take an endless chain for a trap.
func endlessSite(t *testing.T) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil {
			http.NotFound(w, r)
			return
		}
		page(w, fmt.Sprintf("/%d", 2*n), fmt.Sprintf("/%d", 2*n+1))
	}))
	t.Cleanup(site.Close)
	return site
}

// smallSite serves three pages that link to each other, and a broken link.
func smallSite(t *testing.T) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			page(w, "a", "b", "gone", "http://elsewhere.invalid/")
		case "/a", "/b":
			page(w, "/", "a", "b")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	return site
}

// A chain is a site whose pages each link to the next. Requests for the page at the gate and for
// later pages wait until the gate opens.
type chain struct {
	*httptest.Server
	t       *testing.T
	pages   int
	gate    chan struct{}
	waiting chan struct{} // closed by the first request at the gate
	once    sync.Once

	mu       sync.Mutex
	requests int
}

// newChain serves a chain with the numbers of its pages and of the page at the gate.
func newChain(t *testing.T, pages, gate int) *chain {
	c := &chain{t: t, pages: pages, gate: make(chan struct{}), waiting: make(chan struct{})}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || n >= pages {
			http.NotFound(w, r)
			return
		}
		c.mu.Lock()
		c.requests++
		c.mu.Unlock()
		if n >= gate {
			c.once.Do(func() { close(c.waiting) })
			select {
			case <-c.gate:
			case <-r.Context().Done():
				return
			}
		}
		if n+1 < pages {
			page(w, fmt.Sprintf("/%d", n+1))
		} else {
			page(w)
		}
	}))
	t.Cleanup(func() {
		c.CloseClientConnections()
		c.Close()
	})
	return c
}

// reached reports whether a request waits at the gate.
func (c *chain) reached() bool {
	select {
	case <-c.waiting:
		return true
	default:
		return false
	}
}

// open opens the gate.
func (c *chain) open() { close(c.gate) }

// count returns the number of requests for pages.
func (c *chain) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// checkFinished waits until the run is finished, and checks that it counts every page once.
func (c *chain) checkFinished(s *server, id string) {
	c.t.Helper()
	a := s.awaitRun(id, "the run to finish", func(a response) bool { return a.Status == run.Finished })
	if a.StopReason != run.MaxEmptyEvaluations || a.Progress.URLsFetched != int64(c.pages) || a.Progress.URLsFailed != 0 || a.Progress.URLsQueued != 0 {
		c.t.Errorf("the run finished as %s with %+v, want %s with %d fetched", a.StopReason, a.Progress, run.MaxEmptyEvaluations, c.pages)
	}
}
