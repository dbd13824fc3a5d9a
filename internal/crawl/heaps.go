package crawl

import "time"

// hosts has the methods that the heaps of hosts share. They keep each host's index up to date.
type hosts []*host

func (s hosts) Len() int { return len(s) }
func (s hosts) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}
func (s *hosts) Push(x any) {
	h := x.(*host)
	h.index = len(*s)
	*s = append(*s, h)
}
func (s *hosts) Pop() any {
	last := len(*s) - 1
	h := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return h
}

// readyHosts is a heap: the depth of the smallest rank first, then the host that has been ready
// longest.
type readyHosts struct{ hosts }

func (s readyHosts) Less(i, j int) bool {
	a, b := s.hosts[i], s.hosts[j]
	if a.depth != b.depth {
		return a.rank(a.depth) < b.rank(b.depth)
	}
	return a.order < b.order
}

// delayedHosts is a heap: the host that is due first comes first.
type delayedHosts struct{ hosts }

func (s delayedHosts) Less(i, j int) bool { return s.hosts[i].due.Before(s.hosts[j].due) }

// A retryURL waits for another attempt.
type retryURL struct {
	due      time.Time
	attempt  int // attempts made
	url      string
	referrer string
}

// retryQueue is a heap: the URL that is due first comes first.
type retryQueue []retryURL

func (s retryQueue) Len() int           { return len(s) }
func (s retryQueue) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s retryQueue) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *retryQueue) Push(x any)        { *s = append(*s, x.(retryURL)) }
func (s *retryQueue) Pop() any {
	last := len(*s) - 1
	r := (*s)[last]
	(*s)[last] = retryURL{}
	*s = (*s)[:last]
	return r
}
