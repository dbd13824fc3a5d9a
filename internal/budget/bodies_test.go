package budget_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/inndx/runs/internal/budget"
)

// A body that is long waits for those before it, even if a shorter one behind it would fit.
func TestBodiesAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Limits{Bodies: 100})
		s, other := join(t, b, 0), join(t, b, 0)
		if n, err := s.ReserveBody(t.Context(), 80); n != 80 || err != nil {
			t.Fatal(n, err)
		}
		var (
			mu     sync.Mutex
			served []int64
		)
		ctx, cancel := context.WithCancel(t.Context())
		for _, size := range []int64{70, 1000, 20, 80} {
			ctx := ctx
			if size != 1000 {
				ctx = t.Context()
			}
			go func() {
				n, err := other.ReserveBody(ctx, size)
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				served = append(served, n)
			}()
			synctest.Wait()
		}
		if len(served) > 0 {
			t.Errorf("served %d while 80 of 100 are in use", served)
		}
		s.FreeBody(80)
		synctest.Wait()
		if !slices.Equal(served, []int64{70}) {
			t.Errorf("served %d, want the first one alone", served)
		}
		cancel() // the one of 1000, which would have got 100
		synctest.Wait()
		if slices.Sort(served); !slices.Equal(served, []int64{0, 20, 70}) {
			t.Errorf("served %d without the longest one", served)
		}
		other.FreeBody(70)
		synctest.Wait()
		if slices.Sort(served); !slices.Equal(served, []int64{0, 20, 70, 80}) {
			t.Errorf("served %d", served)
		}
		s.Leave()
		other.Leave()
		expectUnused(t, b)
	})
}

// A body that is longer than the limit is read by itself.
func TestBodyBeyondTheLimit(t *testing.T) {
	b := budget.New(budget.Limits{Bodies: 100})
	s := join(t, b, 0)
	n, err := s.ReserveBody(t.Context(), 1000)
	if n != 100 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	s.FreeBody(n)
	s.Leave()
	expectUnused(t, b)
}

func TestKept(t *testing.T) {
	b := budget.New(budget.Limits{Bodies: 100})
	s, other := join(t, b, 0), join(t, b, 0)
	s.Keep(49)
	if other.KeptFull() {
		t.Error("the half is used up by 49 of 100")
	}
	s.Keep(1)
	if !other.KeptFull() {
		t.Error("the half is not used up by 50 of 100")
	}
	s.Unkeep(30)
	s.Leave()
	s.Unkeep(20) // which does nothing any more
	other.Leave()
	expectUnused(t, b)
}
