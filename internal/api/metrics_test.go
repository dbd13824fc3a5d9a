package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
)

// commitNumbers records what the tests of this file expect: outcomes in the first minute and in the
// third, and none in the second.
func (r logWriter) commitNumbers() {
	const site = "https://example.com/"
	at := time.Date(2026, 3, 1, 12, 0, 5, 0, time.UTC)
	r.append(
		&crawllog.Discovered{URL: site, Seed: true},
		&crawllog.Outcome{URL: "https://late.example/", Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: "seed_hosts", OccurredAt: at},
		&crawllog.Outcome{URL: "https://other.example/", Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: "seed_hosts", OccurredAt: at},
		&crawllog.Outcome{
			URL: site, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: at, Attempt: 1,
			Latency: 20 * time.Millisecond, Bytes: 1000, Delay: 2 * time.Second, HasDelay: true,
		},
		&crawllog.Outcome{
			URL: site + "gone", Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "http_status", HTTPStatus: 404,
			OccurredAt: at.Add(time.Second), Attempt: 1, Latency: 30 * time.Millisecond, Bytes: 10, Delay: 2 * time.Second, HasDelay: true,
		},
		&crawllog.Outcome{URL: site + "s.xml", Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "dns", Sitemap: true, OccurredAt: at},
		&crawllog.QueueLength{URLs: 7, At: at.Add(time.Second)},
	)
	at = at.Add(2 * time.Minute)
	r.append(
		&crawllog.Discovered{URL: "https://late.example/", Redirects: 1, Seed: true, WasExcluded: true},
		&crawllog.Retry{URL: "https://late.example/", Attempt: 1, OccurredAt: at, Due: at.Add(time.Minute), HoldHost: true},
		&crawllog.Outcome{
			URL: "https://late.example/", Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "http_status", HTTPStatus: 504,
			OccurredAt: at, Attempt: 2, Latency: 25 * time.Second,
		},
		&crawllog.QueueLength{URLs: 0, At: at},
	)
}

type object = map[string]any

// get decodes the response to a request.
func (c client) get(path string) (v object) {
	c.t.Helper()
	c.do("GET", path, nil).want(200).decode(&v)
	return v
}

func responses(counts object) object {
	all := object{"2xx": 0., "3xx": 0., "4xx": 0., "5xx": 0., "other": 0., "none": 0.}
	for class, n := range counts {
		all[class] = n
	}
	return all
}

func wantJSON(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestRunMetrics(t *testing.T) {
	c := newService(t).as("acme")
	w := c.logWriter(c.createJob(minimal).ID)
	t.Run("of a run without outcomes", func(t *testing.T) {
		wantJSON(t, c.in(t).get(w.list("metrics")), object{"window": "10s", "buckets": []any{}, "searched": nil})
		wantJSON(t, c.in(t).get(w.list("metrics")+"?window=1d"), object{"window": "1d", "buckets": []any{}, "searched": nil})
	})
	w.commitNumbers()
	bucket := func(at string, fetched, failed, excluded, bytes float64, queued any, classes object) object {
		return object{
			"started_at": "2026-03-01T" + at + ".000000Z", "urls_fetched": fetched, "urls_failed": failed, "urls_excluded": excluded,
			"bytes_fetched": bytes, "urls_queued": queued, "responses": responses(classes),
		}
	}
	t.Run("by minutes", func(t *testing.T) {
		wantJSON(t, c.in(t).get(w.list("metrics")+"?window=1m"), object{"window": "1m", "searched": nil, "buckets": []any{
			bucket("12:00:00", 1, 1, 1, 1010, 7., object{"2xx": 1., "4xx": 1.}),
			bucket("12:01:00", 0, 0, 0, 0, 7., nil),
			bucket("12:02:00", 0, 1, 0, 0, 0., object{"5xx": 1.}),
		}})
	})
	t.Run("the window fits the run", func(t *testing.T) {
		got := c.in(t).get(w.list("metrics"))
		if n := len(got["buckets"].([]any)); got["window"] != "10s" || n != 13 {
			t.Errorf("the window is %v with %d buckets, want 13 of 10s", got["window"], n)
		}
	})
	t.Run("of hosts", func(t *testing.T) {
		wantJSON(t, c.in(t).get(w.list("metrics")+"?window=5m&hosts=LATE.example&hosts=nowhere.example"), object{
			"window": "5m", "searched": nil, "buckets": []any{bucket("12:00:00", 0, 1, 0, 0, nil, object{"5xx": 1.})},
		})
	})
	t.Run("invalid parameters", func(t *testing.T) {
		for query, field := range map[string]string{
			"window=2m": "window:enum", "window=": "window:empty", "window=1m&window=1m": "window:duplicate",
			"hosts=a/b": "hosts:format", "page=x": "page:unknown",
		} {
			c.in(t).do("GET", w.list("metrics")+"?"+query, nil).wantFields(field)
			c.in(t).do("GET", w.list("latency")+"?"+query, nil).wantFields(field)
		}
	})
	w.append(&crawllog.Outcome{URL: "https://example.com/slow", Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
		OccurredAt: time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)})
	t.Run("a window that is too narrow", func(t *testing.T) {
		r := c.in(t).do("GET", w.list("metrics")+"?window=10s", nil)
		r.wantFields("window:range")
		var fault object
		r.decode(&fault)
		rule := fault["fields"].([]any)[0].(object)["errors"].([]any)[0].(object)
		wantJSON(t, rule["params"], object{"min": "30s", "max": "1d"})
		if n := len(c.in(t).get(w.list("metrics") + "?window=30s")["buckets"].([]any)); n != 481 {
			t.Errorf("%d buckets, want 481", n)
		}
		if got := c.in(t).get(w.list("metrics")); got["window"] != "5m" {
			t.Errorf("the window is %v, want 5m", got["window"])
		}
	})
}

