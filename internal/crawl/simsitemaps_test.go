package crawl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/weburl"
)

// Fetches of sitemaps keep the delay of their host, among them and before the pages after them.
func TestSitemapsArePolite(t *testing.T) {
	busy := true
	site := &simSite{robots: "User-agent: *\nCrawl-delay: 8", page: func(uri string, _ int) (*fetch.Response, error) {
		switch {
		case uri == "/sitemap.xml":
			return sitemapResponse("sitemapindex", "sitemap", "/1.xml", "/2.xml", "/3.xml")
		case uri == "/2.xml" && busy:
			busy = false
			a, _ := htmlResponse(503)
			a.RetryAfter = 40 * time.Second
			return a, nil
		case strings.HasSuffix(uri, ".xml"):
			return sitemapResponse("urlset", "url", strings.TrimSuffix(uri, ".xml"))
		}
		return htmlResponse(200)
	}}
	simulate(t, site, sitemapSeeds(`'`+simURL+`/sitemap.xml'`), false, 0, func(r *simRun) {
		want := []string{"/sitemap.xml", "/1.xml", "/2.xml", "/2.xml", "/3.xml", "/1", "/2", "/3"}
		got := site.uris()
		slices.Sort(got[min(5, len(got)):]) // the pages come in any order
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		site.checkDelay(t, 8*time.Second)
		if gap := site.fetches[3].began.Sub(site.fetches[2].end); gap < 40*time.Second {
			t.Errorf("the busy server got another request after %v", gap)
		}
	})
}

// Sitemaps that are fetched at a time take at most 64 MiB together, but one is always fetched.
func TestSitemapsAtATimeAreBoundedInMemory(t *testing.T) {
	for _, tt := range []struct{ maxBody, want int }{{1 << 20, 16}, {10 << 20, 6}, {32 << 20, 2}, {100 << 20, 1}} {
		t.Run(fmt.Sprint(tt.maxBody), func(t *testing.T) {
			site := &simSite{page: func(uri string, _ int) (*fetch.Response, error) {
				if uri == "/sitemap.xml" {
					var locs []string
					for i := range 40 {
						locs = append(locs, fmt.Sprintf("/%d.xml", i))
					}
					return sitemapResponse("sitemapindex", "sitemap", locs...)
				}
				return sitemapResponse("urlset", "url")
			}}
			more := fmt.Sprintf(`{'fetcher': {'max_body_bytes': %d}, 'speed': {'concurrency': 32, 'per_host_concurrency': 32}, 'policies': [],
				'seeds': [{'kind': 'sitemap', 'params': {'urls': ['%s/sitemap.xml'], 'concurrency': 16}}]}`, tt.maxBody, simURL)
			simulate(t, site, more, false, 0, func(r *simRun) {
				if n := len(site.fetches); n != 41 {
					t.Errorf("%d sitemaps were fetched", n)
				}
				most := 0
				for _, f := range site.fetches {
					n := 0
					for _, other := range site.fetches {
						if !other.began.After(f.began) && other.end.After(f.began) {
							n++
						}
					}
					most = max(most, n)
				}
				if most != tt.want {
					t.Errorf("%d sitemaps were fetched at a time, want %d", most, tt.want)
				}
			})
		})
	}
}

// A sitemap is left out if its server asks for a wait that is too long, and the host gets no
// requests for that time.
func TestBusySitemapIsLeftOut(t *testing.T) {
	site := &simSite{page: func(uri string, _ int) (*fetch.Response, error) {
		if uri == "/sitemap.xml" {
			a, _ := htmlResponse(429)
			a.RetryAfter = time.Hour
			return a, nil
		}
		return htmlResponse(200)
	}}
	seeds := `{'seeds': [{'kind': 'sitemap', 'params': {'urls': ['` + simURL + `/sitemap.xml']}},
		{'kind': 'static_list', 'params': {'urls': ['` + simURL + `/']}}]}`
	simulate(t, site, seeds, false, 0, func(r *simRun) {
		if diff := cmp.Diff([]string{"/sitemap.xml", "/"}, site.uris()); diff != "" {
			t.Fatalf("requests (-want +got):\n%s", diff)
		}
		site.checkDelay(t, time.Hour)
		if r.invocations[0] > 5*time.Second {
			t.Errorf("the crawler waited %v for the sitemap", r.invocations[0])
		}
	})
}

