// This file has all tests of how runs share a host, which have their servers and runs in common,
// and so exceeds 300 lines.

package crawl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A host gets requests from ten runs of several tenants with the same spacing as from one, and
// every run makes progress.
func TestDelayHoldsForAllRuns(t *testing.T) {
	const runs, n = 10, 5
	for _, test := range []struct {
		name, robots, config string
		perHost              int
		late                 time.Duration
		want                 time.Duration
	}{
		{"default", "", "1s", 1, 0, time.Second},
		{"short", "", "100ms", 1, 0, 100 * time.Millisecond},
		{"several fetches at a time", "", "1s", 4, 0, time.Second},
		{"waiting ends invocations", "", "20s", 1, 0, 20 * time.Second},
		{"late wake-ups", "", "20s", 1, 900 * time.Millisecond, 20 * time.Second},
		{"Crawl-delay", "User-agent: inndx\nCrawl-delay: 7", "1s", 1, 0, 7 * time.Second},
		{"Crawl-delay shorter than the default", "User-agent: inndx\nCrawl-delay: 2", "4s", 1, 0, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &runGroup{robots: test.robots, page: groupPages(n)}
			late := func(c *runGroup) {
				for i, r := range c.runs {
					r.late = test.late * time.Duration(i) / runs
				}
			}
			simulateGroup(t, c, groupConfigs(runs, fmt.Sprintf(delayConfig(test.config), test.perHost)), late, func(c *runGroup) {
				c.checkDelay(test.want)
				c.checkFetched(n)
				c.checkFair()
				// The host is never idle for long while a run waits for it.
				if limit := (runs*n + 1) * (test.want + test.late + test.want/4 + 2*simLatency + 50*time.Millisecond); c.took() > limit {
					t.Errorf("it took %v, want at most %v", c.took(), limit)
				}
			})
		})
	}
}

// When a server asks one run for no requests, no run sends any, and no run learns anything else of
// the others.
func TestBusyServersAreLeftAloneByAllRuns(t *testing.T) {
	for _, retries := range []int{0, 1} {
		t.Run(fmt.Sprint(retries, " retries"), func(t *testing.T) {
			var until time.Time
			c := &runGroup{}
			c.page = func(name string, u weburl.URL) (*fetch.Response, error) {
				if until.IsZero() && len(c.fetches) == 7 {
					a, _ := htmlResponse(503)
					a.RetryAfter = time.Hour
					until = time.Now().Add(time.Hour)
					return a, nil
				}
				return htmlResponse(200, "/a", "/b", "/c")
			}
			more := fmt.Sprintf(`{'fetcher': {'max_retries': %d}}`, retries)
			simulateGroup(t, c, groupConfigs(5, fmt.Sprintf(delayConfig("1s"), 1), more), nil, func(c *runGroup) {
				c.checkDelay(time.Second)
				for _, h := range c.fetches {
					if h.began.Before(until) && h.end.After(until.Add(-time.Hour)) {
						t.Errorf("%s requested %s %v too early", h.run, h.uri, until.Sub(h.began))
					}
				}
				if c.took() > time.Hour+time.Minute {
					t.Errorf("it took %v", c.took())
				}
			})
		})
	}
}

// When a server responds to robots.txt with Retry-After, no run sends requests until then, whether
// robots.txt was requested for a page or for a sitemap.
func TestBusyRobotsAreLeftAloneByAllRuns(t *testing.T) {
	hosts := `{'seeds': [{'kind': 'sitemap', 'params': {'hosts': ['` + strings.TrimPrefix(simURL, "http://") + `']}}]}`
	for _, seeds := range []string{`{}`, sitemapSeeds(`'` + simURL + `/sitemap.xml'`), hosts} {
		t.Run(seeds, func(t *testing.T) {
			c := &runGroup{page: groupPages(1)}
			c.robotsError = func(string) error {
				if len(c.robotsRequests) > 1 {
					return nil
				}
				return &fetch.Error{Reason: fetch.RobotsUnavailable, Retryable: true, RetryAfter: time.Minute}
			}
			simulateGroup(t, c, groupConfigs(5, fmt.Sprintf(delayConfig("1s"), 1), seeds), nil, func(c *runGroup) {
				if gap := c.robotsRequests[1].Sub(c.robotsRequests[0]); gap < time.Minute-time.Millisecond {
					t.Errorf("robots.txt was requested again after %v, want a minute", gap)
				}
			})
		})
	}
}

