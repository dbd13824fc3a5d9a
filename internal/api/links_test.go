package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// list returns the path of another list of the run.
func (r logWriter) list(name string) string { return strings.TrimSuffix(r.path(), "logs") + name }

func hashOf(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:16])
}

// commit appends a part to the log and sets the progress.
func (r logWriter) commit(p run.Progress, records ...crawllog.Record) {
	r.t.Helper()
	if err := r.store.Commit(r.t.Context(), r.lease, crawllog.Commit{Parts: crawllog.Encode(records), Progress: p}); err != nil {
		r.t.Fatal(err)
	}
}

// commitLinks records a URL in each state, and returns the URLs in the order of the list.
func (r logWriter) commitLinks() []string {
	const seed = "https://example.com/"
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	fetched := &crawllog.Outcome{
		URL: seed, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: at,
		ContentType: "text/html; charset=utf-8", Title: "Example & <co>",
	}
	failed := &crawllog.Outcome{
		URL: seed + "gone", Depth: 1, Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "http_status", HTTPStatus: 404,
		Referrer: seed, OccurredAt: at,
	}
	refused := &crawllog.Outcome{
		URL: "https://other.example:81/", Depth: 1, Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: "seed_hosts",
		Referrer: seed, OccurredAt: at,
	}
	r.commit(run.Progress{URLsQueued: 1, URLsFetched: 1, URLsFailed: 1, URLsExcluded: 1},
		&crawllog.Discovered{URL: seed, Seed: true}, refused, &crawllog.Discovered{URL: seed + "gone", Depth: 1, Referrer: seed},
		&crawllog.Discovered{URL: seed + "next", Depth: 2, Referrer: seed}, fetched, failed,
		&crawllog.Outcome{URL: seed + "s.xml", Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "dns", Sitemap: true, OccurredAt: at})
	return []string{failed.URL, fetched.URL, seed + "next", refused.URL}
}

// A link has all properties. Those that do not apply to its state are null. The id is that of the
// entry of the log.
func TestLink(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	w := c.logWriter(j.ID)
	urls := w.commitLinks()
	var page pageBody[json.RawMessage]
	r := c.do("GET", w.list("links"), nil).want(200)
	r.decode(&page)
	var logs pageBody[map[string]any]
	c.do("GET", w.path(), nil).want(200).decode(&logs)
	ids := map[string]string{}
	for _, e := range logs.Items {
		ids[e["url"].(string)] = `"` + e["id"].(string) + `"`
	}
	if len(page.Items) != len(urls) || page.NextPage != nil {
		t.Fatalf("%s", r.body)
	}
	for i, changes := range []map[string]string{
		{"host": `"example.com"`, "state": `"failed"`, "depth": "1", "referrer": `"https://example.com/"`, "http_status": "404", "error_reason": `"http_status"`},
		{"host": `"example.com"`, "state": `"fetched"`, "http_status": "200", "content_type": `"text/html; charset=utf-8"`, "title": `"Example & <co>"`},
		{"host": `"example.com"`, "state": `"queued"`, "depth": "2", "referrer": `"https://example.com/"`, "id": "null"},
		{"host": `"other.example:81"`, "state": `"excluded"`, "depth": "1", "referrer": `"https://example.com/"`, "error_reason": `"seed_hosts"`},
	} {
		want := map[string]string{
			"id": ids[urls[i]], "run_id": `"` + w.lease.Ref.ID.String() + `"`, "job_id": `"` + j.ID.String() + `"`,
			"url": `"` + urls[i] + `"`, "url_hash": `"` + hashOf(urls[i]) + `"`, "depth": "0",
			"referrer": "null", "http_status": "null", "error_reason": "null", "content_type": "null", "title": "null",
		}
		for k, v := range changes {
			want[k] = v
		}
		wantMembers(t, page.Items[i], want)
	}
	if !strings.Contains(string(r.body), `"searched":null`) {
		t.Errorf("%s", r.body)
	}
}

