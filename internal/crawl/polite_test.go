package crawl_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
)

// The delay of a host holds for all processes that crawl it: one process, new ones that know only
// the log, and those that follow one that died.
func TestDelayHolds(t *testing.T) {
	const n = 30
	for _, delay := range []struct {
		name, robots, config string
		want                 time.Duration
	}{
		{"default", "", "1s", time.Second},
		{"long default", "", "1m", time.Minute},
		{"Crawl-delay shorter than the default", "User-agent: *\nCrawl-delay: 2\n", "10s", 2 * time.Second},
		{"Crawl-delay longer than the default", "User-agent: inndx\nCrawl-delay: 7.5\n", "1s", 7500 * time.Millisecond},
		{"Crawl-delay without a default", "User-agent: *\nCrawl-delay: 1\n", "0s", time.Second},
		{"Crawl-delay that takes invocations", "User-agent: inndx\nCrawl-delay: 120\n", "1s", 2 * time.Minute},
	} {
		for _, processes := range []struct {
			name         string
			newProcesses bool
			deaths       int
			perHost      int
		}{
			{"one process", false, 0, 1},
			{"one process that may fetch several at once", false, 0, 4},
			{"new processes", true, 0, 1},
			{"new processes that may fetch several at once", true, 0, 4},
			{"processes that die", true, 6, 1},
		} {
			t.Run(delay.name+", "+processes.name, func(t *testing.T) {
				site := &simSite{robots: delay.robots, page: pages(n)}
				more := []string{
					fmt.Sprintf(delayConfig(delay.config), processes.perHost),
					`{'seeds': [{'kind': 'static_list', 'params': {'urls': ['` + simURL + `/', '` + simURL + `/0', '` + simURL + `/1']}}]}`,
				}
				simulate(t, site, strings.Join(mergeObjects(more), ""), processes.newProcesses, processes.deaths, func(r *simRun) {
					if p := r.store.Current.Progress; p.URLsFetched != n || r.store.deaths != 0 {
						t.Errorf("%+v, %d deaths are left", p, r.store.deaths)
					}
					site.checkDelay(t, delay.want)
					// Without deaths, no process waits longer than it must.
					if limit := n * (delay.want + 2*time.Second); processes.deaths == 0 && time.Since(r.store.Current.StartedAt) > limit {
						t.Errorf("the run took %v, want at most %v", time.Since(r.store.Current.StartedAt), limit)
					}
				})
			})
		}
	}
}

// mergeObjects returns the members of objects as one object.
func mergeObjects(objects []string) []string {
	var members []string
	for _, o := range objects {
		members = append(members, strings.TrimSuffix(strings.TrimPrefix(o, "{"), "}"))
	}
	return []string{"{" + strings.Join(members, ",") + "}"}
}

// A wait of more than a few seconds is left to a delayed wake-up.
func TestWaitingEndsTheInvocation(t *testing.T) {
	site := &simSite{robots: "User-agent: *\nCrawl-delay: 30", page: pages(5)}
	simulate(t, site, fmt.Sprintf(delayConfig("1s"), 1), false, 0, func(r *simRun) {
		if len(r.invocations) != 5 || len(r.queue.delays) != 4 {
			t.Errorf("%d invocations, %d wake-ups; want one a page", len(r.invocations), len(r.queue.delays))
		}
		for _, took := range r.invocations {
			if took > 5*time.Second {
				t.Errorf("an invocation took %v", took)
			}
		}
		for _, delay := range r.queue.delays {
			if delay < 25*time.Second || delay > 30*time.Second {
				t.Errorf("a wake-up was sent for in %v", delay)
			}
		}
	})
}

