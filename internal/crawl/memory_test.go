package crawl_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// waited returns how often a run was handed back for lack of memory.
func (r *groupRun) waited() (n int) {
	for _, h := range r.handovers {
		if h.WaitingFor == run.WaitMemory {
			n++
		}
	}
	return n
}

// knownPages returns a log with n fetched pages, one of which is still queued.
func knownPages(host string, n int) (log [][]byte, p run.Progress) {
	records := []crawllog.Record{&crawllog.Discovered{URL: host + "/", Seed: true}, &crawllog.SeedsRead{}}
	for i := range n {
		url := fmt.Sprint(host, "/known/", i)
		records = append(records, &crawllog.Discovered{URL: url, Depth: 1}, &crawllog.Outcome{
			URL: url, Depth: 1, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: time.Now(),
		})
	}
	return crawllog.Encode(records), run.Progress{URLsQueued: 1, URLsFetched: int64(n), Depth: 1}
}

// A run that does not fit beside the others is handed back at once, before its log is read, and is
// crawled when they have ended. They are not affected.
func TestRunTooLargeForItsNeighbours(t *testing.T) {
	var logs strings.Builder
	c := &runGroup{
		page: groupPages(5),
		options: func(o *crawl.Options) {
			o.Budget = budget.New(budget.Limits{Memory: 800 << 10})
			o.Logger = slog.New(slog.NewTextHandler(&logs, nil))
		},
	}
	configs := []string{hostConfig("large")}
	for i := range 3 {
		configs = append(configs, hostConfig(fmt.Sprint("small-", i), fmt.Sprintf(delayConfig("2s"), 1)))
	}
	simulateGroup(t, c, configs, func(c *runGroup) {
		large := c.runs[0]
		large.Log, large.Current.Progress = knownPages("http://large.example", 5000)
		large.wakeAt = time.Now().Add(time.Second) // when the others are crawled
	}, func(c *runGroup) {
		large := c.runs[0]
		first := c.fetchesOf("large")[0].began
		for _, small := range c.runs[1:] {
			if small.waited() > 0 || small.done.After(first) || small.Current.Progress.URLsFetched != 5 {
				t.Errorf("%s was handed back %d times, and ended with %+v %s before the large run began",
					small.name, small.waited(), small.Current.Progress, first.Sub(small.done))
			}
		}
		if large.Current.StopReason != run.MaxEmptyEvaluations || large.Current.Progress.URLsFetched != 5005 {
			t.Errorf("the large run ended as %s with %+v", large.Current.StopReason, large.Current.Progress)
		}
		if n := large.waited(); n == 0 || n > 3 {
			t.Errorf("the large run was handed back %d times", n)
		}
		if n := strings.Count(logs.String(), "msg=crawling tenant=tenant-0 run_id="+large.id.String()); n != 1 {
			t.Errorf("the log of the large run was read %d times", n)
		}
		for _, h := range large.handovers {
			if wait := h.WakeAt.Sub(c.fetches[0].began); wait < 5*time.Second {
				t.Errorf("the large run was to be woken after %s", wait)
			}
		}
	})
}

// A run takes more memory than is expected before its log is read, because its URLs are long. Its
// log is read once to learn that, and again when it fits.
func TestRunLargerThanExpected(t *testing.T) {
	var logs strings.Builder
	c := &runGroup{page: groupPages(40), options: func(o *crawl.Options) {
		o.Budget = budget.New(budget.Limits{Memory: 1500 << 10})
		o.Logger = slog.New(slog.NewTextHandler(&logs, nil))
	}}
	configs := []string{hostConfig("large", `{'stopping_criteria': [{'kind': 'max_urls', 'params': {'max_urls': 5}}]}`)}
	for i := range 3 {
		configs = append(configs, hostConfig(fmt.Sprint("small-", i), fmt.Sprintf(delayConfig("2s"), 1)))
	}
	simulateGroup(t, c, configs, func(c *runGroup) {
		large := c.runs[0]
		records := []crawllog.Record{&crawllog.SeedsRead{}}
		for i := range 2000 {
			records = append(records, &crawllog.Discovered{URL: fmt.Sprintf("http://large.example/%d/%0270d", i, 0), Depth: 1})
		}
		large.Log, large.Current.Progress = crawllog.Encode(records), run.Progress{URLsQueued: 2000, Depth: 1}
		large.wakeAt = time.Now().Add(time.Second) // when the others are crawled
	}, func(c *runGroup) {
		large := c.runs[0]
		if large.Current.StopReason != run.MaxURLs || large.waited() < 3 {
			t.Errorf("the large run ended as %s, handed back %d times", large.Current.StopReason, large.waited())
		}
		if n := strings.Count(logs.String(), "msg=crawling tenant=tenant-0 run_id="+large.id.String()); n != 2 {
			t.Errorf("the log of the large run was read %d times", n)
		}
	})
}

