package crawllog

// The targets of edges.
//
// Most links of a page are those of the page before, in the same order. So each URL has a
// successor: the URL that followed it last in a list of targets, or the next URL of its kind. A
// list is written as the length of a run of successors, and then, until the list is complete, as a
// reference and the length of the run after it. The first run follows no URL.

const (
	// maxEdges and maxEdgesBytes bound the targets of one record, and the bytes of their URLs.
	maxEdges      = 2048
	maxEdgesBytes = 64 << 10
	// maxPartEdges bounds the targets of all records of a part.
	maxPartEdges = 1 << 17
)

// NewEdges returns the records of the links of a page: several if there are many.
func NewEdges(from string, to []string) []*Edges {
	var records []*Edges
	for len(to) > 0 {
		n, size := 0, 0
		for n < len(to) && n < maxEdges && (n == 0 || size+len(to[n]) <= maxEdgesBytes) {
			size += len(to[n])
			n++
		}
		records = append(records, &Edges{From: from, To: to[:n:n]})
		to = to[n:]
	}
	return records
}

// splitEdges returns the records, of which no Edges has too many targets.
func splitEdges(records []Record) []Record {
	tooLarge := func(r Record) bool {
		e, ok := r.(*Edges)
		return ok && (len(e.To) > maxEdges || Size(e) > 2*maxEdgesBytes)
	}
	for i, r := range records {
		if !tooLarge(r) {
			continue
		}
		split := append([]Record(nil), records[:i]...)
		for _, r := range records[i:] {
			if !tooLarge(r) {
				split = append(split, r)
				continue
			}
			e := r.(*Edges)
			for _, chunk := range NewEdges(e.From, e.To) {
				split = append(split, chunk)
			}
		}
		return split
	}
	return records
}

// successors holds the successors of references, as far as they differ from the next URL.
type successors struct {
	first int // of no URL: one more than the reference, 0 for none
	next  []int32
}

// start is what precedes a list.
const start = -1

// after returns the successor of a reference or of start. It is negative without a successor.
func (s *successors) after(ref int) int {
	switch {
	case ref == start:
		return s.first - 1
	case ref < len(s.next) && s.next[ref] != 0:
		return int(s.next[ref]) - 1
	}
	return ref + 2
}

// set sets the successor of a reference or of start.
func (s *successors) set(ref, next int) {
	if ref == start {
		s.first = next + 1
		return
	}
	for len(s.next) <= ref {
		s.next = append(s.next, 0)
	}
	s.next[ref] = int32(next) + 1
}

func (w *factsWriter) edgesRecord(r *Edges, place int, page string) {
	places := &w.columns[columnEdgePlaces]
	places.putUint(int64(place - w.edgesPlace))
	places.used = true
	w.edgesPlace = place
	w.url(columnEdgeSources, &w.sources, page, r.From)
	w.columns[columnEdgeCounts].putUint(int64(len(r.To)))
	c := &w.columns[columnEdgeTargets]
	at, run := start, int64(0)
	for i, url := range r.To {
		ref := w.reference(clip(url, MaxStringBytes))
		if ref == w.successors.after(at) {
			run++
		} else {
			c.putUint(run)
			c.putUint(int64(ref))
			w.successors.set(at, ref)
			run = 0
		}
		at = ref
		if i == len(r.To)-1 {
			c.putUint(run)
		}
	}
}

// edges reads all records that only the frame of the facts has. pages are the pages that follow the
// records of the first frame.
func (r *factsReader) edges(pages []string) []placedEdges {
	var all []placedEdges
	places := &r.columns[columnEdgePlaces]
	place, total := int64(0), int64(0)
	var next successors
	for len(places.buf) > 0 && r.err == nil {
		place += r.uint(columnEdgePlaces)
		n := r.uint(columnEdgeCounts)
		total += n
		if place >= int64(len(pages)) || total > maxPartEdges {
			r.fail()
			return nil
		}
		e := &Edges{From: r.url(columnEdgeSources, &r.sources, pages[place])}
		e.To = r.targets(int(n), &next)
		all = append(all, placedEdges{e, int(place)})
	}
	return all
}

// placedEdges are edges and the number of records of the first frame before them.
type placedEdges struct {
	record *Edges
	place  int
}

func (r *factsReader) targets(n int, next *successors) []string {
	if n == 0 {
		return nil
	}
	to := make([]string, 0, n)
	at := start
	for r.err == nil {
		for run := r.uint(columnEdgeTargets); run > 0; run-- {
			if len(to) == n {
				r.fail()
				return nil
			}
			at = next.after(at)
			to = append(to, r.referenced(at))
			if r.err != nil {
				return nil
			}
		}
		if len(to) == n {
			return to
		}
		ref := int(r.uint(columnEdgeTargets))
		to = append(to, r.referenced(ref))
		if r.err != nil {
			return nil
		}
		next.set(at, ref)
		at = ref
	}
	return nil
}
