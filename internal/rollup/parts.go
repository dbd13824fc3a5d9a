package rollup

import "slices"

// Parts is a set of numbers of parts of a log, as ranges in order, which neither touch nor overlap.
type Parts []Range

// A Range is the parts from First to Last, both included.
type Range struct{ First, Last int64 }

// Add adds the parts of a range that are not in the set.
func (p *Parts) Add(first, last int64) {
	if n := len(*p); n > 0 && (*p)[n-1].Last == first-1 {
		(*p)[n-1].Last = last // as when a log is read forwards
		return
	}
	r := Range{first, last}
	var all Parts
	for _, q := range *p {
		if q.Last < r.First-1 || q.First > r.Last+1 {
			all = append(all, q)
			continue
		}
		r = Range{min(q.First, r.First), max(q.Last, r.Last)}
	}
	all = append(all, r)
	slices.SortFunc(all, func(a, b Range) int { return int(a.First - b.First) })
	*p = all
}

// AddAll adds the parts of q.
func (p *Parts) AddAll(q Parts) {
	for _, r := range q {
		p.Add(r.First, r.Last)
	}
}

// Missing returns the first range of parts, up to the part last, that are not in the set. ok is
// false if all are.
func (p Parts) Missing(last int64) (missing Range, ok bool) {
	first := int64(1)
	for _, r := range p {
		if r.First > first {
			return Range{first, min(r.First-1, last)}, first <= last
		}
		first = r.Last + 1
	}
	return Range{first, last}, first <= last
}

// Count returns how many parts up to the part last are in the set.
func (p Parts) Count(last int64) int64 {
	var n int64
	for _, r := range p {
		n += max(0, min(r.Last, last)-r.First+1)
	}
	return n
}

// Overlaps reports whether the sets have a part in common.
func (p Parts) Overlaps(q Parts) bool {
	for _, a := range p {
		for _, b := range q {
			if a.First <= b.Last && b.First <= a.Last {
				return true
			}
		}
	}
	return false
}