// A run that was crawled beside others gets in again, although it is too large for a snapshot, and
// although it is expected to take more before its log is read.
func TestLargeRunReturns(t *testing.T) {
	few, many := treePages(5), treePages(100)
	c := &runGroup{options: limits(budget.Limits{Memory: 700 << 10}), page: func(name string, u weburl.URL) (*fetch.Response, error) {
		if name == "inndx/small" {
			return many(name, u)
		}
		return few(name, u)
	}}
	configs := []string{
		hostConfig("large", fmt.Sprintf(delayConfig("40s"), 1)), hostConfig("small", fmt.Sprintf(delayConfig("2s"), 1)),
	}
	simulateGroup(t, c, configs, func(c *runGroup) {
		large, small := c.runs[0], c.runs[1]
		large.Log, large.Current.Progress = knownPages("http://large.example", 5000)
		small.wakeAt = time.Now().Add(time.Second)
	}, func(c *runGroup) {
		large, small := c.runs[0], c.runs[1]
		if large.Current.Progress.URLsFetched != 5005 || len(large.handovers) < 4 || !large.done.Before(small.done) {
			t.Errorf("the large run left %d times, and ended with %+v", len(large.handovers), large.Current.Progress)
		}
		if large.waited()+small.waited() > 0 {
			t.Errorf("the runs were handed back %d and %d times", large.waited(), small.waited())
		}
	})
}

// growingPages returns pages of which each has links to new ones, until n are known.
func growingPages(n int) func(string, weburl.URL) (*fetch.Response, error) {
	next := map[string]int{}
	return func(name string, _ weburl.URL) (*fetch.Response, error) {
		var links []string
		for range 100 {
			if next[name] < n {
				next[name]++
				links = append(links, fmt.Sprintf("/a-rather-long-name-of-a-page/%d", next[name]))
			}
		}
		return htmlResponse(200, links...)
	}
}

// Of two runs that grow until they exceed the memory, the larger one is handed back, with all that
// it learned, and continues when the other one has ended.
func TestTwoLargeRuns(t *testing.T) {
	const n = 4000
	c := &runGroup{page: growingPages(n), options: limits(budget.Limits{Memory: 500 << 10})}
	urls := `{'stopping_criteria': [{'kind': 'max_urls', 'params': {'max_urls': 1500}}]}`
	simulateGroup(t, c, []string{hostConfig("a", urls), hostConfig("b", urls)}, nil, func(c *runGroup) {
		waited := 0
		for _, r := range c.runs {
			if r.Current.StopReason != run.MaxURLs || r.Current.Progress.URLsFetched != 1500 || len(r.errs) > 0 {
				t.Errorf("%s ended as %s with %+v, %v", r.name, r.Current.StopReason, r.Current.Progress, r.errs)
			}
			waited += r.waited()
		}
		if waited == 0 || waited > 20 {
			t.Errorf("the runs were handed back %d times", waited)
		}
		seen := map[string]bool{}
		for _, f := range c.fetches {
			if seen[f.host+f.uri] {
				t.Errorf("%s%s was fetched twice", f.host, f.uri)
			}
			seen[f.host+f.uri] = true
		}
	})
}

// A run that is larger than the whole memory ends, and says why.
func TestRunLargerThanTheMemory(t *testing.T) {
	var logs strings.Builder
	c := &runGroup{page: growingPages(20_000), options: func(o *crawl.Options) {
		o.Budget = budget.New(budget.Limits{Memory: 300 << 10})
		o.Logger = slog.New(slog.NewTextHandler(&logs, nil))
	}}
	simulateGroup(t, c, []string{hostConfig("large")}, nil, func(c *runGroup) {
		if r := c.runs[0].Current; r.StopReason != run.Unknown || r.Progress.URLsFetched == 0 {
			t.Errorf("the run ended as %s with %+v", r.StopReason, r.Progress)
		}
		if !strings.Contains(logs.String(), "exceeds the memory") {
			t.Errorf("nothing says why: %s", logs.String())
		}
	})
}
