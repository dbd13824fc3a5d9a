// This file has a model of the gate and the runs that are checked against it, which are read
// together, and so exceeds 300 lines.

package crawl

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A politeRun is a run that fetches from one host as a frontier would: it keeps its own delay and
// its own limit, and asks the gate for the rest.
type politeRun struct {
	number                   int
	host, product, proxy     string
	delay                    time.Duration
	perHost, fetches, leaves int
	begin                    time.Duration
	latencies                []time.Duration // of its fetches, in turns
	unrequested              int             // every so many fetches send no request; 0 for none
	holds                    int             // every so many fetches, the server asks for a wait
}

// modelHold is the wait that servers ask for.
const modelHold = 20 * time.Second

func drawPoliteRun(t *rapid.T, number int) politeRun {
	ms := rapid.SampledFrom([]time.Duration{0, time.Millisecond, 40 * time.Millisecond, time.Second, 4 * time.Second})
	return politeRun{
		number:      number,
		host:        rapid.SampledFrom([]string{"a.example", "a.example.", "a.example", "a.example:8080"}).Draw(t, "host"),
		product:     rapid.SampledFrom([]string{"", "inndx", "inndx", "other"}).Draw(t, "product"),
		proxy:       rapid.SampledFrom([]string{"", "", "", "proxy.example"}).Draw(t, "proxy"),
		delay:       rapid.SampledFrom([]time.Duration{0, 100 * time.Millisecond, time.Second, time.Second, 7 * time.Second}).Draw(t, "delay"),
		perHost:     rapid.SampledFrom([]int{1, 1, 2, 5}).Draw(t, "perHost"),
		fetches:     rapid.IntRange(1, 8).Draw(t, "fetches"),
		leaves:      rapid.IntRange(0, 3).Draw(t, "leaves"),
		begin:       ms.Draw(t, "begin"),
		latencies:   rapid.SliceOfN(ms, 1, 4).Draw(t, "latencies"),
		unrequested: rapid.SampledFrom([]int{0, 0, 3}).Draw(t, "unrequested"),
		holds:       rapid.SampledFrom([]int{0, 0, 0, 4}).Draw(t, "holds"),
	}
}

// A politeFetch is what the model knows of a fetch.
type politeFetch struct {
	run        *politeRun
	pace       pace
	began, end time.Time // end is zero while the fetch is in flight
	requested  bool
}

// A modelServer says what a gate must never allow at one server.
type modelServer struct {
	fetches []*politeFetch
	waiting []politeTurn // in order
	hold    time.Time
}

type politeTurn struct {
	run  *politeRun
	due  time.Time
	away bool
}

// A gateModel has the hosts of a gate, by server and proxy.
type gateModel struct {
	mu          sync.Mutex // held during each call of the gate and what the model notes of it
	faults      []string
	hosts       map[string]*modelServer
	crawlDelays map[string]time.Duration // of the products that the host's robots.txt names
}

// host returns the host of a run. The spellings of a.example are one server, another port is not.
func (m *gateModel) host(r *politeRun) *modelServer {
	key := map[string]string{"a.example": "1", "a.example.": "1", "a.example:8080": "2"}[r.host] + r.proxy
	if m.hosts[key] == nil {
		m.hosts[key] = &modelServer{}
	}
	return m.hosts[key]
}

// apart returns the smallest time between the fetches of two runs.
func (m *gateModel) apart(a, b pace) time.Duration {
	d := min(a.delay, b.delay)
	if a.product == b.product || a.product == "" || b.product == "" {
		for _, p := range []pace{a, b} {
			if p.crawlDelay && p.delay > d {
				d = p.delay
			}
		}
	}
	return d
}

func (m *gateModel) errorf(format string, args ...any) {
	m.faults = append(m.faults, fmt.Sprintf(format, args...))
}