// Sitemaps that lead to others without end are read to a bounded depth and number, and no longer
// than an invocation lasts.
func TestEndlessSitemaps(t *testing.T) {
	deeper := func(uri string, _ int) (*fetch.Response, error) {
		if strings.HasSuffix(uri, ".xml") {
			return sitemapResponse("sitemapindex", "sitemap", strings.TrimSuffix(uri, ".xml")+"x.xml")
		}
		return htmlResponse(200)
	}
	wide := func(uri string, _ int) (*fetch.Response, error) {
		switch {
		case uri == "/sitemap.xml":
			var locs []string
			for i := range 2000 {
				locs = append(locs, fmt.Sprintf("/%d.xml", i))
			}
			return sitemapResponse("sitemapindex", "sitemap", locs...)
		case strings.HasSuffix(uri, ".xml"):
			return sitemapResponse("urlset", "url", strings.TrimSuffix(uri, ".xml"))
		}
		return htmlResponse(200)
	}
	for _, test := range []struct {
		name     string
		page     func(string, int) (*fetch.Response, error)
		robots   string
		sitemaps int
		pages    int64
	}{
		{"deep", deeper, "", 4, 0},
		{"wide", wide, "", 500, 499},
		{"slow", wide, "User-agent: *\nCrawl-delay: 20", 10, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := &simSite{robots: test.robots, page: test.page}
			simulate(t, site, sitemapSeeds(`'`+simURL+`/sitemap.xml'`), false, 0, func(r *simRun) {
				sitemaps := 0
				for _, uri := range site.uris() {
					if strings.HasSuffix(uri, ".xml") {
						sitemaps++
					}
				}
				if sitemaps != test.sitemaps || r.store.Current.Progress.URLsFetched != test.pages {
					t.Errorf("%d sitemaps were read and %d pages fetched, want %d and %d",
						sitemaps, r.store.Current.Progress.URLsFetched, test.sitemaps, test.pages)
				}
			})
		})
	}
}

// After a process died, the next one reads the seeds again. Unread sitemaps are recorded once, with
// the result of the last reading.
func TestSeedsReadAgainRecordSitemapsOnce(t *testing.T) {
	attempts := 0
	site := &simSite{page: func(uri string, _ int) (*fetch.Response, error) {
		switch {
		case uri == "/late.xml":
			if attempts++; attempts > 1 {
				return sitemapResponse("urlset", "url", "/late")
			}
			return htmlResponse(404)
		case strings.HasSuffix(uri, ".xml"):
			time.Sleep(2 * time.Second) // the pages of the list are recorded meanwhile
			return htmlResponse(404)
		}
		return htmlResponse(200)
	}}
	var pages []string // as many as one batch
	for i := range 500 {
		pages = append(pages, fmt.Sprintf("'%s/%d'", simURL, i))
	}
	seeds := `{'seeds': [{'kind': 'static_list', 'params': {'urls': [` + strings.Join(pages, ",") + `]}},
		{'kind': 'sitemap', 'params': {'urls': ['` + simURL + `/late.xml', '` + simURL + `/gone.xml', '` + simURL + `/away.xml']}},
		{'kind': 'sitemap', 'params': {'urls': ['` + simURL + `/away.xml']}}]}`
	simulate(t, site, seeds, false, 2, func(r *simRun) {
		seedsRead := 0
		for rec := range r.records() {
			if _, ok := rec.(*crawllog.SeedsRead); ok {
				seedsRead++
			}
		}
		if r.store.deaths != 0 || seedsRead != 1 || attempts != 2 {
			t.Errorf("%d deaths are left; the seeds were read %d times, and completely %d times", r.store.deaths, attempts, seedsRead)
		}
		want := map[string]int{"/gone.xml http_status": 1, "/away.xml http_status": 1}
		if diff := cmp.Diff(want, r.unread()); diff != "" {
			t.Errorf("sitemaps in the log (-want +got):\n%s", diff)
		}
		if p := r.store.Current.Progress; p.URLsFailed != 0 {
			t.Errorf("sitemaps are counted: %+v", p)
		}
	})
}

