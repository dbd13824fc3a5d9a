package budget_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/budget"
)

// A run that has all of the memory for bodies, and wants more, leaves what gets free to another run
// until each has its half. Then they take turns.
func TestRunThatHoldsAllBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Limits{Bodies: 100})
		greedy, other := join(t, b, 0), join(t, b, 0)
		var mu sync.Mutex
		var served []string
		reserve := func(name string, s *budget.Share) {
			for range 20 {
				go func() {
					if _, err := s.ReserveBody(t.Context(), 10); err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					served = append(served, name)
				}()
				synctest.Wait()
			}
		}
		reserve("greedy", greedy)
		if len(served) != 10 {
			t.Fatalf("%d bodies of a run that is alone, want all 10", len(served))
		}
		reserve("other", other)
		served = nil
		for range 7 {
			greedy.FreeBody(10)
			synctest.Wait()
		}
		want := []string{"other", "other", "other", "other", "other", "greedy", "greedy"}
		if !slices.Equal(served, want) {
			t.Errorf("served %q, want %q", served, want)
		}
		for range 8 {
			other.FreeBody(10)
			synctest.Wait()
		}
		for range 20 {
			greedy.FreeBody(10)
			other.FreeBody(10)
			synctest.Wait()
		}
		if len(served) != 30 {
			t.Errorf("%d bodies were served, want all 30", len(served))
		}
		greedy.Leave()
		other.Leave()
		expectUnused(t, b)
	})
}

// A body as long as the limit gets its turn although short bodies of other runs would always fit.
func TestLargeBodyDoesNotStarve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Limits{Bodies: 100})
		short, long := join(t, b, 0), join(t, b, 0)
		var served atomic.Bool
		var shorts atomic.Int64
		reserve := func() {
			if _, err := short.ReserveBody(t.Context(), 10); err != nil {
				t.Error(err)
			}
			shorts.Add(1)
		}
		for range 10 {
			reserve()
		}
		go func() {
			_, err := long.ReserveBody(t.Context(), 100)
			served.Store(err == nil)
		}()
		synctest.Wait()
		for range 10 {
			if served.Load() {
				t.Fatal("the long body does not fit yet")
			}
			go reserve()
			synctest.Wait()
			short.FreeBody(10)
			synctest.Wait()
		}
		if !served.Load() || shorts.Load() != 10 {
			t.Errorf("the long body was served: %t, after %d short ones", served.Load(), shorts.Load())
		}
		long.FreeBody(100)
		synctest.Wait()
		short.Leave()
		long.Leave()
		expectUnused(t, b)
	})
}

// A step of checkBodies: a body is to be reserved, freed, or no longer wanted.
type bodyStep struct {
	what, run int
	bytes     int64
}

var bodySteps = rapid.Custom(func(t *rapid.T) bodyStep {
	return bodyStep{rapid.IntRange(0, 9).Draw(t, "what"), rapid.IntRange(0, 3).Draw(t, "run"), rapid.Int64Range(1, 120).Draw(t, "bytes")}
})

// While a run with less than its equal part waits, runs that have theirs get nothing, and each
// other run gets at most one body before it. The bodies of one run are served in order, and what is
// free is not withheld.
func TestBodiesAreFair(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(bodySteps, 1, 80).Draw(rt, "steps")
		synctest.Test(t, func(*testing.T) { checkBodies(rt, steps) })
	})
}

// A body is one that waits or is reserved.
type body struct {
	bytes          int64
	cancel         context.CancelFunc
	passed         map[int]int // bodies of other runs that were served while it had its turn to come
	served, failed bool
}

// A bodyRun is a run with its bodies, in order.
type bodyRun struct {
	share             *budget.Share
	waiting, reserved []*body
}

func (r *bodyRun) bytes() (n int64) {
	for _, b := range r.reserved {
		n += b.bytes
	}
	return n
}

const bodyLimit = 100

func checkBodies(t *rapid.T, steps []bodyStep) {
	b := budget.New(budget.Limits{Bodies: bodyLimit})
	var runs [4]bodyRun
	for i := range runs {
		runs[i].share, _ = b.Join(0)
	}
	for _, step := range steps {
		r := &runs[step.run]
		switch {
		case step.what < 5:
			ctx, cancel := context.WithCancel(context.Background())
			p := &body{bytes: min(step.bytes, bodyLimit), cancel: cancel, passed: map[int]int{}}
			r.waiting = append(r.waiting, p)
			go func() {
				n, err := r.share.ReserveBody(ctx, step.bytes)
				p.served, p.failed = err == nil && n == p.bytes, err != nil
			}()
		case step.what < 9 && len(r.reserved) > 0:
			freeFirst(r)
		case step.what == 9 && len(r.waiting) > 0:
			r.waiting[len(r.waiting)/2].cancel()
		}
		settleBodies(t, runs[:], b)
	}
	for b.Usage().Bodies > 0 {
		for i := range runs {
			if len(runs[i].reserved) > 0 {
				freeFirst(&runs[i])
				settleBodies(t, runs[:], b)
			}
		}
	}
	for i, r := range runs {
		if len(r.waiting) > 0 {
			t.Fatalf("at the end %d bodies of run %d wait", len(r.waiting), i)
		}
	}
}

func freeFirst(r *bodyRun) {
	p := r.reserved[0]
	r.reserved = r.reserved[1:]
	p.cancel()
	r.share.FreeBody(p.bytes)
}

// settleBodies waits until nothing changes any more, and checks what was served.
func settleBodies(t *rapid.T, runs []bodyRun, b *budget.Budget) {
	synctest.Wait()
	var before [4]int64 // bytes that a run had when it got its last body
	var got [4]int
	var sum, active int64
	for i := range runs {
		r := &runs[i]
		r.waiting = slices.DeleteFunc(r.waiting, func(p *body) bool { return p.failed })
		for len(r.waiting) > 0 && r.waiting[0].served {
			before[i] = r.bytes()
			got[i]++
			r.reserved, r.waiting = append(r.reserved, r.waiting[0]), r.waiting[1:]
		}
		if slices.ContainsFunc(r.waiting, func(p *body) bool { return p.served }) {
			t.Fatalf("a body of run %d was served before an earlier one", i)
		}
		sum += r.bytes()
		if len(r.reserved)+len(r.waiting) > 0 {
			active++
		}
	}
	if u := b.Usage().Bodies; u != sum || sum > bodyLimit {
		t.Fatalf("%d bytes are in use, the bodies take %d", u, sum)
	}
	part := bodyLimit / max(active, 1)
	needy := slices.ContainsFunc(runs, func(r bodyRun) bool { return len(r.waiting) > 0 && r.bytes() < part })
	fits, waits := true, false
	for i := range runs {
		r := &runs[i]
		if len(r.waiting) == 0 || needy && r.bytes() >= part {
			continue
		}
		waits = true
		first := r.waiting[0]
		fits = fits && first.bytes <= bodyLimit-sum
		if !needy {
			continue
		}
		for j := range runs {
			if j == i || got[j] == 0 {
				continue
			}
			if before[j] >= part {
				t.Fatalf("run %d had %d of %d and got more, while run %d with %d waited", j, before[j], part, i, r.bytes())
			}
			if got[i] > 0 {
				continue // the first one of its run only now
			}
			if first.passed[j] += got[j]; first.passed[j] > 1 {
				t.Fatalf("%d bodies of run %d were served before the next one of run %d", first.passed[j], j, i)
			}
		}
	}
	if waits && fits {
		t.Fatalf("%d bytes are free, and the bodies of all runs that may have some would fit", bodyLimit-sum)
	}
}
