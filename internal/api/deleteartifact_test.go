package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A deleted artifact and those with its content are gone from every list, and its bytes from the
// bucket. Other artifacts stay readable.
func TestDeleteArtifact(t *testing.T) {
	s := newArtifactService(t)
	c := s.as("acme")
	w := c.artifactWriter()
	ids := w.keep(
		page{url: "https://a.example/first", contentType: "text/html", body: "first secret", markdown: "first text"},
		page{url: "https://a.example/second", contentType: "text/html", body: "second secret"},
		page{url: "https://a.example/again", contentType: "text/html", body: "first secret", revisit: true},
	)
	first, text, second, again := ids[0], ids[1], ids[2], ids[3]
	tag := c.do("GET", artifactPath(first), nil).header.Get("ETag")
	c.do("DELETE", artifactPath(first), nil, "If-Match", `"x"`).want(412)
	c.do("DELETE", artifactPath(first), nil, "If-None-Match", tag).want(412)
	s.as("stranger").do("DELETE", artifactPath(first), nil).want(404)
	if got := c.artifacts(""); len(got) != 4 {
		t.Fatalf("got %v", got)
	}
	c.do("DELETE", artifactPath(first), nil, "If-Match", tag).want(204)
	later := w.keep(page{url: "https://a.example/later", contentType: "text/html", body: "first secret", revisit: true})[0]
	for _, gone := range []string{first, again, later} {
		c.do("GET", artifactPath(gone), nil).want(404)
		c.do("GET", blobPath(gone), nil).want(404)
		c.do("DELETE", artifactPath(gone), nil).want(404)
	}
	if got := strings.Join(c.artifacts(""), " "); got != second+" "+text {
		t.Errorf("the list is %s", got)
	}
	left := s.bucket.everything(c)
	if strings.Contains(left, "first secret") || strings.Contains(left, "response https://a.example/first") {
		t.Errorf("the bucket has %s", left)
	}
	for id, want := range map[string]string{second: "second secret", text: "first text"} {
		if r := c.do("GET", blobPath(id), nil).want(200); string(r.body) != want {
			t.Errorf("%q, want %q", r.body, want)
		}
	}
}

// A delete that fails in the bucket hides the artifact all the same, and the next one wipes it.
func TestDeleteArtifactIsRepeated(t *testing.T) {
	s := newArtifactService(t)
	c := s.as("acme")
	id := c.artifactWriter().keep(page{url: "https://a.example/", contentType: "text/html", body: "secret"})[0]
	s.bucket.failing.Store(true)
	for range 2 {
		c.do("DELETE", artifactPath(id), nil).want(503)
		c.do("GET", artifactPath(id), nil).want(404)
	}
	if !strings.Contains(s.bucket.everything(c), "secret") {
		t.Fatal("a failed write changed the object")
	}
	s.bucket.failing.Store(false)
	c.do("DELETE", artifactPath(id), nil).want(204)
	if left := s.bucket.everything(c); strings.Contains(left, "secret") {
		t.Errorf("the bucket has %s", left)
	}
	c.do("DELETE", artifactPath(id), nil).want(404)
}

// Deletes of artifacts in one object at the same time bring back nothing.
func TestDeleteArtifactsAtOnce(t *testing.T) {
	s := newArtifactService(t)
	c := s.as("acme")
	var pages []page
	for i := range 12 {
		pages = append(pages, page{url: fmt.Sprint("https://a.example/", i), contentType: "text/html", body: fmt.Sprintf("secret %d.", i)})
	}
	ids := c.artifactWriter().keep(pages...)
	var all sync.WaitGroup
	for _, id := range ids[:11] {
		all.Go(func() { c.do("DELETE", artifactPath(id), nil).want(204) })
	}
	all.Wait()
	left := s.bucket.everything(c)
	if n := strings.Count(left, "secret"); n != 1 || !strings.Contains(left, "secret 11.") {
		t.Errorf("%d contents are left", n)
	}
}
