package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// An entry has all properties of an outcome. Unknown ones are null.
func TestLogEntry(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	w := c.logWriter(j.ID)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w.append(
		&crawllog.Discovered{URL: "https://example.com/a?b=<c>", Depth: 2},
		&crawllog.Outcome{
			URL: "https://example.com:8443/a?b=<c>", Depth: 2, Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "http_status",
			ErrorDetail: "Not Found", HTTPStatus: 404, Bytes: 5, OccurredAt: at,
		},
	)
	w.append(&crawllog.Outcome{
		URL: "no url", Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: "invalid_url", OccurredAt: at.Add(time.Millisecond),
	})
	w.append(&crawllog.Outcome{
		URL: "https://example.com/", Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 302, Latency: 21 * time.Millisecond, OccurredAt: at,
		Bytes: 7, Referrer: "https://example.com/from?a&b", ContentType: "text/html; charset=utf-8", Title: `A "page" & <more>`,
		RedirectURL: "https://example.com/to", Digest: sha256.Sum256(nil), Attempt: 2,
	})
	r := c.do("GET", w.path(), nil).want(200)
	var page pageBody[json.RawMessage]
	r.decode(&page)
	hash := func(url string) string {
		sum := sha256.Sum256([]byte(url))
		return `"` + hex.EncodeToString(sum[:16]) + `"`
	}
	base := map[string]string{
		"run_id": `"` + w.lease.Ref.ID.String() + `"`, "job_id": `"` + j.ID.String() + `"`, "occurred_at": "time",
		"error_reason": "null", "error_detail": "null", "http_status": "null", "latency_ms": "null", "depth": "0",
		"bytes": "null", "content_type": "null", "title": "null", "redirect_url": "null", "digest": "null", "attempt": "null", "check": "false", "referrer": "null",
	}
	ids := map[string]bool{}
	for i, changes := range []map[string]string{
		{
			"url": `"https://example.com/"`, "url_hash": hash("https://example.com/"), "host": `"example.com"`,
			"step": `"fetch"`, "status": `"ok"`, "http_status": "302", "latency_ms": "21",
			"bytes": "7", "content_type": `"text/html; charset=utf-8"`, "title": `"A \"page\" & <more>"`, "redirect_url": `"https://example.com/to"`,
			"digest": `"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`, "attempt": "2", "referrer": `"https://example.com/from?a&b"`,
		},
		{
			"url": `"no url"`, "url_hash": hash("no url"), "host": `""`,
			"step": `"schedule"`, "status": `"excluded"`, "error_reason": `"invalid_url"`,
		},
		{
			"url": `"https://example.com:8443/a?b=<c>"`, "url_hash": hash("https://example.com:8443/a?b=<c>"), "host": `"example.com:8443"`,
			"step": `"fetch"`, "status": `"error"`, "error_reason": `"http_status"`, "error_detail": `"Not Found"`,
			"http_status": "404", "latency_ms": "0", "bytes": "5", "depth": "2",
		},
	} {
		want := map[string]string{}
		for _, m := range []map[string]string{base, changes} {
			for k, v := range m {
				want[k] = v
			}
		}
		id := members(t, page.Items[i])["id"]
		ids[id], want["id"] = true, id
		wantMembers(t, page.Items[i], want)
	}
	if len(page.Items) != 3 || len(ids) != 3 || page.NextPage != nil {
		t.Errorf("%s", r.body)
	}
	if at := members(t, page.Items[1])["occurred_at"]; at != `"2026-03-01T12:00:00.001000Z"` {
		t.Errorf("occurred_at is %s", at)
	}
	t.Run("the log does not change when the run finishes", func(t *testing.T) {
		c := c.in(t)
		c.moveTo(w.lease.Ref.ID, run.Finished)
		if again := c.do("GET", w.path(), nil).want(200); string(again.body) != string(r.body) {
			t.Errorf("first %s, then %s", r.body, again.body)
		}
	})
}

