package watch

import (
	"slices"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A Subscription collects what happens to one run until it is taken.
type Subscription struct {
	hub   *Hub
	ref   run.Ref
	topic Topic
	ready chan struct{} // buffered; has an element if there may be news

	news   News // guarded by hub.mu
	closed bool // guarded by hub.mu
}

// News is what happened to a run since the last news were taken.
type News struct {
	// Changed says that the status of the run or what it waits for changed, or that the run was
	// deleted.
	Changed bool
	// Progress is that of the last commit, or nil if there was none.
	Progress *run.Progress
	// Entries are the last entries of the run's log, the newest last, at most MaxEntries, without
	// the ids of the run and the job. Skipped is how many other entries were before them.
	Entries []crawllog.Entry
	Skipped int
	// Committing says that a commit is in progress, whose news follow.
	Committing bool
}

// Merge adds later news.
func (n *News) Merge(later News) {
	n.Changed = n.Changed || later.Changed
	n.Committing = later.Committing
	if later.Progress != nil {
		n.Progress = later.Progress
	}
	n.Skipped += later.Skipped + max(0, len(n.Entries)+len(later.Entries)-MaxEntries)
	n.Entries = last(slices.Concat(n.Entries, last(later.Entries))) // a copy, so that the others can be freed
}

// last returns the last entries, at most MaxEntries.
func last(entries []crawllog.Entry) []crawllog.Entry {
	return entries[max(0, len(entries)-MaxEntries):]
}

// notify makes Ready ready.
func (s *Subscription) notify() {
	select {
	case s.ready <- struct{}{}:
	default: // it is ready
	}
}

// Ready delivers when there are news to take. It never does for a nil Subscription.
func (s *Subscription) Ready() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.ready
}

// Changed reports whether there are news of a change to take. There never are for a nil Subscription.
func (s *Subscription) Changed() bool {
	if s == nil {
		return false
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.news.Changed
}

// Take returns the news since the last call. They may be empty.
func (s *Subscription) Take() News {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	n := s.news
	s.news = News{}
	if w := s.hub.runs[s.ref]; w != nil {
		n.Committing = w.committing > 0
	}
	return n
}

// Close ends the subscription. Closing a nil or a closed Subscription does nothing.
func (s *Subscription) Close() {
	if s == nil {
		return
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	w := s.hub.runs[s.ref]
	delete(w.subscriptions, s)
	w.topics[s.topic]--
	s.hub.drop(s.ref, w)
}
