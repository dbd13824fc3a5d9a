package budget_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/budget"
)

// A run may always have one fetch in flight, and otherwise the limit holds. A fetch is refused
// below the limit only for a run that waits and has fewer. A run that was refused is notified when
// it may fetch.
func TestFetchesAreFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 8).Draw(t, "limit")
		b := budget.New(budget.Limits{Fetches: limit})
		runs := make([]*budget.Share, rapid.IntRange(1, 5).Draw(t, "runs"))
		for i := range runs {
			runs[i], _ = b.Join(0)
		}
		inFlight, wants := make([]int, len(runs)), make([]bool, len(runs))
		total := func() (n int) {
			for _, k := range inFlight {
				n += k
			}
			return n
		}
		fewest := func(than int) bool { // a run waits with fewer
			for i, k := range inFlight {
				if wants[i] && k < than {
					return true
				}
			}
			return false
		}
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			i := rapid.IntRange(0, len(runs)-1).Draw(t, "run")
			switch what := rapid.IntRange(0, 9).Draw(t, "what"); {
			case what < 5:
				want := inFlight[i] == 0 || total() < limit && !fewest(inFlight[i])
				if got := runs[i].TryFetch(); got != want {
					t.Fatalf("run %d with %v in flight, limit %d, waiting %v: got %t", i, inFlight, limit, wants, got)
				}
				if wants[i] = !want; want {
					inFlight[i]++
				}
			case what < 9 && inFlight[i] > 0:
				runs[i].EndFetch()
				inFlight[i]--
			case what == 9:
				runs[i].Forgo()
				wants[i] = false
			}
			if u := b.Usage(); u.Fetches != total() {
				t.Fatalf("%d fetches in flight, want %d", u.Fetches, total())
			}
			checkNotified(t, runs, inFlight, wants, total() < limit || fewest(1))
		}
	})
}

// checkNotified checks that, if a fetch may begin and runs wait, one that may fetch is notified.
func checkNotified(t *rapid.T, runs []*budget.Share, inFlight []int, wants []bool, room bool) {
	if !room || !slices.Contains(wants, true) {
		return
	}
	for i, s := range runs {
		mayFetch := wants[i]
		for j := range runs {
			mayFetch = mayFetch && (!wants[j] || inFlight[j] >= inFlight[i])
		}
		if mayFetch && len(s.FetchReady()) > 0 {
			return
		}
	}
	t.Fatalf("a fetch may begin, %v are in flight, %v wait, and none of these is notified", inFlight, wants)
}

// Runs that want as many fetches as they can have get equally many, and one that wants few gets
// these.
func TestFetchesAreShared(t *testing.T) {
	const limit = 12
	b := budget.New(budget.Limits{Fetches: limit})
	greedy, modest := shares(t, b, 3), join(t, b, 0)
	inFlight := make([]int, len(greedy))
	for greedy[0].TryFetch() {
		inFlight[0]++
	}
	if inFlight[0] != limit {
		t.Errorf("a run whose neighbours wait for nothing got %d of %d", inFlight[0], limit)
	}
	if !modest.TryFetch() {
		t.Error("a run has not one fetch in flight")
	}
	for range 100 { // a fetch of the run with the most ends, and all try again
		i := slices.Index(inFlight, slices.Max(inFlight))
		greedy[i].EndFetch()
		inFlight[i]--
		for i, s := range greedy {
			if s.TryFetch() {
				inFlight[i]++
			}
		}
	}
	if slices.Max(inFlight)-slices.Min(inFlight) > 1 || b.Usage().Fetches < limit {
		t.Errorf("the greedy runs have %v in flight, all %d of %d", inFlight, b.Usage().Fetches, limit)
	}
}

// The goroutines that read seeds wait for a fetch.
func TestFetchWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Limits{Fetches: 2})
		s, other := join(t, b, 0), join(t, b, 0)
		for n := range 3 {
			if ok := s.TryFetch(); ok != (n < 2) {
				t.Fatalf("with %d fetches in flight another one may begin: %t", n, ok)
			}
		}
		s.Forgo()
		ctx, cancel := context.WithCancel(t.Context())
		var ended []error
		for _, ctx := range []context.Context{t.Context(), ctx, t.Context()} {
			go func() { ended = append(ended, other.Fetch(ctx)) }()
			synctest.Wait()
		}
		if len(ended) != 1 {
			t.Errorf("%d fetches of a run with none began", len(ended))
		}
		cancel()
		synctest.Wait()
		if len(ended) != 2 || !errors.Is(ended[1], context.Canceled) {
			t.Errorf("got %v", ended)
		}
		s.EndFetch()
		synctest.Wait()
		if len(ended) != 2 {
			t.Error("a fetch began beyond the limit")
		}
		s.EndFetch()
		synctest.Wait()
		if len(ended) != 3 || ended[2] != nil {
			t.Errorf("got %v", ended)
		}
		s.Leave()
		other.Leave()
		expectUnused(t, b)
	})
}

// Beyond the limit, idle connections are closed: those of the run that has the most.
func TestIdleConnectionsAreBounded(t *testing.T) {
	b := budget.New(budget.Limits{Fetches: 10})
	closed := map[string]int{}
	// connect opens connections of a run, which can be closed if they are idle.
	connect := func(name string, idle int) *budget.Share {
		s := join(t, b, 0)
		open := 0
		s.OnIdle(func() {
			closed[name]++
			for ; open > 0; open-- {
				s.ConnClosed()
			}
		})
		for range idle {
			open++
			s.ConnOpened()
		}
		return s
	}
	busy, many := connect("busy", 9), connect("many", 6)
	if len(closed) > 0 {
		t.Errorf("closed %v with 15 connections", closed)
	}
	for range 9 { // for all of its connections
		if !busy.TryFetch() {
			t.Fatal("a fetch was refused")
		}
	}
	many.ConnOpened()
	if closed["many"] != 1 || closed["busy"] != 0 || b.Usage().Connections != 10 {
		t.Errorf("closed %v, %d connections are left", closed, b.Usage().Connections)
	}
	busy.ConnOpened()
	if len(closed) != 1 {
		t.Errorf("closed %v with few connections", closed)
	}
	for range 10 { // more than there may be: most of them are idle
		busy.ConnOpened()
	}
	if closed["busy"] != 1 {
		t.Errorf("closed %v", closed)
	}
}

// A run none of whose connections can be closed, because they are being made or their fetches have
// just ended, does not keep those of other runs open.
func TestIdleConnectionsOfOtherRuns(t *testing.T) {
	b := budget.New(budget.Limits{Fetches: 10})
	stuck, idle := join(t, b, 0), join(t, b, 0)
	stuck.OnIdle(func() {})
	idle.OnIdle(func() {
		for range 5 {
			idle.ConnClosed()
		}
	})
	for range 10 {
		stuck.ConnOpened()
	}
	for range 5 {
		idle.ConnOpened()
	}
	stuck.ConnOpened()
	if n := b.Usage().Connections; n != 11 {
		t.Errorf("%d connections are left", n)
	}
}

// What a page of a lone run costs.
func BenchmarkPage(b *testing.B) {
	s := join(b, budget.New(budget.Limits{}), 0)
	for b.Loop() {
		if !s.TryFetch() || s.Parse(b.Context()) != nil {
			b.Fatal("refused")
		}
		s.EndParse()
		s.EndFetch()
		s.Forgo()
	}
}
