package budget_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/budget"
)

// join returns the share of a run that must fit.
func join(t testing.TB, b *budget.Budget, size int64) *budget.Share {
	t.Helper()
	s, ok := b.Join(size)
	if !ok {
		t.Fatalf("a run of %d bytes does not fit beside %+v", size, b.Usage())
	}
	return s
}

// shares returns the shares of n runs that know nothing yet.
func shares(t testing.TB, b *budget.Budget, n int) []*budget.Share {
	t.Helper()
	all := make([]*budget.Share, n)
	for i := range all {
		all[i] = join(t, b, 0)
	}
	return all
}

// expectUnused checks that nothing of a budget is in use.
func expectUnused(t testing.TB, b *budget.Budget) {
	t.Helper()
	if u := b.Usage(); u != (budget.Usage{}) {
		t.Errorf("in use at the end: %+v", u)
	}
}

func TestDefaults(t *testing.T) {
	l := budget.New(budget.Limits{Fetches: -1, Commits: 3}).Limits()
	if l.Memory != budget.DefaultMemory || l.Fetches != budget.DefaultFetches || l.Bodies != budget.DefaultBodies || l.Parsers < 1 || l.Commits != 3 {
		t.Errorf("got %+v", l)
	}
	// A fetch that looks up a name, for both kinds of addresses, or connects has up to two descriptors.
	if files := 2*l.Fetches + l.Fetches/2; files > 1024*5/6 {
		t.Errorf("hosts take %d of the 1,024 file descriptors of AWS Lambda", files)
	}
}

func TestMemory(t *testing.T) {
	b := budget.New(budget.Limits{Memory: 1000})
	large := join(t, b, 5000) // alone, so that it fits
	if large.MustLeave() {
		t.Error("a run that is alone must leave")
	}
	if _, ok := b.Join(1); ok {
		t.Error("a run fits although the memory is used up")
	}
	large.Resize(600)
	small := join(t, b, 400)
	if _, ok := b.Join(1); ok || b.Room() != 0 {
		t.Errorf("a third run fits beside %+v", b.Usage())
	}
	small.Resize(500)
	if !large.MustLeave() || small.MustLeave() {
		t.Errorf("the larger run must leave: %t, the smaller: %t", large.MustLeave(), small.MustLeave())
	}
	small.Resize(900)
	if small.MustLeave() {
		t.Error("two runs must leave at once")
	}
	large.Leave()
	large.Leave() // which does nothing
	large.Resize(700)
	if u := b.Usage(); u.Runs != 1 || u.Memory != 900 || small.MustLeave() {
		t.Errorf("the run that is left must leave: %t, with %+v", small.MustLeave(), u)
	}
	small.Leave()
	expectUnused(t, b)
}

// The run that must leave may stay if its neighbours leave before.
func TestMemoryOfTheLastRun(t *testing.T) {
	b := budget.New(budget.Limits{Memory: 1000})
	large, small := join(t, b, 600), join(t, b, 400)
	large.Resize(700)
	if !large.MustLeave() {
		t.Error("the runs exceed the memory and none must leave")
	}
	small.Leave()
	if large.MustLeave() {
		t.Error("a run that is alone must leave")
	}
}

// At any time at most one run must leave. It was the largest one when the memory was exceeded, and
// it is never alone.
func TestMemoryRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 100
		b := budget.New(budget.Limits{Memory: limit})
		sizes := map[*budget.Share]int64{}
		var order []*budget.Share
		leaving := func() (all []*budget.Share) {
			for _, s := range order {
				if s.MustLeave() {
					all = append(all, s)
				}
			}
			return all
		}
		sum := func() (n int64) {
			for _, size := range sizes {
				n += size
			}
			return n
		}
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			size := rapid.Int64Range(0, 2*limit).Draw(t, "size")
			before := leaving()
			switch what := rapid.IntRange(0, 4).Draw(t, "what"); {
			case what == 0 || len(order) == 0:
				s, ok := b.Join(size)
				if want := len(order) == 0 || sum()+size <= limit; ok != want {
					t.Fatalf("a run of %d bytes beside %d runs of %d: fits %t", size, len(order), sum(), ok)
				}
				if ok {
					order, sizes[s] = append(order, s), size
				}
			case what == 1:
				i := rapid.IntRange(0, len(order)-1).Draw(t, "run")
				order[i].Leave()
				delete(sizes, order[i])
				order = slices.Delete(order, i, i+1)
			default:
				s := order[rapid.IntRange(0, len(order)-1).Draw(t, "run")]
				s.Resize(size)
				sizes[s] = size
			}
			if u := b.Usage(); u.Memory != sum() || u.Runs != len(order) {
				t.Fatalf("got %+v, want %d runs of %d", u, len(order), sum())
			}
			after := leaving()
			switch {
			case len(after) > 1, len(after) == 1 && len(order) == 1:
				t.Fatalf("%d of %d runs must leave", len(after), len(order))
			case len(after) == 0 && len(order) > 1 && sum() > limit:
				t.Fatalf("no run must leave, %d take %d", len(order), sum())
			case len(after) == 1 && !slices.Equal(before, after):
				for _, size := range sizes {
					if size > sizes[after[0]] {
						t.Fatalf("a run of %d must leave, and one has %d", sizes[after[0]], size)
					}
				}
			}
		}
	})
}

func TestNeighborDue(t *testing.T) {
	b := budget.New(budget.Limits{})
	now := time.Now()
	all := shares(t, b, 3)
	all[0].SetNext(now)
	all[1].SetNext(now.Add(2 * time.Second))
	for _, c := range []struct {
		share *budget.Share
		by    time.Duration
		want  bool
	}{
		{all[0], time.Second, false}, // its own work is not its neighbour's
		{all[0], 2 * time.Second, true},
		{all[1], 0, true},
		{all[2], -time.Second, false},
	} {
		if got := c.share.NeighborDue(now.Add(c.by)); got != c.want {
			t.Errorf("run %d, by %s: got %t", slices.Index(all, c.share), c.by, got)
		}
	}
	all[0].Leave()
	if all[2].NeighborDue(now.Add(time.Second)) {
		t.Error("a run that left has something to do")
	}
}

// Many runs use everything at once, and some leave in the middle.
func TestEverythingIsFreed(t *testing.T) {
	b := budget.New(budget.Limits{Memory: 100, Fetches: 5, Bodies: 100, Parsers: 2, Commits: 1})
	var runs sync.WaitGroup
	for range 8 {
		runs.Go(func() {
			s, ok := b.Join(rand.Int64N(10))
			if !ok {
				return
			}
			defer s.Leave()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			var pages sync.WaitGroup
			for range 4 {
				pages.Go(func() { usePages(ctx, s) })
			}
			pages.Wait()
		})
	}
	runs.Wait()
	expectUnused(t, b)
}

// usePages uses a share until ctx is done, and forgets to free some of it.
func usePages(ctx context.Context, s *budget.Share) {
	for ctx.Err() == nil {
		if s.Fetch(ctx) != nil {
			return
		}
		s.ConnOpened()
		if n, err := s.ReserveBody(ctx, rand.Int64N(60)); err == nil {
			s.FreeBody(n / 2)
		}
		if s.Parse(ctx) == nil {
			s.Resize(rand.Int64N(20))
			s.EndParse()
		}
		s.Keep(3)
		if s.Commit(ctx) == nil {
			s.Unkeep(2)
			s.EndCommit()
		}
		s.ConnClosed()
		if rand.IntN(10) > 0 {
			s.EndFetch()
		}
		if rand.IntN(4) == 0 {
			return
		}
	}
}
