package rollup

import (
	"math/rand/v2"
	"testing"
)

// A set of parts is as a list of all of its parts says.
func TestParts(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		const last = 30
		var p Parts
		has := [last + 2]bool{}
		for range random.IntN(12) {
			first := 1 + random.Int64N(last)
			r := Range{first, min(last, first+random.Int64N(4))}
			overlaps := false
			for n := r.First; n <= r.Last; n++ {
				overlaps = overlaps || has[n]
				has[n] = true
			}
			if got := p.Overlaps(Parts{r}); got != overlaps {
				t.Fatalf("%v overlaps %v: %t", p, r, got)
			}
			p.AddAll(Parts{r})
		}
		for i := range p {
			if p[i].First > p[i].Last || i > 0 && p[i].First <= p[i-1].Last+1 {
				t.Fatalf("%v", p)
			}
		}
		count := int64(0)
		for n := int64(1); n <= last; n++ {
			if has[n] {
				count++
			}
			if got := p.Count(n); got != count {
				t.Fatalf("%v has %d parts up to %d, want %d", p, got, n, count)
			}
		}
		var filled Parts
		filled.AddAll(p)
		for missing, ok := filled.Missing(last); ok; missing, ok = filled.Missing(last) {
			for n := missing.First; n <= missing.Last; n++ {
				if has[n] {
					t.Fatalf("%v is not missing in %v", missing, p)
				}
			}
			filled.Add(missing.First, missing.Last)
		}
		if len(filled) != 1 || filled[0] != (Range{1, last}) && filled.Count(last) != last {
			t.Fatalf("%v with all that is missing is %v", p, filled)
		}
	}
}
