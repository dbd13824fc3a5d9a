package rollup

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// The numbers of the hosts are those of the series of each host, whatever pieces are merged, and in
// whatever order.
func TestHosts(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			log := newLogMaker(random, time.Minute).log(random.IntN(40), 30)
			whole := NewHosts()
			var pieces []*Hosts
			for i, records := range log {
				whole.Add(int64(i+1), records)
				if i == 0 || random.IntN(5) == 0 {
					pieces = append(pieces, NewHosts())
				}
				pieces[len(pieces)-1].Add(int64(i+1), records)
			}
			random.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
			merged := NewHosts()
			for _, p := range pieces {
				p, err := DecodeHosts(p.Encode())
				if err != nil {
					t.Fatal(err)
				}
				merged.Merge(p)
			}
			if !bytes.Equal(whole.Encode(), merged.Encode()) {
				t.Errorf("merged (-whole +merged):\n%s", cmp.Diff(whole.All(), merged.All(), cmp.AllowUnexported(Host{}, Counts{}, Histogram{})))
			}
			if n, ok := whole.Parts.Missing(int64(len(log))); ok {
				t.Errorf("%v is missing", n)
			}
			for _, h := range whole.All() {
				s := NewSeries(h.Name)
				for i, records := range log {
					s.Add(int64(i+1), records)
				}
				total := s.Total()
				total.refused = h.refused
				if d := cmp.Diff(total.Counts, h.Counts, cmp.AllowUnexported(Counts{})); d != "" {
					t.Errorf("%s (-series +host):\n%s", h.Name, d)
				}
				if d := cmp.Diff(total.Latency, h.Latency, cmp.AllowUnexported(Histogram{})); d != "" {
					t.Errorf("%s (-series +host):\n%s", h.Name, d)
				}
				checkFetches(t, h, log)
			}
		})
	}
}

// checkFetches checks when the next fetch from a host may start.
func checkFetches(t *testing.T, h *Host, log [][]crawllog.Record) {
	t.Helper()
	var last, hold time.Time
	for _, r := range slices.Concat(log...) {
		switch r := r.(type) {
		case *crawllog.Outcome:
			if !r.Sitemap && r.Status != crawllog.Excluded && weburl.HostOf(r.URL) == h.Name {
				last = latest(last, r.OccurredAt)
			}
			if !r.Sitemap && weburl.HostOf(r.URL) == h.Name {
				hold = latest(hold, r.HoldHost)
			}
		case *crawllog.Retry:
			if weburl.HostOf(r.URL) == h.Name {
				last = latest(last, r.OccurredAt)
				if r.HoldHost {
					hold = latest(hold, r.Due)
				}
			}
		}
	}
	delay, _ := h.Delay()
	if !h.LastFetch().Equal(last) || !last.IsZero() && !h.NextFetch().Equal(latest(hold, last.Add(max(delay, 0)))) {
		t.Errorf("%s: last %v, next %v with the delay %s; want %v, held until %v", h.Name, h.LastFetch(), h.NextFetch(), delay, last, hold)
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Hosts beyond the bound count together.
func TestManyHosts(t *testing.T) {
	h := NewHosts()
	for i := range MaxHosts + 10 {
		h.Add(int64(i+1), []crawllog.Record{&crawllog.Outcome{
			URL: fmt.Sprintf("https://%d.example/", i), HTTPStatus: 200, Status: crawllog.OK, OccurredAt: began, Bytes: 3, Attempt: 1,
		}})
	}
	h, err := DecodeHosts(h.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if o := h.Others(); len(h.All()) != MaxHosts || o == nil || o.Fetched != 10 || o.Bytes != 30 || o.Latency.Count() != 10 {
		t.Errorf("%d hosts, and others %+v", len(h.All()), o)
	}
	both := NewHosts()
	both.Merge(h)
	another := NewHosts()
	another.Add(MaxHosts+11, []crawllog.Record{
		&crawllog.Outcome{URL: "https://0.example/", HTTPStatus: 200, Status: crawllog.OK}, &crawllog.Outcome{URL: "https://new.example/", HTTPStatus: 200, Status: crawllog.OK},
	})
	both.Merge(another)
	if both.Others().Fetched != 11 || len(both.All()) != MaxHosts {
		t.Errorf("%d hosts, and others %+v", len(both.All()), both.Others())
	}
}

func TestPages(t *testing.T) {
	h := NewHosts()
	for i, name := range []string{"c", "a", "d", "b", "e"} {
		for n := range i + 1 {
			h.Add(int64(10*i+n+1), []crawllog.Record{&crawllog.Outcome{
				URL: "https://" + name + "/", HTTPStatus: 200 + 200*(i%2), Status: crawllog.OK, Attempt: 1, Latency: time.Duration(10-i) * time.Second,
			}})
		}
	}
	for _, tt := range []struct {
		order   Order
		after   string
		follows bool
		limit   int
		want    string
		more    bool
	}{
		{ByHost, "", false, 2, "ab", true},
		{ByHost, "b", true, 2, "cd", true},
		{ByHost, "d", true, 2, "e", false},
		{ByHost, "c", true, 2, "de", false},
		{ByHost, "e", true, 2, "", false},
		{ByURLs, "", false, 3, "ebd", false},
		{ByFailed, "", false, 5, "bacde", false},
		{ByLatency, "", false, 5, "cadbe", false},
	} {
		page := h.Page(tt.order, tt.after, tt.follows, tt.limit)
		got := ""
		for _, host := range page.Hosts {
			got += host.Name
		}
		if got != tt.want || page.More != tt.more {
			t.Errorf("%s after %q: %s, %t; want %s, %t", tt.order, tt.after, got, page.More, tt.want, tt.more)
		}
	}
}