func TestRunLatency(t *testing.T) {
	c := newService(t).as("acme")
	w := c.logWriter(c.createJob(minimal).ID)
	none := object{"count": 0., "p50_ms": nil, "p90_ms": nil, "p99_ms": nil, "max_ms": nil}
	wantJSON(t, c.get(w.list("latency")), object{"window": "10s", "buckets": []any{}, "total": none, "searched": nil})
	w.commitNumbers()
	bucket := func(at string, count float64, p50, p90, p99, most any) object {
		return object{"started_at": "2026-03-01T" + at + ".000000Z", "count": count, "p50_ms": p50, "p90_ms": p90, "p99_ms": p99, "max_ms": most}
	}
	wantJSON(t, c.get(w.list("latency")+"?window=1m"), object{
		"window": "1m", "searched": nil,
		"buckets": []any{
			bucket("12:00:00", 2, 20., 30., 30., 30.), bucket("12:01:00", 0, nil, nil, nil, nil), bucket("12:02:00", 1, 25000., 25000., 25000., 25000.),
		},
		"total": object{"count": 3., "p50_ms": 30., "p90_ms": 25000., "p99_ms": 25000., "max_ms": 25000.},
	})
	wantJSON(t, c.get(w.list("latency")+"?hosts=late.example&window=5m"), object{
		"window": "5m", "searched": nil, "buckets": []any{bucket("12:00:00", 1, 25000., 25000., 25000., 25000.)},
		"total": object{"count": 1., "p50_ms": 25000., "p90_ms": 25000., "p99_ms": 25000., "max_ms": 25000.},
	})
}

