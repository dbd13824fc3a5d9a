package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

func newTestWaiter(g *hostGate) *waiter {
	return g.newWaiter(run.Ref{Tenant: "acme", ID: uuid.New()}, "inndx")
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
	back := g.newWaiter(waiters[1].run, "inndx")
	if due, ok := back.tryStart(host, p, at(awayAfter+3*time.Second)); ok || due != at(awayAfter+2*time.Second+p.delay) {
		t.Errorf("the run that came late may start: %t, or at %v", ok, due)
	}
	if _, ok := back.tryStart(host, p, at(awayAfter+2*time.Second+p.delay)); !ok {
		t.Error("the run that came late has lost its place")
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