// If a commit is split, the log may have the sitemaps without the end of the seeds.
func TestSitemapsAlreadyRecordedAreNotRecordedAgain(t *testing.T) {
	site := &simSite{page: func(string, int) (*fetch.Response, error) { return htmlResponse(404) }}
	site.before = crawllog.Encode([]crawllog.Record{&crawllog.Outcome{
		URL: simURL + "/1.xml", Step: crawllog.Fetch, Status: crawllog.Error, ErrorReason: "http_status", Sitemap: true,
	}})
	simulate(t, site, sitemapSeeds(`'`+simURL+`/1.xml', '`+simURL+`/2.xml'`), false, 0, func(r *simRun) {
		if diff := cmp.Diff(map[string]int{"/1.xml http_status": 1, "/2.xml http_status": 1}, r.unread()); diff != "" {
			t.Errorf("sitemaps in the log (-want +got):\n%s", diff)
		}
	})
}

// Sitemaps that are left out are in the log: the first hundred of those beyond a bound, and all for
// which there was no time.
func TestSitemapsLeftOutAreInTheLog(t *testing.T) {
	wide := func(uri string, _ int) (*fetch.Response, error) {
		switch {
		case uri == "/sitemap.xml":
			var locs []string
			for i := range 700 {
				locs = append(locs, fmt.Sprintf("/%d.xml", i))
			}
			return sitemapResponse("sitemapindex", "sitemap", locs...)
		case strings.HasSuffix(uri, ".xml"):
			return sitemapResponse("urlset", "url", strings.TrimSuffix(uri, ".xml"))
		}
		return htmlResponse(200)
	}
	for name, c := range map[string]struct {
		robots string
		want   int
	}{
		"too many": {"", 100},
		"too slow": {"User-agent: *\nCrawl-delay: 20", 100 + 490},
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, &simSite{robots: c.robots, page: wide}, sitemapSeeds(`'`+simURL+`/sitemap.xml'`), false, 0, func(r *simRun) {
				got := r.unread()
				for what, n := range got {
					if n != 1 || !strings.HasSuffix(what, " sitemap_limit") {
						t.Errorf("%s is in the log %d times", what, n)
					}
				}
				if len(got) != c.want {
					t.Errorf("%d sitemaps are in the log, want %d", len(got), c.want)
				}
			})
		})
	}
}

// A worker that would leave soon, together with others, has all of its time for sitemaps, because
// those that are not read by then are left out.
func TestSitemapsBeforeMultipleOfPeriod(t *testing.T) {
	const period, n = 3 * time.Minute, 100
	index, all := []string{}, map[string]bool{}
	for i := range n {
		index = append(index, fmt.Sprintf("/sitemap-%d.xml", i))
	}
	c := &runGroup{options: func(o *crawl.Options) { o.Period = period }, page: func(_ string, u weburl.URL) (*fetch.Response, error) {
		switch uri := u.RequestURI(); {
		case uri == "/sitemap.xml":
			return sitemapResponse("sitemapindex", "sitemap", index...)
		case strings.HasPrefix(uri, "/sitemap-"):
			return sitemapResponse("urlset", "url", "/page"+uri)
		default:
			all[uri] = true
			return htmlResponse(200)
		}
	}}
	config := groupConfig("inndx/0", sitemapSeeds(`'`+simURL+`/sitemap.xml'`), fmt.Sprintf(delayConfig("1s"), 1))
	simulateGroup(t, c, []string{config}, func(c *runGroup) {
		next := time.Now().Truncate(period).Add(period)
		c.runs[0].wakeAt = next.Add(-100 * time.Second)
	}, func(c *runGroup) {
		if len(all) != n {
			t.Errorf("%d pages of %d sitemaps were fetched", len(all), n)
		}
	})
}