// Each filter selects the links that it names, with any page size.
func TestListRunLinks(t *testing.T) {
	c := newService(t).as("acme")
	w := c.logWriter(c.createJob(minimal).ID)
	all := w.commitLinks()
	for query, want := range map[string][]int{
		"":                               {0, 1, 2, 3},
		"states=failed":                  {0},
		"states[]=fetched&states=queued": {1, 2},
		"states=excluded":                {3},
		"hosts=Other.example:81":         {3},
		"hosts=example.com&states=excluded&states=queued":                                   {2},
		"url=https://EXAMPLE.com/next%23top":                                                {2},
		"url=https://example.com/nex":                                                       {},
		"url_prefix=https://example.com/g":                                                  {0},
		"url_prefix=https://example.com/&states=queued":                                     {2},
		"http_statuses=4xx&http_statuses=200":                                               {0, 1},
		"http_statuses=301":                                                                 {},
		"url_hashes=" + hashOf(all[2]):                                                      {2},
		"url_hashes[]=" + strings.ToUpper(hashOf(all[0])) + "&url_hashes=" + hashOf(all[3]): {0, 3},
		"url_hashes=" + hashOf("https://nowhere.example/"):                                  {},
		"url_hashes=" + hashOf("https://example.com/s.xml"):                                 {},
	} {
		for _, perPage := range []string{"", "&per_page=1", "&per_page=3"} {
			t.Run(query+perPage, func(t *testing.T) {
				var urls []string
				for _, i := range want {
					urls = append(urls, all[i])
				}
				if d := cmp.Diff(urls, c.in(t).urls(w.list("links")+"?"+query+perPage)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	}
}

func TestListRunEdges(t *testing.T) {
	c := newService(t).as("acme")
	const site = "https://example.com/"
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	write := func(w logWriter) {
		for i := range 3 {
			page := fmt.Sprint(site, i)
			end := &crawllog.Outcome{URL: page, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: at}
			records := []crawllog.Record{&crawllog.Discovered{URL: fmt.Sprint(site, "only/", i), Depth: 1, Referrer: page}}
			if i == 2 {
				end.RedirectURL = site + "target"
				records = []crawllog.Record{&crawllog.Discovered{URL: site + "target", Redirects: 1, Referrer: page}}
			} else {
				records = append(records, &crawllog.Edges{From: page, To: []string{site + "broken", fmt.Sprint(site, "only/", i)}})
			}
			w.append(append(records, end)...)
		}
	}
	w := c.logWriter(c.createJob(`{"name":"docs","config":{"record":{"edges":true}}}`).ID)
	write(w)
	first := c.logWriter(c.createJob(minimal).ID)
	write(first)
	for _, tt := range []struct {
		w     logWriter
		query string
		want  []string
	}{
		{w, "", []string{"2>target redirect", "1>only/1 link", "1>broken link", "0>only/0 link", "0>broken link"}},
		{w, "to=" + hashOf(site+"broken"), []string{"1>broken link", "0>broken link"}},
		{w, "to_url=HTTPS://EXAMPLE.com:443/broken%23x", []string{"1>broken link", "0>broken link"}},
		{w, "to_url=" + site + "broken&to=" + hashOf(site+"target"), []string{"2>target redirect", "1>broken link", "0>broken link"}},
		{w, "from=" + hashOf(site+"1"), []string{"1>only/1 link", "1>broken link"}},
		{w, "from_url=" + site + "1&to_url=" + site + "broken", []string{"1>broken link"}},
		{w, "kinds=redirect", []string{"2>target redirect"}},
		{w, "to=" + hashOf("https://nowhere.example/"), nil},
		{first, "", []string{"2>target redirect", "1>only/1 link", "0>only/0 link"}},
		{first, "to=" + hashOf(site+"only/1"), []string{"1>only/1 link"}},
	} {
		for _, perPage := range []string{"", "&per_page=1"} {
			t.Run(tt.query+perPage, func(t *testing.T) {
				var got []string
				for _, e := range c.in(t).edges(tt.w.list("edges") + "?" + tt.query + perPage) {
					if e.FromHash != hashOf(e.From) || e.ToHash != hashOf(e.To) {
						t.Errorf("%+v", e)
					}
					got = append(got, strings.TrimPrefix(e.From, site)+">"+strings.TrimPrefix(e.To, site)+" "+e.Kind)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	}
}

type edgeBody struct {
	From     string `json:"from"`
	FromHash string `json:"from_hash"`
	To       string `json:"to"`
	ToHash   string `json:"to_hash"`
	Kind     string `json:"kind"`
}

// edges follows the Link headers of a list of edges.
func (c client) edges(path string) (edges []edgeBody) {
	c.t.Helper()
	for {
		r := c.do("GET", path, nil).want(200)
		var page pageBody[edgeBody]
		r.decode(&page)
		edges = append(edges, page.Items...)
		m := next.FindStringSubmatch(r.header.Get("Link"))
		if (m == nil) != (page.NextPage == nil) || len(edges) > 1000 {
			c.t.Fatalf("%s: Link %v, next_page %v", path, m, page.NextPage)
		}
		if m == nil {
			return edges
		}
		path = r.resolve(m[1])
	}
}

func TestInvalidLinkRequests(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	w, other := c.logWriter(j.ID), c.logWriter(j.ID)
	w.commitLinks()
	other.commitLinks()
	for _, tt := range []struct{ list, query, fields string }{
		{"links", "per_page=101", "per_page:range"},
		{"links", "states=ok&states=", "states:enum states:empty"},
		{"links", "hosts=a/b", "hosts:format"},
		{"links", "url_hashes=" + strings.Repeat("g", 32), "url_hashes:format"},
		{"links", "url_hashes=" + strings.Repeat("0", 31), "url_hashes:format"},
		{"links", "url=/x&http_statuses=4x", "url:format http_statuses:format"},
		{"links", "statuses=ok", "statuses:unknown"},
		{"edges", "to=https://example.com/", "to:format"},
		{"edges", "to_url=/x", "to_url:format"},
		{"edges", "from_url=ftp://example.com/", "from_url:format"},
		{"edges", "from=&kinds=a", "from:empty kinds:enum"},
		{"edges", "page=x", "page:cursor"},
		{"edges", "hosts=example.com", "hosts:unknown"},
	} {
		t.Run(tt.list+"?"+tt.query, func(t *testing.T) {
			c.in(t).do("GET", w.list(tt.list)+"?"+tt.query, nil).wantFields(tt.fields)
		})
	}
	for _, list := range []string{"links", "edges", "logs"} {
		var page pageBody[json.RawMessage]
		c.do("GET", w.list(list)+"?per_page=1", nil).want(200).decode(&page)
		cursor := *page.NextPage
		paths := []string{other.list(list), w.list("links"), w.list("edges"), w.list("logs"), "/v1/runs"}
		paths = slices.DeleteFunc(paths, func(p string) bool { return p == w.list(list) })
		for _, path := range paths {
			t.Run("a cursor of "+list+" for "+path, func(t *testing.T) {
				c.in(t).do("GET", path+"?page="+cursor, nil).wantFields("page:cursor")
			})
		}
	}
	for _, list := range []string{"links", "edges"} {
		c.do("GET", "/v1/runs/"+idA+"/"+list, nil).want(404)
		c.do("GET", "/v1/runs/x/"+list, nil).wantFields("run_id:format")
		c.do("POST", w.list(list), nil).want(405)
		c.service.as("stranger").do("GET", w.list(list), nil).want(404)
	}
	c.do("DELETE", strings.TrimSuffix(w.path(), "/logs"), nil).want(204)
	c.do("GET", w.list("links"), nil).want(404)
	c.do("GET", w.list("edges"), nil).want(404)
}
