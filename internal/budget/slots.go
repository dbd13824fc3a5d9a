package budget

import (
	"context"
	"slices"
	"sync"
)

// slots are handed out round-robin among the lines, and first come, first served in each line. So
// before a line gets its next slot, each other line gets at most one.
type slots struct {
	mu    sync.Mutex
	free  int     // 0 while a line waits
	lines []*line // that wait, the next one first
}

// A line has the waiting goroutines of one run, in order. The mutex of its slots guards it.
type line struct{ waiting []chan struct{} }

// acquire waits for a slot; release must follow. It returns the context's error if ctx ends before.
func (s *slots) acquire(ctx context.Context, l *line) error {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	ready := make(chan struct{}) // closed when the slot is handed over
	if l.waiting = append(l.waiting, ready); len(l.waiting) == 1 {
		s.lines = append(s.lines, l)
	}
	s.mu.Unlock()
	select {
	case <-ready:
	case <-ctx.Done():
		if s.cancel(l, ready) {
			return ctx.Err()
		}
	}
	return nil
}

// cancel ends a wait. It reports false if the wait has got its slot.
func (s *slots) cancel(l *line, ready chan struct{}) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(l.waiting, ready)
	if i < 0 {
		return false
	}
	if l.waiting = slices.Delete(l.waiting, i, i+1); len(l.waiting) == 0 {
		i := slices.Index(s.lines, l)
		s.lines = slices.Delete(s.lines, i, i+1)
	}
	return true
}

// release hands a slot to the next line.
func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) == 0 {
		s.free++
		return
	}
	l := s.lines[0]
	s.lines = slices.Delete(s.lines, 0, 1)
	close(l.waiting[0])
	if l.waiting = slices.Delete(l.waiting, 0, 1); len(l.waiting) > 0 {
		s.lines = append(s.lines, l)
	}
}

func (s *slots) unused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free
}

// Parse waits until the run may parse a page; EndParse must follow. The runs get slots in turn, so
// a run that has many pages to parse delays the page of another run by one page. It returns the
// context's error if ctx ends before.
func (s *Share) Parse(ctx context.Context) error { return s.budget.parsers.acquire(ctx, &s.parsing) }

// EndParse ends what Parse began.
func (s *Share) EndParse() { s.budget.parsers.release() }

// Commit waits until the run may commit; EndCommit must follow. A run has one commit at a time, so
// commits are first come, first served. It returns the context's error if ctx ends before.
func (s *Share) Commit(ctx context.Context) error { return s.budget.commits.acquire(ctx, &s.commits) }

// EndCommit ends what Commit began.
func (s *Share) EndCommit() { s.budget.commits.release() }

// PutObject waits until the run may write the object of a commit; EndPutObject must follow. Objects
// have slots of their own, so that a slow bucket does not delay the commits of runs that write none.
// It returns the context's error if ctx ends before.
func (s *Share) PutObject(ctx context.Context) error {
	return s.budget.objects.acquire(ctx, &s.objects)
}

// EndPutObject ends what PutObject began.
func (s *Share) EndPutObject() { s.budget.objects.release() }
