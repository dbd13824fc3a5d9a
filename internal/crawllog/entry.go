package crawllog

import (
	"cmp"
	"encoding/binary"
	"iter"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/weburl"
)

// A Place is the position of an outcome in a run's log. It never changes: parts are only added, and
// a segment is a copy of parts.
type Place struct {
	Part  int64 // 1 for the first part of the log
	Index int   // among the outcomes of the part, 0 for the first
}

// Compare orders places as the outcomes were recorded.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Part, q.Part), cmp.Compare(p.Index, q.Index))
}

// An Entry is an outcome of a run's log.
type Entry struct {
	Outcome
	RunID uuid.UUID
	JobID uuid.UUID
	Place Place
}

// Entries yields the entries of a part, without the ids of the run and the job, each with its index
// among the outcomes.
func Entries(part int64, records []Record) iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		index := 0
		for _, r := range records {
			if o, ok := r.(*Outcome); ok {
				if !yield(index, Entry{Outcome: *o, Place: Place{part, index}}) {
					return
				}
				index++
			}
		}
	}
}

// ID returns the entry's id: a UUIDv5 (RFC 9562, section 5.5) of its place, in the name space of
// its run. The id is not stored, and never changes.
func (e Entry) ID() uuid.UUID {
	name := binary.BigEndian.AppendUint64(nil, uint64(e.Place.Part))
	return uuid.NewSHA1(e.RunID, binary.BigEndian.AppendUint64(name, uint64(e.Place.Index)))
}

// Host returns the host of the URL and, unless it is the scheme's default, ":" and the port. It is
// empty for a seed that is not a URL.
func (o *Outcome) Host() string {
	u, err := weburl.Parse(o.URL)
	if err != nil {
		return ""
	}
	return u.Host()
}

// URLHash returns the key of the URL as it is written. A seed that is not a URL has one as well.
func (o *Outcome) URLHash() weburl.Key { return weburl.KeyOfText(o.URL) }
