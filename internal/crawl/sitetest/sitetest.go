// Package sitetest serves web sites on loopback to tests and benchmarks, and counts their requests.
package sitetest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Server serves a site and counts its requests.
type Server struct {
	*httptest.Server

	mu    sync.Mutex
	hits  map[string][]time.Time
	delay time.Duration
}

// Start serves a site until the end of the test.
func Start(t testing.TB, h http.Handler) *Server {
	t.Helper()
	s := &Server{hits: map[string][]time.Time{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.hits[r.URL.RequestURI()] = append(s.hits[r.URL.RequestURI()], time.Now())
		delay := s.delay
		s.mu.Unlock()
		if delay > 0 {
			select {
			case <-time.After(delay):
			case <-r.Context().Done():
			}
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// Forget forgets all requests so far.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.hits)
}

// SetDelay delays every response.
func (s *Server) SetDelay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Host returns the host and port of the site.
func (s *Server) Host() string { return strings.TrimPrefix(s.URL, "http://") }

// Hits returns the times of the requests for a path and query.
func (s *Server) Hits(uri string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.hits[uri]...)
}

// All returns the number of requests for each path and query.
func (s *Server) All() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int{}
	for uri, times := range maps.All(s.hits) {
		all[uri] = len(times)
	}
	return all
}

// Since returns the number of requests after a time.
func (s *Server) Since(t time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, times := range s.hits {
		for _, at := range times {
			if at.After(t) {
				n++
			}
		}
	}
	return n
}

// Routes is a site by path. Other paths are not found.
type Routes map[string]http.HandlerFunc

// ServeHTTP implements http.Handler.
func (rs Routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h, ok := rs[r.URL.Path]; ok {
		h(w, r)
		return
	}
	http.NotFound(w, r)
}

// Page serves an HTML page with links.
func Page(links ...string) http.HandlerFunc {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html><meta charset=utf-8><title>A page</title>")
	for _, l := range links {
		fmt.Fprintf(&b, "<p>Read <a href=%q>this</a>.", l)
	}
	return Body("text/html; charset=utf-8", b.String())
}

// Body serves a body with a content type.
func Body(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(body))
	}
}

// Redirect serves a redirect with the status 302.
func Redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// Status serves a status without a body.
func Status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) }
}

// Generate returns a site of n pages, each with the given number of links. Equal parameters give
// equal sites. Page 0 is "/", the others are "/page/1" and so on. Every page is reachable from page
// 0: page i links to the pages 4i+1 to 4i+4, and its other links are pseudorandom.
func Generate(n, links int) Routes {
	const fan = 4
	site := Routes{}
	random := uint32(1)
	for i := range n {
		var to []string
		for c := fan*i + 1; c <= fan*i+fan && c < n; c++ {
			to = append(to, Path(c))
		}
		for len(to) < links {
			random = random*1664525 + 1013904223 // a linear congruential generator
			to = append(to, Path(int(random>>8)%n))
		}
		site[Path(i)] = Page(to...)
	}
	return site
}

// Path returns the path of page i of a generated site.
func Path(i int) string {
	if i == 0 {
		return "/"
	}
	return fmt.Sprintf("/page/%d", i)
}