// A busy server gets no requests at all for as long as it asks, even after the last attempt of a
// page, and from all processes.
func TestBusyServersAreLeftAlone(t *testing.T) {
	for _, test := range []struct {
		name       string
		status     int
		retryAfter time.Duration
		retries    int
		minimum    time.Duration
	}{
		{"503 with another attempt", 503, time.Hour, 1, time.Hour},
		{"503 at the last attempt", 503, time.Hour, 0, time.Hour},
		{"429 with another attempt", 429, 10 * time.Minute, 1, 10 * time.Minute},
		{"429 at the last attempt", 429, 10 * time.Minute, 0, 10 * time.Minute},
		{"503 without Retry-After", 503, 0, 1, 500 * time.Millisecond},
		{"429 without Retry-After at the last attempt", 429, 0, 0, 500 * time.Millisecond},
	} {
		for _, newProcesses := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, new processes=%t", test.name, newProcesses), func(t *testing.T) {
				site := &simSite{page: func(uri string, attempt int) (*fetch.Response, error) {
					if uri == "/busy" && attempt == 1 {
						a, _ := htmlResponse(test.status)
						a.RetryAfter = test.retryAfter
						return a, nil
					}
					return htmlResponse(200, "/busy", "/a", "/b", "/c")
				}}
				more := fmt.Sprintf(`{'fetcher': {'max_retries': %d}, 'speed': {'concurrency': 1, 'per_host_concurrency': 1}}`, test.retries)
				simulate(t, site, more, newProcesses, 0, func(r *simRun) {
					i := slices.Index(site.uris(), "/busy")
					if i < 0 || i+1 >= len(site.fetches) {
						t.Fatalf("requested: %v", site.uris())
					}
					if gap := site.fetches[i+1].began.Sub(site.fetches[i].end); gap < test.minimum-time.Millisecond || gap > test.minimum+2*time.Second {
						t.Errorf("the next request came %v after the busy response, want %v", gap, test.minimum)
					}
					if want := 5 - 1 + int64(test.retries); r.store.Current.Progress.URLsFetched != want {
						t.Errorf("%+v, want %d fetched", r.store.Current.Progress, want)
					}
				})
			})
		}
	}
}

// Only failures that another attempt may change get one, each after a longer wait.
func TestWhatIsRetried(t *testing.T) {
	failure := func(reason fetch.Reason, retryable bool) func() (*fetch.Response, error) {
		return func() (*fetch.Response, error) {
			return nil, &fetch.Error{Reason: reason, Retryable: retryable, Err: errors.New("it failed")}
		}
	}
	status := func(code int) func() (*fetch.Response, error) {
		return func() (*fetch.Response, error) { return htmlResponse(code) }
	}
	attempts := map[string]int{}
	responses := map[string]func() (*fetch.Response, error){}
	for _, code := range []int{200, 204, 304, 400, 401, 403, 404, 405, 406, 408, 410, 418, 451, 501, 505} {
		responses[fmt.Sprint("/", code)], attempts[fmt.Sprint("/", code)] = status(code), 1
	}
	for _, code := range []int{429, 500, 502, 503, 504} {
		responses[fmt.Sprint("/", code)], attempts[fmt.Sprint("/", code)] = status(code), 4
	}
	responses["/timeout"], attempts["/timeout"] = failure(fetch.Timeout, true), 4
	responses["/dns"], attempts["/dns"] = failure(fetch.DNS, false), 1
	responses["/inside"], attempts["/inside"] = failure(fetch.AddressRefused, false), 1
	site := &simSite{page: func(uri string, _ int) (*fetch.Response, error) {
		if f := responses[uri]; f != nil {
			return f()
		}
		var links []string
		for uri := range responses {
			links = append(links, uri)
		}
		return htmlResponse(200, links...)
	}}
	simulate(t, site, `{}`, false, 0, func(r *simRun) {
		got := map[string]int{}
		last := map[string]simFetch{}
		for _, h := range site.fetches {
			if got[h.uri]++; got[h.uri] > 1 {
				minimum := time.Second << (got[h.uri] - 2) / 2
				if gap := h.began.Sub(last[h.uri].end); gap < minimum-time.Millisecond {
					t.Errorf("attempt %d of %s came after %v", got[h.uri], h.uri, gap)
				}
			}
			last[h.uri] = h
		}
		delete(got, "/")
		if diff := cmp.Diff(attempts, got); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

// robots.txt is requested once a day, not for each page.
func TestRobotsAreKeptForADay(t *testing.T) {
	const n = 400 // five minutes apart: 33 hours
	site := &simSite{robots: "User-agent: *\nCrawl-delay: 100000", page: pages(n)}
	simulate(t, site, `{}`, false, 0, func(r *simRun) {
		if len(site.robotsRequests) != 2 || site.robotsRequests[1].Sub(site.robotsRequests[0]) > 24*time.Hour+robots.MaxCrawlDelay+time.Second {
			t.Fatalf("robots.txt was requested at %v", site.robotsRequests)
		}
		var late time.Time // the last page fetched under the first robots.txt
		for _, h := range site.fetches {
			if h.began.Before(site.robotsRequests[1]) {
				late = h.began
			}
		}
		if age := late.Sub(site.robotsRequests[0]); age > 24*time.Hour {
			t.Errorf("a robots.txt was used when it was %v old", age)
		}
		site.checkDelay(t, robots.MaxCrawlDelay)
	})
}
