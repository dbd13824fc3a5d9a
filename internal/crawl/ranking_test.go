package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

// discoverDepths makes a frontier discover two URLs of each host at depths 0, 1 and 2, in an order
// of its own.
func discoverDepths(f *frontier) {
	for _, depth := range []int{1, 0, 2} {
		for i, host := range []string{"a", "b", "a", "b"} {
			f.apply(&crawllog.Discovered{URL: fmt.Sprintf("http://%s.example/%d/%d", host, depth, i), Depth: depth, Seed: depth == 0})
		}
	}
}

func TestRankers(t *testing.T) {
	for name, tt := range map[string]struct {
		deepFirst bool
		want      []int
	}{
		"breadth": {false, []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}},
		"depth":   {true, []int{2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestFrontier()
			f.deepFirst = tt.deepFirst
			discoverDepths(f)
			var got []int
			for now := time.Now(); len(got) < len(tt.want); {
				req, ok := f.pick(now)
				if !ok {
					t.Fatalf("nothing to pick after %v", got)
				}
				got = append(got, req.depth)
				f.apply(&crawllog.Outcome{URL: req.url, Depth: req.depth, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200})
				f.complete(req, true)
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("picked the depths %v, want %v", got, tt.want)
			}
		})
	}
}

// A deeper URL that is discovered while a host waits comes first when the host is ready again.
func TestDepthFirstFollowsNewLinks(t *testing.T) {
	f := newTestFrontier()
	f.deepFirst = true
	f.apply(&crawllog.Discovered{URL: "http://a.example/1", Seed: true})
	f.apply(&crawllog.Discovered{URL: "http://a.example/2", Seed: true})
	now := time.Now()
	for _, want := range []string{"http://a.example/1", "http://a.example/1/1", "http://a.example/1/1/1", "http://a.example/2", "http://a.example/2/1"} {
		req, ok := f.pick(now)
		if !ok || req.url != want {
			t.Fatalf("picked %q, %v, want %s", req.url, ok, want)
		}
		if req.depth < 2 && want != "http://a.example/2/1" {
			f.apply(&crawllog.Discovered{URL: req.url + "/1", Depth: req.depth + 1})
		}
		f.apply(&crawllog.Outcome{URL: req.url, Depth: req.depth, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200})
		f.complete(req, true)
	}
}

// Each delay is drawn between the bounds, and a Crawl-delay is not changed.
func TestDelayRange(t *testing.T) {
	const least, most = time.Second, 5 * time.Second
	f := newFrontier(1, least, -1)
	f.delayRange = most - least
	now := time.Now()
	seen := map[time.Duration]bool{}
	for i := range 100 {
		f.apply(&crawllog.Discovered{URL: fmt.Sprintf("http://a.example/%d", i), Seed: true})
	}
	for range 50 {
		req, ok := f.pick(now)
		if !ok {
			t.Fatal("nothing to pick")
		}
		f.complete(req, true)
		due, _ := f.nextDue()
		if wait := due.Sub(now); wait < least || wait > most {
			t.Fatalf("the wait is %v", wait)
		} else {
			seen[wait.Round(100*time.Millisecond)] = true
		}
		now = due
	}
	if len(seen) < 5 {
		t.Errorf("only the waits %v", seen)
	}
	f.setDelay(f.host("a.example"), 2*time.Second, true)
	req, ok := f.pick(now.Add(most))
	if !ok {
		t.Fatal("nothing to pick")
	}
	f.complete(req, true)
	if due, _ := f.nextDue(); due.Sub(now.Add(most)) != 2*time.Second {
		t.Errorf("the wait is %v with a Crawl-delay of 2s", due.Sub(now.Add(most)))
	}
}
