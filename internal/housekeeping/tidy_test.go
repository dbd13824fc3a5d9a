package housekeeping_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// ends are the ways in which a run finishes.
var ends = map[string]func(b *bed, s *store.Store, l *run.Lease) error{
	"by its worker": func(b *bed, s *store.Store, l *run.Lease) error {
		_, err := s.Finish(b.Context(), l, run.MaxURLs)
		return err
	},
	"by a client": func(b *bed, s *store.Store, l *run.Lease) error {
		_, _, err := s.Transition(b.Context(), l.Ref, run.Stop, nil)
		return err
	},
	"as unknown": func(b *bed, s *store.Store, l *run.Lease) error {
		b.advance(time.Hour)
		_, _, err := s.Abandon(b.Context(), l.Ref, time.Now().Add(30*time.Minute))
		return err
	},
}

// A finished run loses the objects that its log does not name, when no worker can write any more.
func TestTidy(t *testing.T) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			s := b.store(nil, store.WithRetention(48*time.Hour))
			ref, _, l := b.keeping(s)
			first := b.commit(s, l)
			b.put(l) // a commit follows that fails
			second := b.commit(s, l)
			if err := end(b, s, l); err != nil {
				t.Fatal(err)
			}
			late := b.put(l) // by a worker that lost its lease
			if b.due(s, ref) {
				t.Error("the run is tidied while a worker may write")
			}
			if err := b.handle(s, ref); err != nil {
				t.Fatal(err)
			}
			if got := b.left(); !slices.Contains(got, late) || len(got) != 4 {
				t.Errorf("the bucket has %v before the objects settle", got)
			}
			b.advance(store.SettleTime)
			if !b.due(s, ref) {
				t.Error("the run would never be tidied")
			}
			for range 2 {
				if err := b.handle(s, ref); err != nil {
					t.Fatal(err)
				}
			}
			b.wantLeft(first, second)
			if b.due(s, ref) {
				t.Error("the run stays due")
			}
			b.advance(48*time.Hour - store.SettleTime)
			if !b.due(s, ref) {
				t.Error("the run is kept longer than its retention")
			}
			if err := b.handle(s, ref); err != nil {
				t.Fatal(err)
			}
			b.wantLeft()
		})
	}
}

// A run without retention needs nothing more when it is tidy. A run that keeps nothing never does.
func TestTidyWithoutRetention(t *testing.T) {
	b := newBed(t)
	s := b.store(nil)
	ref, _, l := b.keeping(s)
	if err := ends["by its worker"](b, s, l); err != nil {
		t.Fatal(err)
	}
	plain := newRun(t, s)
	stop(t, s, plain)
	b.advance(store.SettleTime)
	if b.due(s, plain) {
		t.Error("a run that keeps nothing is due")
	}
	if err := b.handle(s, ref); err != nil {
		t.Fatal(err)
	}
	b.advance(1000 * time.Hour)
	if b.due(s, ref) {
		t.Error("the run stays due")
	}
}

// The process dies after any number of requests. The next one completes the work.
func TestTidyAfterDeath(t *testing.T) {
	for n := range int64(14) {
		b := newBed(t)
		s := b.store(nil)
		ref, _, l := b.keeping(s)
		named := b.commit(s, l)
		b.put(l)
		if err := ends["by its worker"](b, s, l); err != nil {
			t.Fatal(err)
		}
		b.advance(store.SettleTime)
		left := new(atomic.Int64)
		left.Store(n)
		died := b.handle(b.store(left), ref)
		for range 2 { // a tidy that has died is taken over later
			if b.due(s, ref) {
				if err := b.handle(s, ref); err != nil {
					t.Fatal(err)
				}
			}
			b.advance(24 * time.Hour)
		}
		b.wantLeft(named)
		if b.due(s, ref) {
			t.Errorf("death after %d requests: the run stays due", n)
		}
		if died == nil {
			return // the process lived
		}
	}
	t.Error("a tidy takes more requests than expected")
}

func TestTwoTidies(t *testing.T) {
	b := newBed(t)
	s := b.store(nil)
	ref, _, l := b.keeping(s)
	named := b.commit(s, l)
	for range 50 {
		b.put(l)
	}
	if err := ends["by its worker"](b, s, l); err != nil {
		t.Fatal(err)
	}
	b.advance(store.SettleTime)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := b.handle(s, ref); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.wantLeft(named)
	if b.due(s, ref) {
		t.Error("the run stays due")
	}
}