// A Retry-After that a proxy sends in the name of a host delays only the runs that use the proxy.
func TestProxiesDoNotHoldOtherRuns(t *testing.T) {
	c := &runGroup{page: groupPages(5)}
	c.robotsError = func(name string) error {
		if name != "direct/1" && len(c.robotsRequests) < 3 {
			return &fetch.Error{Reason: fetch.RobotsUnavailable, Retryable: true, RetryAfter: time.Hour}
		}
		return nil
	}
	delay, proxy := fmt.Sprintf(delayConfig("1s"), 1), `{'fetcher': {'proxy': 'http://user:%d@proxy.example:3128'}}`
	configs := []string{
		groupConfig("proxied/1", delay, fmt.Sprintf(proxy, 1)), groupConfig("proxied/2", delay, fmt.Sprintf(proxy, 2)), groupConfig("direct/1", delay),
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkFetched(5)
		if took := c.runs[2].done.Sub(c.fetches[0].began); took > time.Minute {
			t.Errorf("the run without a proxy took %v", took)
		}
		c.fetches = slices.DeleteFunc(c.fetches, func(f groupFetch) bool { return f.run == "direct/1" })
		c.checkDelay(time.Second)
		if waited := c.fetches[0].began.Sub(c.robotsRequests[0]); waited < time.Hour {
			t.Errorf("a run through the proxy waited %v, want an hour", waited)
		}
	})
}

// A server is the same one by http and by https, and with a dot at the end of its name. Another port
// is another server.
func TestRunsShareServersByAnySpelling(t *testing.T) {
	c := &runGroup{page: groupPages(5)}
	var configs []string
	for i, url := range []string{"http://site.example/", "https://site.example/", "http://SITE.example./", "http://site.example:8080/"} {
		configs = append(configs, fastConfig(url, fmt.Sprintf(delayConfig("1s"), 1), fmt.Sprintf(`{'user_agent': 'run-%d/1'}`, i)))
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkFetched(5)
		if took := c.runs[3].done.Sub(c.fetches[0].began); took > 10*time.Second {
			t.Errorf("the run on another port took %v", took)
		}
		c.fetches = slices.DeleteFunc(c.fetches, func(f groupFetch) bool { return f.run == "run-3/1" })
		c.checkDelay(time.Second)
	})
}

// A run with a long configured delay neither slows the others nor starves.
func TestConfiguredDelaysAreForTheirRun(t *testing.T) {
	c := &runGroup{page: groupPages(10)}
	configs := []string{
		groupConfig("slow/1", fmt.Sprintf(delayConfig("10m"), 1)), groupConfig("fast/1", fmt.Sprintf(delayConfig("1s"), 1)), groupConfig("fast/2", fmt.Sprintf(delayConfig("1s"), 1)),
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkDelay(time.Second)
		c.checkFetched(10)
		for i, limit := range []time.Duration{9*10*time.Minute + time.Minute, time.Minute, time.Minute} {
			if took := c.runs[i].done.Sub(c.fetches[0].began); took > limit {
				t.Errorf("%s took %v, want at most %v", c.runs[i].name, took, limit)
			}
		}
	})
}

// A Crawl-delay holds for a run that does not read robots.txt too, as long as other runs obey it.
func TestCrawlDelayHoldsForAllRuns(t *testing.T) {
	c := &runGroup{robots: "User-agent: *\nCrawl-delay: 5", page: groupPages(4)}
	configs := []string{groupConfig("polite/1"), groupConfig("rude/1", `{'policies': [], 'speed': {'per_host_concurrency': 1}}`)}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkFetched(4) // the first fetches of all come before robots.txt is known
		for i, h := range c.fetches {
			for _, other := range c.fetches[:i] {
				if i > 1 && h.run != other.run && h.began.Sub(other.end) < 5*time.Second-time.Millisecond {
					t.Errorf("%s came %v after %s", h.run, h.began.Sub(other.end), other.run)
				}
			}
		}
	})
}

// A Crawl-delay for one product does not slow the runs of another product, for which the host has
// other rules.
func TestCrawlDelayIsForItsProduct(t *testing.T) {
	c := &runGroup{robots: "User-agent: slow\nCrawl-delay: 300\n\nUser-agent: *\nDisallow: /private", page: groupPages(10)}
	configs := []string{groupConfig("slow/1", fmt.Sprintf(delayConfig("1s"), 1)), groupConfig("fast/1", fmt.Sprintf(delayConfig("1s"), 1))}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkFetched(10)
		for i, limit := range []time.Duration{9*5*time.Minute + time.Minute, time.Minute} {
			if took := c.runs[i].done.Sub(c.fetches[0].began); took > limit {
				t.Errorf("%s took %v, want at most %v", c.runs[i].name, took, limit)
			}
		}
	})
}

