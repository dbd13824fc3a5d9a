package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/run"
)

// A gate forgets hosts that nobody fetches from, and no host that is fetched from.
func TestGateForgetsHosts(t *testing.T) {
	var g gate
	c := g.caller(run.Ref{Tenant: "acme", ID: uuid.New()}, "inndx")
	now := time.Now()
	p := pace{delay: time.Second, perHost: 1}
	if _, ok := c.take("busy.example", p, now); !ok {
		t.Fatal("the gate is closed")
	}
	for i := range 3 * maxGateHosts {
		name := fmt.Sprintf("host-%d.example", i)
		if _, ok := c.take(name, p, now); !ok {
			t.Fatalf("%s is closed", name)
		}
		c.done(name, true, p, time.Time{}, now)
		if len(g.hosts) > maxGateHosts {
			t.Fatalf("%d hosts are known", len(g.hosts))
		}
	}
	now = now.Add(time.Hour)
	for i := range maxGateHosts {
		name := fmt.Sprintf("other-%d.example", i)
		c.take(name, p, now)
		c.done(name, true, p, time.Time{}, now)
		now = now.Add(time.Second)
	}
	if len(g.hosts) > 2*minGateHosts {
		t.Errorf("%d hosts are known when one a second was fetched from", len(g.hosts))
	}
	other := g.caller(run.Ref{Tenant: "umbrella", ID: uuid.New()}, "inndx")
	if _, ok := other.take("busy.example", p, now); ok {
		t.Error("a host was forgotten while it was fetched from")
	}
	c.leave(false, now)
	other.leave(false, now)
	if len(c.inFlight)+len(c.waits)+len(other.waits) != 0 {
		t.Errorf("%v %v %v are left", c.inFlight, c.waits, other.waits)
	}
}

// A turn is lost only to others that come, and only when it is late.
func TestTurns(t *testing.T) {
	var g gate
	now := time.Now()
	p := pace{delay: 10 * time.Second, perHost: 1}
	const host = "a.example"
	callers := make([]*caller, 4)
	for i := range callers {
		callers[i] = g.caller(run.Ref{Tenant: "acme", ID: uuid.New()}, "inndx")
		due, ok := callers[i].take(host, p, now)
		if want := now.Add(time.Duration(max(i, 0)) * p.delay); i > 0 && (ok || due.Sub(want).Abs() > p.delay) {
			t.Fatalf("run %d may begin: %t, or in %v", i, ok, due.Sub(now))
		}
	}
	callers[0].done(host, true, p, time.Time{}, now)
	callers[1].leave(true, now) // until its turn
	at := func(after time.Duration) time.Time { return now.Add(p.delay + after) }
	if _, ok := callers[2].take(host, p, at(0)); ok {
		t.Error("a run took the turn of one that is expected back")
	}
	if _, ok := callers[3].take(host, p, at(absentAfter+2*time.Second)); ok {
		t.Error("the last one in the order took the turn of the second one")
	}
	if _, ok := callers[2].take(host, p, at(absentAfter+2*time.Second)); !ok {
		t.Error("a run waits for one that did not come back")
	}
	callers[2].done(host, true, p, time.Time{}, at(absentAfter+2*time.Second))
	back := g.caller(callers[1].run, "inndx")
	if due, ok := back.take(host, p, at(absentAfter+3*time.Second)); ok || due != at(absentAfter+2*time.Second+p.delay) {
		t.Errorf("the run that came late may begin: %t, or at %v", ok, due)
	}
	if _, ok := back.take(host, p, at(absentAfter+2*time.Second+p.delay)); !ok {
		t.Error("the run that came late has lost its place")
	}
}

// A caller that is alone costs a fetch next to nothing.
func BenchmarkGate(b *testing.B) {
	var g gate
	c := g.caller(run.Ref{Tenant: "acme", ID: uuid.New()}, "inndx")
	p := pace{perHost: 16}
	now := time.Now()
	for b.Loop() {
		c.take("a.example", p, now)
		c.done("a.example", true, p, time.Time{}, now)
	}
}
