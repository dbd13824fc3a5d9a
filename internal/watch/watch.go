// Package watch tells subscribers what happens to runs within one process. The store publishes
// after each write that succeeded, and the API subscribes, so that nothing is read while nothing
// changes. It does no I/O.
//
// What is published is complete only if no other process writes to the table.
package watch

import (
	"sync"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// MaxEntries is how many entries of a log a subscription keeps until they are taken. Earlier ones
// are only counted.
const MaxEntries = 20

// A Topic is what a subscription is about.
type Topic int

// The topics.
const (
	Status  Topic = iota // the run's status, and whether it exists
	Commits              // that, and the commits to the run's log
	topics
)

// A Hub delivers what is published to the subscriptions of a run. Publishing does not wait for
// subscribers: what they have not taken is merged. The zero Hub is ready to use, and is safe for
// concurrent use. A nil Hub has no subscriptions.
type Hub struct {
	mu   sync.Mutex
	runs map[run.Ref]*watched
}

// watched is what the Hub knows about a run that has a subscription or a commit in progress.
type watched struct {
	subscriptions map[*Subscription]struct{}
	topics        [topics]int // the number of subscriptions of each topic
	committing    int         // commits in progress
}

// run returns what is known about a run. It adds the run if it is not known. h.mu must be held.
func (h *Hub) run(ref run.Ref) *watched {
	w := h.runs[ref]
	if w == nil {
		w = &watched{subscriptions: map[*Subscription]struct{}{}}
		if h.runs == nil {
			h.runs = map[run.Ref]*watched{}
		}
		h.runs[ref] = w
	}
	return w
}

// drop removes a run about which nothing is known any more. h.mu must be held.
func (h *Hub) drop(ref run.Ref, w *watched) {
	if len(w.subscriptions) == 0 && w.committing == 0 {
		delete(h.runs, ref)
	}
}

// Watched reports whether the run has a subscription of the topic.
func (h *Hub) Watched(ref run.Ref, t Topic) bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.runs[ref]
	return w != nil && w.topics[t] > 0
}

// Changed publishes that the run's status or what it waits for changed, or that the run was deleted.
func (h *Hub) Changed(ref run.Ref) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.runs[ref]; w != nil {
		for s := range w.subscriptions {
			s.news.Changed = true
			s.notify()
		}
	}
}

// Committing says that a commit to the run's log begins. The caller must call the function that it
// returns when the commit ended, with what was committed, or with nil if nothing was. In between
// the status of the run may change, and be published, although the commit was first.
func (h *Hub) Committing(ref run.Ref) func(*Commit) {
	if h == nil {
		return func(*Commit) {}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.run(ref).committing++
	return func(c *Commit) { h.committed(ref, c) }
}

// A Commit is what a commit added to a run's log.
type Commit struct {
	Progress run.Progress     // as of the commit
	Entries  []crawllog.Entry // in the order of the log, without the ids of the run and the job
}

func (h *Hub) committed(ref run.Ref, c *Commit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.runs[ref]
	w.committing--
	for s := range w.subscriptions {
		if s.topic == Commits {
			if c != nil {
				s.news.Merge(News{Progress: &c.Progress, Entries: c.Entries})
			}
			s.notify()
		}
	}
	h.drop(ref, w)
}

// Subscribe returns a subscription for what happens to the run from now on. The caller must close
// it. A caller that reads the run after Subscribe misses no change. The subscription of a nil Hub
// is nil.
func (h *Hub) Subscribe(ref run.Ref, t Topic) *Subscription {
	if h == nil {
		return nil
	}
	s := &Subscription{hub: h, ref: ref, topic: t, ready: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.run(ref)
	w.subscriptions[s] = struct{}{}
	w.topics[t]++
	return s
}