// Each filter, in both spellings, selects the entries that crawllog.Filter defines, with any page
// size.
func TestListRunLogs(t *testing.T) {
	c := newService(t).as("acme")
	w := c.logWriter(c.createJob(minimal).ID)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var all []*crawllog.Outcome
	for i := range 27 {
		o := &crawllog.Outcome{
			URL:        fmt.Sprintf("https://%s/%d", []string{"a.example", "b.example:81", "xn--bcher-kva.example"}[i%3], i),
			Step:       crawllog.Steps()[i/3%3],
			Status:     crawllog.Statuses()[i/9%3],
			OccurredAt: at.Add(time.Duration(i) * time.Second),
			Depth:      i % 4, HTTPStatus: []int{0, 200, 404, 410, 503}[i%5],
			ContentType: []string{"", "text/html; charset=utf-8", "Text/Plain", "image/png", "text/html, text/css;x"}[i%5],
		}
		if o.Status != crawllog.OK {
			o.ErrorReason = []string{"dns", "timeout", "budget"}[i%3]
		}
		all = append(all, o)
		w.append(&crawllog.Discovered{URL: o.URL}, o, &crawllog.Retry{URL: o.URL, OccurredAt: at, Due: at})
	}
	host := func(hosts ...string) func(*crawllog.Outcome) bool {
		return func(o *crawllog.Outcome) bool {
			u, err := url.Parse(o.URL)
			return err == nil && slices.Contains(hosts, u.Host)
		}
	}
	reason := func(reasons ...string) func(*crawllog.Outcome) bool {
		return func(o *crawllog.Outcome) bool { return slices.Contains(reasons, o.ErrorReason) }
	}
	for _, tt := range []struct {
		query string
		want  func(*crawllog.Outcome) bool
	}{
		{"", func(*crawllog.Outcome) bool { return true }},
		{"hosts=a.example", host("a.example")},
		{"hosts[]=A.Example&hosts=b.example:81", host("a.example", "b.example:81")},
		{"hosts=b.example", host()},
		{"hosts=example", host()},
		{"steps=fetch", func(o *crawllog.Outcome) bool { return o.Step == crawllog.Fetch }},
		{"steps[]=schedule&steps=parse", func(o *crawllog.Outcome) bool { return o.Step != crawllog.Fetch }},
		{"statuses=ok", func(o *crawllog.Outcome) bool { return o.Status == crawllog.OK }},
		{"statuses[]=error&statuses[]=excluded", func(o *crawllog.Outcome) bool { return o.Status != crawllog.OK }},
		{"error_reasons=dns", reason("dns")},
		{"error_reasons[]=timeout&error_reasons=budget&error_reasons=tls", reason("timeout", "budget")},
		{"url=HTTPS://A.Example:443/x/../3%23y", func(o *crawllog.Outcome) bool { return o.URL == "https://a.example/3" }},
		{"url=https://a.example/", func(*crawllog.Outcome) bool { return false }},
		{"url_prefix=https://B.example:81/1", func(o *crawllog.Outcome) bool { return strings.HasPrefix(o.URL, "https://b.example:81/1") }},
		{"url_prefix=https://b.example", func(*crawllog.Outcome) bool { return false }},
		{"http_statuses=404", func(o *crawllog.Outcome) bool { return o.HTTPStatus == 404 }},
		{"http_statuses[]=4xx&http_statuses=503", func(o *crawllog.Outcome) bool { return o.HTTPStatus > 400 }},
		{"content_types=TEXT/html", func(o *crawllog.Outcome) bool { return o.ContentType == "text/html; charset=utf-8" }},
		{"content_types[]=text/*&content_types=image/gif", func(o *crawllog.Outcome) bool {
			return strings.HasPrefix(strings.ToLower(o.ContentType), "text/")
		}},
		{"depth=0&depth[]=2", func(o *crawllog.Outcome) bool { return o.Depth%2 == 0 }},
		{"depth=1&http_statuses=2xx&content_types=text/html&url_prefix=https://a.example/", func(o *crawllog.Outcome) bool {
			return o.Depth == 1 && o.HTTPStatus == 200 && host("a.example")(o)
		}},
		{"statuses=ok&error_reasons=dns", func(*crawllog.Outcome) bool { return false }},
		{"occurred_after=2026-03-01T13:00:05%2B01:00&occurred_before=2026-03-01T12:00:09Z",
			func(o *crawllog.Outcome) bool {
				return o.OccurredAt.After(at.Add(5*time.Second)) && o.OccurredAt.Before(at.Add(9*time.Second))
			}},
		{"statuses=error&steps=fetch&hosts=a.example&error_reasons=dns&occurred_after=2026-01-01T00:00:00Z",
			func(o *crawllog.Outcome) bool {
				return o.Status == crawllog.Error && o.Step == crawllog.Fetch && host("a.example")(o)
			}},
	} {
		var want []string
		for _, o := range slices.Backward(all) {
			if tt.want(o) {
				want = append(want, o.URL)
			}
		}
		for _, perPage := range []string{"", "&per_page=4", "&per_page=100"} {
			t.Run(tt.query+perPage, func(t *testing.T) {
				if d := cmp.Diff(want, c.in(t).urls(w.path()+"?"+tt.query+perPage)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	}
	var page pageBody[json.RawMessage]
	if c.do("GET", w.path(), nil).want(200).decode(&page); len(page.Items) != 20 {
		t.Errorf("a page has %d entries by default", len(page.Items))
	}
	if c.do("HEAD", w.path(), nil).want(200).header.Get("Link") == "" {
		t.Error("no Link to the next page")
	}
}

func TestInvalidLogRequests(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	w, other := c.logWriter(j.ID), c.logWriter(j.ID)
	for _, w := range []logWriter{w, other} {
		for i := range 3 {
			w.append(&crawllog.Outcome{
				URL: fmt.Sprint("https://example.com/", i), Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
				OccurredAt: time.UnixMilli(1e12),
			})
		}
	}
	for _, tt := range []struct{ query, fields string }{
		{"per_page=0", "per_page:range"},
		{"per_page=101", "per_page:range"},
		{"page=x", "page:cursor"},
		{"page=", "page:empty"},
		{"hosts=", "hosts:empty"},
		{"hosts=https://example.com/", "hosts:format"},
		{"hosts=example.com/a", "hosts:format"},
		{"hosts=a%20b", "hosts:format"},
		{"hosts=a@b", "hosts:format"},
		{"steps=seed", "steps:enum"},
		{"statuses=running", "statuses:enum"},
		{"statuses=OK", "statuses:enum"},
		{"error_reasons=nope&error_reasons=", "error_reasons:enum error_reasons:empty"},
		{"occurred_after=yesterday", "occurred_after:format"},
		{"occurred_before=2026-03-01T12:00:00Z&occurred_before=2026-03-01T12:00:00Z", "occurred_before:duplicate"},
		{"url=", "url:empty"},
		{"url=example.com", "url:format"},
		{"url=ftp://example.com/", "url:format"},
		{"url=https://u:p@example.com/", "url:format"},
		{"url=https://a.example/&url=https://b.example/", "url:duplicate"},
		{"url_prefix=/docs", "url_prefix:format"},
		{"url_prefix=https://a.example/" + strings.Repeat("a", 2048), "url_prefix:format"},
		{"http_statuses=99", "http_statuses:format"},
		{"http_statuses=4XX", "http_statuses:format"},
		{"http_statuses=0xx", "http_statuses:format"},
		{"http_statuses=40x", "http_statuses:format"},
		{"http_statuses=1000", "http_statuses:format"},
		{"content_types=html", "content_types:format"},
		{"content_types=text/html;charset=utf-8", "content_types:format"},
		{"content_types=*/*", "content_types:format"},
		{"content_types=*/html", "content_types:format"},
		{"content_types=text/h*", "content_types:format"},
		{"content_types=text/html,text/css", "content_types:format"},
		{"depth=-1", "depth:range"},
		{"depth=1.5&depth=99999999999999999999", "depth:type depth:range"},
		{"depth=4194305", "depth:range"},
		{strings.Repeat("&http_statuses=404", 101), "http_statuses:too_many"},
		{strings.Repeat("&content_types=text/*", 101), "content_types:too_many"},
		{strings.Repeat("&depth=1", 101), "depth:too_many"},
		{"created_before=2026-03-01T12:00:00Z", "created_before:unknown"},
		{strings.Repeat("&hosts=a.example", 101), "hosts:too_many"},
		{strings.Repeat("&error_reasons[]=dns", 101), "error_reasons:too_many"},
		{"per_page=x&steps=y&nope=1", "per_page:type steps:enum nope:unknown"},
	} {
		t.Run(tt.fields, func(t *testing.T) { c.in(t).do("GET", w.path()+"?"+tt.query, nil).wantFields(tt.fields) })
	}
	t.Run("the error lists the known reasons", func(t *testing.T) {
		known := c.in(t).do("GET", w.path()+"?error_reasons=nope", nil).errorBody().Fields[0].Errors[0]
		if !strings.Contains(known.Message, "http_status") || len(known.Params["values"].([]any)) != len(crawllog.Reasons()) {
			t.Errorf("%+v", known)
		}
	})
	t.Run("100 values are allowed", func(t *testing.T) {
		c.in(t).do("GET", w.path()+"?"+strings.Repeat("&hosts=a.example", 100)+strings.Repeat("&error_reasons=dns", 100), nil).want(200)
	})

	var page pageBody[json.RawMessage]
	c.do("GET", w.path()+"?per_page=1", nil).want(200).decode(&page)
	cursor := *page.NextPage
	c.do("GET", w.path()+"?per_page=2&page="+cursor, nil).want(200)
	for _, path := range []string{
		w.path() + "?steps=fetch&page=", other.path() + "?page=", "/v1/runs?page=", "/v1/jobs/" + j.ID.String() + "/runs?page=",
	} {
		t.Run("cursor of another list: "+path, func(t *testing.T) { c.in(t).do("GET", path+cursor, nil).wantFields("page:cursor") })
	}
	for _, bad := range []string{cursor + "A", cursor[1:], strings.Repeat("A", 10_000), "%00", cursor + "%0A"} {
		t.Run(fmt.Sprintf("malformed cursor %.20s", bad), func(t *testing.T) {
			c.in(t).do("GET", w.path()+"?page="+bad, nil).wantFields("page:cursor")
		})
	}

	c.do("GET", "/v1/runs/"+idA+"/logs", nil).want(404)
	c.do("GET", "/v1/runs/x/logs", nil).wantFields("run_id:format")
	c.do("GET", w.path()+"/", nil).want(404)
	c.do("POST", w.path(), nil).want(405)
	c.service.as("stranger").do("GET", w.path(), nil).want(404)
	c.do("DELETE", strings.TrimSuffix(w.path(), "/logs"), nil).want(204)
	c.do("GET", w.path(), nil).want(404)
	c.do("GET", w.path()+"?page="+cursor, nil).want(404)
}
