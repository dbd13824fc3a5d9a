package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

func newTestWaiter(g *hostGate) *waiter {
	return g.newWaiter(run.Ref{Tenant: "acme", ID: uuid.New()}, "inndx", "")
}

// A gate drops hosts that no run uses, and keeps a host with a fetch in flight.
func TestGateDropsIdleHosts(t *testing.T) {
	var g hostGate
	w := newTestWaiter(&g)
	now := time.Now()
	p := pace{delay: time.Second, perHost: 1}
	if _, ok := w.tryStart("busy.example", p, now); !ok {
		t.Fatal("the gate is closed")
	}
	for i := range 3 * maxGateHosts {
		name := fmt.Sprintf("host-%d.example", i)
		if _, ok := w.tryStart(name, p, now); !ok {
			t.Fatalf("%s is closed", name)
		}
		w.finish(name, true, p, time.Time{}, now)
		if len(g.hosts) > maxGateHosts {
			t.Fatalf("%d hosts are known", len(g.hosts))
		}
	}
	now = now.Add(time.Hour)
	for i := range maxGateHosts {
		name := fmt.Sprintf("other-%d.example", i)
		w.tryStart(name, p, now)
		w.finish(name, true, p, time.Time{}, now)
		now = now.Add(time.Second)
	}
	if len(g.hosts) > 2*minGateHosts {
		t.Errorf("%d hosts are known after a fetch from one host a second", len(g.hosts))
	}
	other := newTestWaiter(&g)
	if _, ok := other.tryStart("busy.example", p, now); ok {
		t.Error("a host with a fetch in flight was dropped")
	}
	w.leave(false, now)
	other.leave(false, now)
	if len(w.inFlight)+len(w.turns)+len(other.turns) != 0 {
		t.Errorf("%v %v %v are left", w.inFlight, w.turns, other.turns)
	}
}

// A run loses its turn only if it is late, and only to a run that asks.
func TestTurns(t *testing.T) {
	var g hostGate
	now := time.Now()
	p := pace{delay: 10 * time.Second, perHost: 1}
	const host = "a.example"
	waiters := make([]*waiter, 4)
	for i := range waiters {
		waiters[i] = newTestWaiter(&g)
		due, ok := waiters[i].tryStart(host, p, now)
		if want := now.Add(time.Duration(max(i, 0)) * p.delay); i > 0 && (ok || due.Sub(want).Abs() > p.delay) {
			t.Fatalf("run %d may start: %t, or in %v", i, ok, due.Sub(now))
		}
	}
	waiters[0].finish(host, true, p, time.Time{}, now)
	waiters[1].leave(true, now) // until its turn
	at := func(after time.Duration) time.Time { return now.Add(p.delay + after) }
	if _, ok := waiters[2].tryStart(host, p, at(0)); ok {
		t.Error("a run took the turn of one that is expected back")
	}
	if _, ok := waiters[3].tryStart(host, p, at(awayAfter+2*time.Second)); ok {
		t.Error("the last one in the order took the turn of the second one")
	}
	if _, ok := waiters[2].tryStart(host, p, at(awayAfter+2*time.Second)); !ok {
		t.Error("a run waits for one that did not come back")
	}
	waiters[2].finish(host, true, p, time.Time{}, at(awayAfter+2*time.Second))
	back := g.newWaiter(waiters[1].run, "inndx", "")
	if due, ok := back.tryStart(host, p, at(awayAfter+3*time.Second)); ok || due != at(awayAfter+2*time.Second+p.delay) {
		t.Errorf("the run that came late may start: %t, or at %v", ok, due)
	}
	if _, ok := back.tryStart(host, p, at(awayAfter+2*time.Second+p.delay)); !ok {
		t.Error("the run that came late has lost its place")
	}
}

// A fetch that sent no request does not delay others, and does not hide one before it that did.
func TestUnrequestedFetchesDoNotDelay(t *testing.T) {
	var g hostGate
	now := time.Now()
	p := pace{delay: 10 * time.Second, perHost: 5}
	const host = "a.example"
	w, other := newTestWaiter(&g), newTestWaiter(&g)
	w.tryStart(host, p, now)
	w.finish(host, false, p, time.Time{}, now)
	if _, ok := other.tryStart(host, p, now); !ok {
		t.Error("a fetch that sent no request delays another run")
	}
	other.finish(host, false, p, time.Time{}, now)
	w.tryStart(host, p, now)
	w.tryStart(host, p, now.Add(time.Second))
	w.finish(host, true, p, time.Time{}, now.Add(2*time.Second))
	w.finish(host, false, p, time.Time{}, now.Add(3*time.Second))
	if due, ok := other.tryStart(host, p, now.Add(4*time.Second)); ok || !due.Equal(now.Add(12*time.Second)) {
		t.Errorf("another run may start: %t, or in %v; want the delay after the request", ok, due.Sub(now))
	}
}

// A key is the same for all spellings of a server, and for no two servers.
func TestServerOf(t *testing.T) {
	for host, want := range map[string]string{
		"a.example": "a.example", "a.example.": "a.example", "a.example:8080": "a.example:8080", "a.example.:8080": "a.example:8080",
		"192.0.2.1": "192.0.2.1", "192.0.2.1:81": "192.0.2.1:81", "[::ffff:192.0.2.1]": "192.0.2.1", "[::ffff:c000:201]:81": "192.0.2.1:81",
		"[2001:db8::1]": "[2001:db8::1]", "[2001:db8::1]:81": "[2001:db8::1]:81", "[::1]": "[::1]", "": "", ".": "", "[": "[",
	} {
		if got := serverOf(host); got != want {
			t.Errorf("%s is the server %s, want %s", host, got, want)
		}
	}
}

// BenchmarkGate measures a fetch by a run that is alone at its host.
func BenchmarkGate(b *testing.B) {
	var g hostGate
	w := newTestWaiter(&g)
	p := pace{perHost: 16}
	now := time.Now()
	for b.Loop() {
		w.tryStart("a.example", p, now)
		w.finish("a.example", true, p, time.Time{}, now)
	}
}

// BenchmarkGateManyRuns measures a fetch by one of many runs that wait for the same host, with the
// turn that its run gets for the next page.
func BenchmarkGateManyRuns(b *testing.B) {
	for _, bench := range []struct {
		name  string
		delay func(i int) time.Duration
	}{
		{"equal delays", func(int) time.Duration { return time.Millisecond }},
		{"different delays", func(i int) time.Duration { return time.Duration(i+1) * time.Millisecond }},
		{"no delay", func(int) time.Duration { return 0 }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			const runs, host = 500, "a.example"
			var g hostGate
			now := time.Now()
			waiters, paces := make([]*waiter, runs), make([]pace, runs)
			for i := range waiters {
				waiters[i], paces[i] = newTestWaiter(&g), pace{delay: bench.delay(i), perHost: 1}
				if _, ok := waiters[i].tryStart(host, paces[i], now); ok != (i == 0) {
					b.Fatal("not the first run was the first one")
				}
			}
			tries := 0
			for i := 0; b.Loop(); i++ {
				w, p := waiters[i%runs], paces[i%runs]
				w.finish(host, true, p, time.Time{}, now)
				w.tryStart(host, p, now) // for its next page
				w, p = waiters[(i+1)%runs], paces[(i+1)%runs]
				for n := 0; ; n++ {
					tries++
					due, ok := w.tryStart(host, p, now)
					if ok {
						break
					}
					if n == 10 {
						b.Fatal("the first run may not start")
					}
					now = due
				}
			}
			b.ReportMetric(float64(tries)/float64(b.N), "tries")
		})
	}
}
