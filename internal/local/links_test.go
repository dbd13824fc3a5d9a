package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// linkedSite returns a site with broken pages, to which several pages link, redirects, a page that
// nobody may read, and links to another host.
func linkedSite(t *testing.T) string {
	pages := map[string]string{
		"/":    `<title>Start</title><a href="/a">a</a> <a href="/b">b</a> <a href="/old">old</a> <a href="http://other.example/">other</a>`,
		"/a":   `<title>A</title><a href="/">home</a> <a href="/gone">gone</a> <a href="/b">b</a> <a href="/secret">secret</a>`,
		"/b":   `<a href="/gone">gone</a> <a href="/gone">again</a> <a href="/late">late</a> <a href="/moved">moved</a>`,
		"/new": `<title>New</title><a href="/gone">gone</a>`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		switch {
		case ok:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, page)
		case r.URL.Path == "/old" || r.URL.Path == "/moved":
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
		case r.URL.Path == "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /secret\n")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// crawl creates a job and a run for a site, and returns the path of the run when it is finished.
func (s service) crawl(site, more string) string {
	s.t.Helper()
	body := fmt.Sprintf(`{"name":"links","config":{"seeds":[{"kind":"static_list","params":{"urls":["%s/"]}}],
		"policies":[{"kind":"robots_txt","params":{"default_delay":"0s"}}]%s}}`, site, more)
	created := s.post("/v1/jobs", body)
	r := s.post("/v1/jobs/"+created["id"].(string)+"/runs", "{}")
	path := "/v1/runs/" + r["id"].(string)
	await(s.t, "the end of the run", func() bool {
		_, body := s.call("GET", "acme", path)
		return body["status"] == "finished"
	})
	return path
}

// post sends a request that must create something, and returns it.
func (s service) post(path, body string) map[string]any {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+path, bytes.NewBufferString(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", "acme")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var created map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&created); err != nil || resp.StatusCode != http.StatusCreated {
		s.t.Fatalf("POST %s: %d %v %v", path, resp.StatusCode, created, err)
	}
	return created
}

// items returns the items of all pages of a list.
func (s service) items(path string) (items []map[string]any) {
	s.t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for page := ""; ; {
		status, body := s.call("GET", "acme", path+separator+"per_page=2"+page)
		if status != http.StatusOK {
			s.t.Fatalf("GET %s: %d %v", path, status, body)
		}
		for _, item := range body["items"].([]any) {
			items = append(items, item.(map[string]any))
		}
		if body["next_page"] == nil {
			return items
		}
		page = "&page=" + url.QueryEscape(body["next_page"].(string))
	}
}

// The links and edges of a crawled site say how each URL ended, and which pages link to the broken
// ones.
func TestLinksOfACrawl(t *testing.T) {
	s := open(t, t.TempDir(), uuid.Nil)
	site := linkedSite(t)
	every := s.crawl(site, `,"record":{"edges":true}`)
	first := s.crawl(site, "")
	path := func(url any) string {
		text, _ := url.(string)
		return strings.TrimPrefix(text, site)
	}

	for _, run := range []string{every, first} {
		got := map[string]string{}
		for _, l := range s.items(run + "/links") {
			if got[path(l["url"])] != "" {
				t.Errorf("%v is listed twice", l["url"])
			}
			got[path(l["url"])] = fmt.Sprintln(l["state"], l["http_status"], l["error_reason"], path(l["referrer"]), l["title"])
		}
		want := map[string]string{
			"/":                     "fetched 200 <nil>  Start\n",
			"/a":                    "fetched 200 <nil> / A\n",
			"/b":                    "fetched 200 <nil> / <nil>\n",
			"/old":                  "fetched 301 <nil> / <nil>\n",
			"/moved":                "fetched 301 <nil> /b <nil>\n",
			"/new":                  "fetched 200 <nil> /old New\n",
			"/gone":                 "failed 404 http_status /a <nil>\n",
			"/late":                 "failed 404 http_status /b <nil>\n",
			"/secret":               "excluded <nil> robots_txt /a <nil>\n",
			"http://other.example/": "excluded <nil> seed_hosts / <nil>\n",
		}
		// Which page was read first, of those of the same depth, is left to chance.
		for page, others := range map[string]string{"/gone": "/b /new", "/new": "/moved"} {
			for other := range strings.FieldsSeq(others) {
				if l := strings.Fields(got[page]); len(l) > 2 && l[3] == other {
					want[page] = got[page]
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", run, diff)
		}
	}

	edges := func(list string) (got []string) {
		for _, e := range s.items(list) {
			got = append(got, fmt.Sprint(path(e["from"]), " ", path(e["to"]), " ", e["kind"]))
		}
		slices.Sort(got)
		return got
	}
	if diff := cmp.Diff([]string{
		"/ /a link", "/ /b link", "/ /old link", "/ http://other.example/ link",
		"/a / link", "/a /b link", "/a /gone link", "/a /secret link",
		"/b /gone link", "/b /late link", "/b /moved link", "/moved /new redirect", "/new /gone link", "/old /new redirect",
	}, edges(every+"/edges")); diff != "" {
		t.Errorf("every edge (-want +got):\n%s", diff)
	}
	to := "/edges?to_url=" + url.QueryEscape(site+"/gone")
	if diff := cmp.Diff([]string{"/a /gone link", "/b /gone link", "/new /gone link"}, edges(every+to)); diff != "" {
		t.Errorf("edges to the broken page (-want +got):\n%s", diff)
	}
	if got := edges(first + to); len(got) != 1 {
		t.Errorf("the edges to the broken page are %q, want the first one", got)
	}
	for _, failed := range s.items(every + "/links?states=failed") {
		hash := failed["url_hash"].(string)
		if got := edges(every + "/edges?to=" + hash); len(got) == 0 {
			t.Errorf("no page links to %v", failed["url"])
		}
	}
	for _, list := range []string{"/links", "/edges"} {
		if status, body := s.call("GET", "rival", every+list); status != http.StatusNotFound {
			t.Errorf("another tenant gets %d %v", status, body)
		}
	}
}