// Together, runs have no more fetches from a host in flight than each of them may have.
func TestFetchesInFlightOfAllRuns(t *testing.T) {
	for _, test := range []struct {
		perHost []int
		max     int // 8: the last pages, when the other run is done
	}{{[]int{1, 1, 1}, 1}, {[]int{4, 4, 4}, 4}, {[]int{8, 2}, 8}} {
		t.Run(fmt.Sprint(test.perHost), func(t *testing.T) {
			c := &runGroup{page: groupPages(40)}
			var configs []string
			for i, n := range test.perHost {
				configs = append(configs, groupConfig(fmt.Sprintf("run-%d/1", i), fmt.Sprintf(`{'speed': {'per_host_concurrency': %d}}`, n)))
			}
			simulateGroup(t, c, configs, nil, func(c *runGroup) {
				c.checkFetched(40)
				maxInFlight := 0
				for i, h := range c.fetches {
					inFlight, shared := 1, false
					for _, other := range c.fetches[:i] {
						if other.end.After(h.began) {
							inFlight++
							shared = shared || other.run != h.run
						}
					}
					maxInFlight = max(maxInFlight, inFlight)
					if limit := slices.Min(test.perHost); shared && inFlight > limit {
						t.Fatalf("%d fetches are in flight, want %d", inFlight, limit)
					}
				}
				if maxInFlight > test.max || maxInFlight < slices.Min(test.perHost) {
					t.Errorf("at most %d fetches were in flight, want %d to %d", maxInFlight, slices.Min(test.perHost), test.max)
				}
			})
		})
	}
}

// Runs on different hosts do not affect each other.
func TestRunsOnOtherHostsDoNotWait(t *testing.T) {
	c := &runGroup{page: groupPages(5)}
	var configs []string
	for i := range 5 {
		url := fmt.Sprintf("http://host-%d.example/", i)
		configs = append(configs, fastConfig(url, fmt.Sprintf(delayConfig("1s"), 1), fmt.Sprintf(`{'user_agent': 'run-%d/1'}`, i)))
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkFetched(5)
		if c.took() > 5*(time.Second+2*simLatency) {
			t.Errorf("it took %v", c.took())
		}
	})
}

// A run that is stopped or paused while others wait for their turn does not keep them waiting.
func TestRunsThatLeaveLoseTheirTurn(t *testing.T) {
	for _, status := range []run.Status{run.Finished, run.Paused} {
		t.Run(string(status), func(t *testing.T) {
			c := &runGroup{}
			ended := false
			c.page = func(name string, u weburl.URL) (*fetch.Response, error) {
				if len(c.fetches) == 12 && !ended { // some run's third page
					ended = true
					for _, r := range c.runs[1:3] {
						r.SetStatus(status)
						if status == run.Paused {
							time.AfterFunc(30*time.Minute, func() { r.SetStatus(run.Finished) })
						}
					}
				}
				return htmlResponse(200, "/a", "/b", "/c", "/d", "/e", "/f")
			}
			simulateGroup(t, c, groupConfigs(4, fmt.Sprintf(delayConfig("2s"), 1)), nil, func(c *runGroup) {
				c.checkDelay(2 * time.Second)
				if limit := 24 * 2500 * time.Millisecond; c.took() > limit {
					t.Errorf("it took %v, want at most %v", c.took(), limit)
				}
				for i, h := range c.fetches[12:] {
					if i > 1 && (h.run == c.runs[1].name || h.run == c.runs[2].name) {
						t.Errorf("%s continued", h.run)
					}
				}
			})
		})
	}
}

// Sitemaps and robots.txt wait for their turn as pages do, also across invocations.
func TestSitemapsWaitForTheirTurn(t *testing.T) {
	for _, delay := range []time.Duration{time.Second, 90 * time.Second} {
		t.Run(delay.String(), func(t *testing.T) {
			c := &runGroup{robots: fmt.Sprintf("User-agent: *\nCrawl-delay: %d", int(delay.Seconds()))}
			c.page = func(_ string, u weburl.URL) (*fetch.Response, error) {
				if strings.HasSuffix(u.Path(), ".xml") {
					return sitemapResponse("urlset", "url", "/1", "/2")
				}
				return htmlResponse(200)
			}
			simulateGroup(t, c, groupConfigs(10, sitemapSeeds(`'`+simURL+`/sitemap.xml'`), fmt.Sprintf(delayConfig("1s"), 1)), nil, func(c *runGroup) {
				c.checkFetched(2)
				// The runs learn the Crawl-delay from their first fetch of robots.txt.
				c.checkDelay(delay)
				for i, at := range c.robotsRequests[1:] {
					if gap := at.Sub(c.robotsRequests[i]); gap < time.Second {
						t.Errorf("robots.txt was requested twice within %v", gap)
					}
				}
			})
		})
	}
}