// start checks that a fetch may start.
func (m *gateModel) start(r *politeRun, p pace) *politeFetch {
	h, now := m.host(r), time.Now()
	if now.Before(h.hold) {
		m.errorf("run %d started %v before the server wants requests", r.number, h.hold.Sub(now))
	}
	inFlight, limit, shared := 1, p.perHost, false
	for _, f := range h.fetches {
		if f.end.IsZero() {
			inFlight++
			limit, shared = min(limit, f.pace.perHost), shared || f.run != r
		}
		last := later(f.began, f.end)
		if want := m.apart(f.pace, p); f.run != r && f.requested && now.Sub(last) < want {
			m.errorf("run %d started %v after a fetch of run %d, want %v", r.number, now.Sub(last), f.run.number, want)
		}
	}
	if shared && inFlight > limit {
		m.errorf("%d fetches are in flight, want at most %d", inFlight, limit)
	}
	for i, turn := range h.waiting {
		if turn.run == r {
			h.waiting = slices.Delete(h.waiting, i, i+1)
			break
		}
		if late := now.Sub(turn.due); late <= lateAfter || turn.away && late <= awayAfter {
			m.errorf("run %d started before run %d, which has waited longer and is %v late", r.number, turn.run.number, late)
		}
	}
	f := &politeFetch{run: r, pace: p, began: now, requested: true}
	h.fetches = append(h.fetches, f)
	return f
}

// end records the end of a fetch.
func (m *gateModel) end(f *politeFetch, p pace, requested bool, hold time.Time) {
	h := m.host(f.run)
	h.hold = later(h.hold, hold)
	f.end, f.requested = time.Now(), requested
	for _, other := range h.fetches {
		if other.run == f.run {
			other.pace = p // the run learned the host's delay
		}
	}
}

// wait records that a run waits for its turn.
func (m *gateModel) wait(r *politeRun, due time.Time, away bool) {
	h := m.host(r)
	turn := politeTurn{r, due, away}
	if i := slices.IndexFunc(h.waiting, func(t politeTurn) bool { return t.run == r }); i >= 0 {
		h.waiting[i] = turn
	} else {
		h.waiting = append(h.waiting, turn)
	}
}

// A politeCrawl is a run that crawls.
type politeCrawl struct {
	*gateModel
	gate     *hostGate
	run      *politeRun
	ref      run.Ref
	waiter   *waiter
	pace     pace
	started  int
	leaves   int
	next     time.Time // as the run's own delay permits
	turn     time.Time // when to ask the gate again
	inFlight []politeInFlight
}

type politeInFlight struct {
	fetch *politeFetch
	ends  time.Time
	n     int // the fetches before it
}

// crawl fetches all pages of the run.
func (c *politeCrawl) crawl() {
	time.Sleep(c.run.begin)
	for c.started < c.run.fetches || len(c.inFlight) > 0 {
		c.step()
	}
	c.waiter.leave(false, time.Now())
}

// step ends the fetches that are over, starts one if it may start, and waits for the next event.
func (c *politeCrawl) step() {
	for len(c.inFlight) > 0 && !c.inFlight[0].ends.After(time.Now()) {
		c.finish()
	}
	due := later(c.next, c.turn)
	more := c.started < c.run.fetches && len(c.inFlight) < c.run.perHost
	if more && !time.Now().Before(due) {
		c.start()
		return
	}
	var next time.Time
	if more {
		next = due
	}
	if len(c.inFlight) > 0 {
		next = sooner(next, c.inFlight[0].ends)
	}
	select {
	case <-time.After(time.Until(next)):
	case <-c.waiter.notified:
		c.waiter.takeReady()
		c.turn = time.Time{}
	}
}

