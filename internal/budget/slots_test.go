package budget_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/budget"
)

// A parser is a page of a run that is parsed, or waits for that.
type parser struct {
	run     int
	cancel  context.CancelFunc
	passed  map[int]int // pages of other runs that began while it was the first one of its run
	started bool
	ended   bool // without having started
}

// Pages get slots in turn among the runs: while a page is the next one of its run, at most one page
// of each other run goes before it. No slot is lost, and none is used twice.
func TestParsersAreFair(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		slots := rapid.IntRange(1, 3).Draw(rt, "slots")
		steps := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 80).Draw(rt, "steps")
		synctest.Test(t, func(*testing.T) { checkParsers(rt, slots, steps) })
	})
}

func checkParsers(t *rapid.T, slots int, steps []int) {
	const runs = 4
	b := budget.New(budget.Limits{Parsers: slots})
	var all [runs]*budget.Share
	for i := range all {
		all[i], _ = b.Join(0)
	}
	var waiting, parsing []*parser
	settle := func() {
		synctest.Wait()
		var began []*parser
		for _, p := range waiting {
			if p.started {
				began = append(began, p)
			}
		}
		first := map[int]bool{}
		waiting = slices.DeleteFunc(waiting, func(p *parser) bool { return p.started || p.ended })
		for _, p := range waiting {
			if first[p.run] {
				continue
			}
			first[p.run] = true
			for _, other := range began {
				if other.run == p.run {
					continue // p is the first one of its run only now
				}
				if p.passed[other.run]++; p.passed[other.run] > 1 {
					t.Fatalf("%d pages of run %d began before the next page of run %d", p.passed[other.run], other.run, p.run)
				}
			}
		}
		if parsing = append(parsing, began...); len(parsing) > slots || len(waiting) > 0 && len(parsing) < slots {
			t.Fatalf("%d pages are parsed and %d wait, with %d slots", len(parsing), len(waiting), slots)
		}
	}
	for _, step := range steps {
		switch {
		case step < 6: // most pages are of run 0
			p := &parser{run: max(0, step-2), passed: map[int]int{}}
			var ctx context.Context
			ctx, p.cancel = context.WithCancel(context.Background())
			waiting = append(waiting, p)
			go func() {
				p.started = all[p.run].Parse(ctx) == nil
				p.ended = !p.started
			}()
		case step < 9 && len(parsing) > 0:
			p := parsing[0]
			parsing = parsing[1:]
			p.cancel()
			all[p.run].EndParse()
		case step == 9 && len(waiting) > 0:
			waiting[len(waiting)/2].cancel()
		}
		settle()
	}
	for len(parsing) > 0 {
		p := parsing[0]
		parsing = parsing[1:]
		all[p.run].EndParse()
		p.cancel()
		settle()
	}
	if u := b.Usage(); u.Parsers != 0 || len(waiting) > 0 {
		t.Fatalf("at the end %d wait, and %d slots are in use", len(waiting), u.Parsers)
	}
}

// A run with 64 pages delays the page of another run by one page.
func TestOnePageBesideMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Limits{Parsers: 1})
		fast, polite := join(t, b, 0), join(t, b, 0)
		var order []string
		parse := func(name string, s *budget.Share) {
			if err := s.Parse(t.Context()); err != nil {
				t.Error(err)
			}
			order = append(order, name)
		}
		for range 64 {
			go parse("fast", fast)
		}
		synctest.Wait()
		go parse("polite", polite)
		for range 65 {
			synctest.Wait()
			fast.EndParse()
		}
		synctest.Wait()
		if i := slices.Index(order, "polite"); i != 2 || len(order) != 65 {
			t.Errorf("the page of the polite run was parsed after %d of %d", i, len(order))
		}
	})
}

// Commits are first come, first served.
func TestCommitsAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const runs = 10
		b := budget.New(budget.Limits{Commits: 2})
		var order []int
		for i, s := range shares(t, b, runs) {
			go func() {
				if err := s.Commit(t.Context()); err != nil {
					t.Error(err)
				}
				order = append(order, i)
			}()
			synctest.Wait()
		}
		s := join(t, b, 0)
		for range runs {
			synctest.Wait()
			if len(order) < runs && b.Usage().Commits != 2 {
				t.Errorf("%d commits in progress", b.Usage().Commits)
			}
			s.EndCommit()
		}
		synctest.Wait()
		if got := fmt.Sprint(order); got != "[0 1 2 3 4 5 6 7 8 9]" || b.Usage().Commits != 0 {
			t.Errorf("the order was %s; in use: %+v", got, b.Usage())
		}
	})
}
