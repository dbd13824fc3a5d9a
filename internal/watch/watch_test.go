package watch_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

var (
	ref   = run.Ref{Tenant: "acme", ID: uuid.MustParse("0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071")}
	other = run.Ref{Tenant: "umbrella", ID: ref.ID}
)

// entries returns n entries whose depths are from, from+1 and so on.
func entries(from, n int) (all []crawllog.Entry) {
	for i := range n {
		all = append(all, crawllog.Entry{Outcome: crawllog.Outcome{Depth: from + i}})
	}
	return all
}

func depths(entries []crawllog.Entry) (all []int) {
	for _, e := range entries {
		all = append(all, e.Depth)
	}
	return all
}

func ready(s *watch.Subscription) bool {
	select {
	case <-s.Ready():
		return true
	default:
		return false
	}
}

func commit(h *watch.Hub, ref run.Ref, c watch.Commit) { h.Committing(ref)(&c) }

func TestSubscription(t *testing.T) {
	t.Run("changes reach every subscription of the run and no other", func(t *testing.T) {
		var h watch.Hub
		subs := []*watch.Subscription{h.Subscribe(ref, watch.Status), h.Subscribe(ref, watch.Commits)}
		stranger := h.Subscribe(other, watch.Commits)
		h.Changed(ref)
		h.Changed(ref)
		for _, s := range subs {
			if !ready(s) || ready(s) || !s.Take().Changed || s.Take().Changed {
				t.Error("a change is not delivered once")
			}
		}
		commit(&h, ref, watch.Commit{Entries: entries(0, 1)})
		if ready(stranger) || !cmp.Equal(stranger.Take(), watch.News{}) {
			t.Error("another tenant learned of it")
		}
	})
	t.Run("commits reach subscriptions of commits only", func(t *testing.T) {
		var h watch.Hub
		waiting, watching := h.Subscribe(ref, watch.Status), h.Subscribe(ref, watch.Commits)
		commit(&h, ref, watch.Commit{Progress: run.Progress{URLsFetched: 2}, Entries: entries(0, 2)})
		if ready(waiting) {
			t.Error("a subscription of the status is woken by a commit")
		}
		n := watching.Take()
		if !ready(watching) || n.Progress == nil || n.Progress.URLsFetched != 2 || n.Changed {
			t.Errorf("got %+v", n)
		}
	})
	t.Run("a subscriber that takes nothing gets the last entries and a count", func(t *testing.T) {
		var h watch.Hub
		s := h.Subscribe(ref, watch.Commits)
		for i := range 10 {
			commit(&h, ref, watch.Commit{Progress: run.Progress{URLsFetched: int64(7 * (i + 1))}, Entries: entries(7*i, 7)})
		}
		n := s.Take()
		if d := cmp.Diff(depths(entries(50, 20)), depths(n.Entries)); d != "" || n.Skipped != 50 || n.Progress.URLsFetched != 70 {
			t.Errorf("skipped %d, progress %+v, entries (-want +got):\n%s", n.Skipped, n.Progress, d)
		}
		commit(&h, ref, watch.Commit{Entries: entries(70, 1)})
		if n := s.Take(); n.Skipped != 0 || len(n.Entries) != 1 {
			t.Errorf("after the news were taken there are %+v", n)
		}
	})
	t.Run("a commit that is in progress is known", func(t *testing.T) {
		var h watch.Hub
		done := h.Committing(ref)
		s := h.Subscribe(ref, watch.Commits)
		h.Changed(ref)
		if n := s.Take(); !n.Committing || !n.Changed {
			t.Errorf("got %+v", n)
		}
		ready(s)
		done(nil) // the commit failed
		if n := s.Take(); !ready(s) || n.Committing || n.Progress != nil {
			t.Errorf("got %+v", n)
		}
	})
	t.Run("a closed subscription is forgotten", func(t *testing.T) {
		var h watch.Hub
		a, b := h.Subscribe(ref, watch.Status), h.Subscribe(ref, watch.Status)
		if !h.Watched(ref, watch.Status) || h.Watched(ref, watch.Commits) || h.Watched(other, watch.Status) {
			t.Error("it is not known which run is watched")
		}
		a.Close()
		a.Close()
		if !h.Watched(ref, watch.Status) {
			t.Error("closing one subscription twice closed another")
		}
		b.Close()
		if h.Watched(ref, watch.Status) {
			t.Error("a subscription is left")
		}
	})
	t.Run("a nil hub does nothing", func(t *testing.T) {
		var h *watch.Hub
		s := h.Subscribe(ref, watch.Commits)
		h.Changed(ref)
		h.Committing(ref)(&watch.Commit{})
		if ready(s) || h.Watched(ref, watch.Commits) {
			t.Error("a nil hub has a subscription")
		}
		s.Close()
	})
}

// Publishers and subscribers at once: no entry is lost or delivered twice, and nothing is left.
func TestConcurrentUse(t *testing.T) {
	const commits, perCommit = 500, 3
	var h watch.Hub
	var publishers, subscribers sync.WaitGroup
	over := make(chan struct{})
	for i := range 4 {
		s := h.Subscribe(ref, watch.Commits)
		subscribers.Go(func() {
			defer s.Close()
			total := 0
			for open := true; open; {
				select {
				case <-s.Ready():
				case <-over:
					open = false
				}
				n := s.Take()
				total += len(n.Entries) + n.Skipped
			}
			if total != commits*perCommit {
				t.Errorf("subscriber %d got %d entries, want %d", i, total, commits*perCommit)
			}
		})
	}
	for range commits {
		publishers.Go(func() {
			defer h.Subscribe(ref, watch.Status).Close()
			commit(&h, ref, watch.Commit{Entries: entries(0, perCommit)})
			h.Changed(ref)
		})
	}
	publishers.Wait()
	close(over)
	subscribers.Wait()
	if h.Watched(ref, watch.Status) || h.Watched(ref, watch.Commits) {
		t.Error("a subscription is left")
	}
}

func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{0, 1, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var h watch.Hub
			for range n {
				h.Subscribe(ref, watch.Commits)
			}
			c := watch.Commit{Entries: entries(0, 300)}
			for b.Loop() {
				commit(&h, ref, c)
			}
		})
	}
}