func TestListRunHosts(t *testing.T) {
	c := newService(t).as("acme")
	w := c.logWriter(c.createJob(minimal).ID)
	wantJSON(t, c.get(w.list("hosts")), object{"items": []any{}, "others": nil, "next_page": nil, "searched": nil})
	w.commitNumbers()
	hosts := map[string]object{
		"example.com": {
			"host": "example.com", "urls_fetched": 1., "urls_failed": 1., "urls_excluded": 0., "bytes_fetched": 1010.,
			"responses": responses(object{"2xx": 1., "4xx": 1.}), "delay_ms": 2000.,
			"latency":         object{"count": 2., "p50_ms": 20., "p90_ms": 30., "p99_ms": 30., "max_ms": 30.},
			"last_fetched_at": "2026-03-01T12:00:06.000000Z", "next_fetch_at": "2026-03-01T12:00:08.000000Z",
		},
		"late.example": {
			"host": "late.example", "urls_fetched": 0., "urls_failed": 1., "urls_excluded": 0., "bytes_fetched": 0.,
			"responses": responses(object{"5xx": 1.}), "delay_ms": nil,
			"latency":         object{"count": 1., "p50_ms": 25000., "p90_ms": 25000., "p99_ms": 25000., "max_ms": 25000.},
			"last_fetched_at": "2026-03-01T12:02:05.000000Z", "next_fetch_at": "2026-03-01T12:03:05.000000Z",
		},
		"other.example": {
			"host": "other.example", "urls_fetched": 0., "urls_failed": 0., "urls_excluded": 1., "bytes_fetched": 0.,
			"responses": responses(nil), "delay_ms": nil,
			"latency":         object{"count": 0., "p50_ms": nil, "p90_ms": nil, "p99_ms": nil, "max_ms": nil},
			"last_fetched_at": nil, "next_fetch_at": nil,
		},
	}
	for query, want := range map[string][]string{
		"":              {"example.com", "late.example", "other.example"},
		"order=host":    {"example.com", "late.example", "other.example"},
		"order=urls":    {"example.com", "late.example", "other.example"},
		"order=latency": {"late.example", "example.com", "other.example"},
		"order=failed":  {"example.com", "late.example", "other.example"},
	} {
		t.Run(query, func(t *testing.T) {
			items := []any{}
			for _, name := range want {
				items = append(items, hosts[name])
			}
			wantJSON(t, c.in(t).get(w.list("hosts")+"?"+query), object{"items": items, "others": nil, "next_page": nil, "searched": nil})
		})
	}
	t.Run("page by page", func(t *testing.T) {
		var got []string
		for path := w.list("hosts") + "?per_page=1"; path != ""; {
			page := c.in(t).get(path)
			got = append(got, page["items"].([]any)[0].(object)["host"].(string))
			path = ""
			if next, ok := page["next_page"].(string); ok {
				path = w.list("hosts") + "?per_page=1&page=" + next
			}
		}
		wantJSON(t, got, []string{"example.com", "late.example", "other.example"})
	})
	t.Run("the other orders have one page", func(t *testing.T) {
		page := c.in(t).get(w.list("hosts") + "?order=latency&per_page=1")
		if items := page["items"].([]any); page["next_page"] != nil || len(items) != 1 || items[0].(object)["host"] != "late.example" {
			t.Errorf("got %v", page)
		}
	})
	t.Run("invalid parameters", func(t *testing.T) {
		next := c.in(t).get(w.list("hosts") + "?per_page=1")["next_page"]
		another := c.in(t).logWriter(c.in(t).createJob(minimal).ID)
		for query, field := range map[string]string{
			"order=name": "order:enum", "page=x": "page:cursor", "per_page=101": "per_page:range", "hosts=a.example": "hosts:unknown",
			fmt.Sprint("order=urls&page=", next): "page:conflict",
		} {
			c.in(t).do("GET", w.list("hosts")+"?"+query, nil).wantFields(field)
		}
		c.in(t).do("GET", another.list("hosts")+fmt.Sprint("?page=", next), nil).wantFields("page:cursor")
	})
	t.Run("more hosts than are listed", func(t *testing.T) {
		c := c.in(t)
		w := c.logWriter(c.createJob(minimal).ID)
		for first := range 3 { // 10,002 hosts
			var outcomes []crawllog.Record
			for i := range 3334 {
				outcomes = append(outcomes, &crawllog.Outcome{
					URL: fmt.Sprintf("https://%d.%d.example/", first, i), Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 301,
					OccurredAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Attempt: 1, Bytes: 4,
				})
			}
			w.append(outcomes...)
		}
		page := c.get(w.list("hosts") + "?order=urls&per_page=100")
		if items := page["items"].([]any); len(items) != 100 {
			t.Errorf("%d hosts on a page of 100", len(items))
		}
		wantJSON(t, page["others"], object{
			"urls_fetched": 2., "urls_failed": 0., "urls_excluded": 0., "bytes_fetched": 8., "responses": responses(object{"3xx": 2.}),
			"latency": object{"count": 2., "p50_ms": 0., "p90_ms": 0., "p99_ms": 0., "max_ms": 0.},
		})
	})
	t.Run("of a finished run", func(t *testing.T) {
		c.in(t).do("PUT", w.list("stop"), nil).want(200)
		if host := c.in(t).get(w.list("hosts"))["items"].([]any)[1].(object); host["next_fetch_at"] != nil || host["last_fetched_at"] == nil {
			t.Errorf("the host of a finished run is %v", host)
		}
	})
}
