package crawllog

import (
	"iter"
	"math"

	"github.com/inndx/runs/internal/weburl"
)

// A LinkIndex tells, for any number of parts of a log, which URLs were queued after them. It is a
// fold of the log as that of the crawl's frontier, and holds the keys of the URLs only.
//
// It may hold one slice of the URLs, chosen by their keys, so that its size has a bound whatever
// the size of the run.
type LinkIndex struct {
	slice, slices int
	parts         int64
	urls          map[weburl.Key]indexedURL
	refused       []uint32 // parts with URLs that seed_hosts excludes
}

// An indexedURL is what an index knows of a URL that joined the frontier, or that was excluded for
// good. Numbers of parts fit: a run would take a hundred years to write 2^32 parts.
type indexedURL struct {
	joined uint32 // the part of the Discovered with which the URL joined; 0 if it did not
	at     uint32 // the index of that Discovered; see Place
	ended  uint32 // the part of the outcome; 0 without one
	depth  uint32
}

// LinkIndexBytes is how many bytes of memory an index takes at most for each of many URLs: less
// than half of its map is empty.
const LinkIndexBytes = 88

// NewLinkIndex returns the index of an empty log. It has the given one of so many slices.
func NewLinkIndex(slice, slices int) *LinkIndex {
	return &LinkIndex{slice: slice, slices: slices, urls: map[weburl.Key]indexedURL{}}
}

// Parts returns the number of parts that were added.
func (x *LinkIndex) Parts() int64 { return x.parts }

// Len returns how many URLs the index has.
func (x *LinkIndex) Len() int { return len(x.urls) }

// has reports whether the index has the slice of the key.
func (x *LinkIndex) has(k weburl.Key) bool {
	return x.slices == 1 || (int(k[0])<<8|int(k[1]))%x.slices == x.slice
}

// Add adds the next part.
func (x *LinkIndex) Add(records []Record) {
	x.parts++
	for at, r := range linkRecords(records) {
		switch r := r.(type) {
		case *Discovered:
			x.discovered(r, at)
		case *Outcome:
			x.outcome(r)
		}
	}
}

func (x *LinkIndex) discovered(r *Discovered, at int) {
	k := weburl.KeyOf(r.URL)
	if !x.has(k) {
		return
	}
	depth := uint32(min(max(r.Depth, 0), math.MaxUint32))
	u, known := x.urls[k]
	switch {
	case !known:
		x.urls[k] = indexedURL{joined: uint32(x.parts), at: uint32(at), depth: depth}
	case u.ended == 0 && depth < u.depth:
		u.depth = depth
		x.urls[k] = u
	}
}

func (x *LinkIndex) outcome(r *Outcome) {
	k := weburl.KeyOf(r.URL)
	if r.Sitemap || !x.has(k) {
		return
	}
	u, known := x.urls[k]
	part := uint32(x.parts)
	switch {
	case known && u.ended == 0:
		u.ended = part
		x.urls[k] = u
	case !known && mayJoin(r):
		if n := len(x.refused); n == 0 || x.refused[n-1] != part {
			x.refused = append(x.refused, part)
		}
	case !known && r.Status == Excluded:
		x.urls[k] = indexedURL{ended: part}
	}
}

// OpenParts returns the numbers of the parts for which OpenLinks may yield links, in order. The
// parts are those of the first so many.
func (x *LinkIndex) OpenParts(parts int64) []uint32 {
	has := make([]bool, x.parts+1)
	for _, part := range x.refused {
		has[part] = true
	}
	for _, u := range x.urls {
		if u.joined != 0 && !u.endedBy(parts) {
			has[u.joined] = true
		}
	}
	var open []uint32
	for part, ok := range has[:parts+1] {
		if ok {
			open = append(open, uint32(part))
		}
	}
	return open
}

// endedBy reports whether the URL had its outcome after the given number of parts.
func (u indexedURL) endedBy(parts int64) bool { return u.ended != 0 && int64(u.ended) <= parts }

// joined returns what the index knows of a URL, and whether it had joined the frontier after the
// given number of parts.
func (x *LinkIndex) joined(url string, parts int64) (indexedURL, bool) {
	u := x.urls[weburl.KeyOf(url)]
	return u, u.joined != 0 && int64(u.joined) <= parts
}

// linkRecords yields the records of a part that say something of a URL, with their indexes among
// these.
func linkRecords(records []Record) iter.Seq2[int, Record] {
	return func(yield func(int, Record) bool) {
		at := 0
		for _, r := range records {
			switch r.(type) {
			case *Discovered, *Outcome:
				if !yield(at, r) {
					return
				}
				at++
			}
		}
	}
}

// EndedLinks yields the links of a part that the part alone decides, each with its index among the
// outcomes: the URLs with an outcome, except those that seed_hosts excludes, as they may have
// joined the frontier later.
func EndedLinks(part int64, records []Record) iter.Seq2[int, Link] {
	return func(yield func(int, Link) bool) {
		for index, e := range Entries(part, records) {
			if e.Sitemap || e.Again || mayJoin(&e.Outcome) {
				continue
			}
			if !yield(index, Link{State: e.LinkState(), Entry: e}) {
				return
			}
		}
	}
}

// OpenLinks yields the other links of a part, as they were after the given number of parts of the
// log: URLs that are queued, where they joined the frontier, and URLs that seed_hosts excludes.
// Each has its index among the Discovered and Outcomes. The index has at least that many parts.
func (x *LinkIndex) OpenLinks(part int64, records []Record, parts int64) iter.Seq2[int, Link] {
	return func(yield func(int, Link) bool) {
		place := Place{Part: part}
		for at, r := range linkRecords(records) {
			var l Link
			ok := false
			switch r := r.(type) {
			case *Discovered:
				l, ok = x.queued(r, part, at, parts)
			case *Outcome:
				if mayJoin(r) && x.has(weburl.KeyOf(r.URL)) {
					_, joined := x.joined(r.URL, parts)
					l, ok = Link{State: LinkExcluded, Entry: Entry{Outcome: *r, Place: place}}, !joined
				}
				place.Index++
			}
			if ok && !yield(at, l) {
				return
			}
		}
	}
}

// queued returns the link of a URL that joined the frontier with the record at the given place, if
// it was queued after the given number of parts.
func (x *LinkIndex) queued(r *Discovered, part int64, at int, parts int64) (Link, bool) {
	u, joined := x.joined(r.URL, parts)
	if !joined || int64(u.joined) != part || int(u.at) != at || u.endedBy(parts) {
		return Link{}, false
	}
	return Link{State: LinkQueued, Entry: Entry{Outcome: Outcome{
		URL: r.URL, Depth: int(u.depth), Referrer: r.Referrer,
	}}}, true
}

// mayJoin reports whether the outcome's URL did not join the frontier, but may join later; see
// Discovered.
func mayJoin(o *Outcome) bool { return o.Status == Excluded && o.ErrorReason == ReasonSeedHosts }