// start asks the gate for a fetch. If the run must wait, it may leave until its turn.
func (c *politeCrawl) start() {
	c.mu.Lock()
	now := time.Now()
	due, ok := c.waiter.tryStart(c.run.host, c.pace, now)
	if ok {
		latency := c.run.latencies[c.started%len(c.run.latencies)]
		c.inFlight = append(c.inFlight, politeInFlight{c.gateModel.start(c.run, c.pace), now.Add(latency), c.started})
		slices.SortStableFunc(c.inFlight, func(a, b politeInFlight) int { return a.ends.Compare(b.ends) })
		c.started++
		c.next, c.turn = now.Add(c.pace.delay), time.Time{}
		c.mu.Unlock()
		return
	}
	c.turn = due
	away := c.leaves > 0 && len(c.inFlight) == 0
	c.wait(c.run, due, away)
	if away {
		c.waiter.leave(true, now)
	}
	c.mu.Unlock()
	if away {
		c.leaves--
		time.Sleep(time.Until(due) + time.Duration(c.leaves)*2*time.Second) // sometimes it is too late
		c.waiter = c.gate.newWaiter(c.ref, c.run.product, c.run.proxy)
	}
}

// finish ends the fetch that is over first. After its first one the run knows robots.txt.
func (c *politeCrawl) finish() {
	f, now := c.inFlight[0], time.Now()
	c.inFlight = c.inFlight[1:]
	if d, ok := c.crawlDelays[c.run.product]; ok {
		c.pace.delay, c.pace.crawlDelay = d, true
	}
	requested := c.run.unrequested == 0 || (f.n+1)%c.run.unrequested != 0
	var hold time.Time
	if requested && c.run.holds > 0 && (f.n+1)%c.run.holds == 0 {
		hold = now.Add(modelHold)
	}
	c.mu.Lock()
	c.end(f.fetch, c.pace, requested, hold)
	c.waiter.finish(c.run.host, requested, c.pace, hold, now)
	c.mu.Unlock()
	c.next = later(c.next, hold)
	if requested && len(c.inFlight) == 0 {
		c.next = later(c.next, now.Add(c.pace.delay))
	}
}

// A gate never lets two fetches start closer than the runs' delays and the host's permit, nor more
// at a time than any of the runs may have, nor a run before one that has waited longer. It lets all
// runs end.
func TestGateModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		runs := make([]politeRun, rapid.IntRange(2, 12).Draw(rt, "runs"))
		limit := time.Minute
		for i := range runs {
			runs[i] = drawPoliteRun(rt, i)
			limit += time.Duration(runs[i].fetches) * 30 * time.Second
		}
		crawlDelays := rapid.SampledFrom([]map[string]time.Duration{
			nil, {"inndx": 10 * time.Second}, {"inndx": 3 * time.Second, "other": 500 * time.Millisecond}, {"other": 0},
		}).Draw(rt, "crawl delays")
		m := &gateModel{hosts: map[string]*modelServer{}, crawlDelays: crawlDelays}
		synctest.Test(t, func(*testing.T) {
			var gate hostGate
			began := time.Now()
			var group sync.WaitGroup
			for i := range runs {
				r := &runs[i]
				ref := run.Ref{Tenant: tenant.ID(fmt.Sprint("tenant-", i%3)), ID: uuid.New()}
				c := &politeCrawl{
					gateModel: m, gate: &gate, run: r, ref: ref, waiter: gate.newWaiter(ref, r.product, r.proxy),
					pace: pace{delay: r.delay, perHost: r.perHost, product: r.product}, leaves: r.leaves,
				}
				group.Go(c.crawl)
			}
			group.Wait()
			if took := time.Since(began); took > limit {
				m.errorf("the runs took %v, want at most %v", took, limit)
			}
			for key, h := range gate.hosts {
				if h.inFlight != 0 || len(h.busy)+len(h.turns) != 0 {
					m.errorf("%s: %d fetches and %d turns remain", key, h.inFlight, len(h.turns))
				}
			}
		})
		if len(m.faults) > 0 {
			rt.Fatalf("%s\nruns: %+v, crawl delays: %v", strings.Join(m.faults, "\n"), runs, crawlDelays)
		}
	})
}
