package store

import (
	"encoding/binary"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/store/listing"
)

// The phases of a walk through the links of a run.
const (
	endedLinks = iota // crawllog.EndedLinks
	openLinks         // crawllog.LinkIndex.OpenLinks, slice by slice
	noLinks           // the walk is over
)

// A linkPlace is a place of a walk through the links of a run.
type linkPlace struct {
	crawllog.Place       // of the present phase and slice: everything from this place on was read
	parts          int64 // of the log when the walk began
	ended, open    bool  // whether the walk has the phases
	phase          int
	slice, slices  int
}

// newLinkPlace returns where a walk begins.
func newLinkPlace(items runItems, f crawllog.LinkFilter, slices int) linkPlace {
	p := items.progress.Progress
	excluded := f.Wants(crawllog.LinkExcluded) && p.URLsExcluded > 0
	queued := f.Wants(crawllog.LinkQueued) && p.URLsQueued > 0
	at := linkPlace{
		parts:  items.progress.Seq,
		ended:  excluded || f.Wants(crawllog.LinkFetched) && p.URLsFetched > 0 || f.Wants(crawllog.LinkFailed) && p.URLsFailed > 0,
		open:   (excluded || queued) && f.WithoutResponse(),
		slices: slices,
	}
	at.Part = at.parts + 1
	switch {
	case at.ended:
	case at.open:
		at.phase = openLinks
	default:
		at.phase = noLinks
	}
	return at
}

func (at *linkPlace) over() bool { return at.phase == noLinks }

// next moves from the beginning of the log to the next phase or slice.
func (at *linkPlace) next() {
	switch {
	case at.phase == endedLinks && at.open:
		at.phase = openLinks
	case at.phase == openLinks && at.slice+1 < at.slices:
		at.slice++
	default:
		at.phase = noLinks
	}
	at.Place = crawllog.Place{Part: at.parts + 1}
}

// encode returns the place as a cursor.
func (at *linkPlace) encode(scope listing.Scope) string {
	payload := []byte{byte(at.phase), flag(at.ended, 1) | flag(at.open, 2)}
	payload = binary.BigEndian.AppendUint16(payload, uint16(at.slice))
	payload = binary.BigEndian.AppendUint16(payload, uint16(at.slices))
	payload = binary.BigEndian.AppendUint64(payload, uint64(at.parts))
	payload = binary.BigEndian.AppendUint64(payload, uint64(at.Part))
	return scope.Seal(binary.BigEndian.AppendUint32(payload, uint32(at.Index)))
}

const linkPlaceBytes = 26

// decodeLinkPlace is the inverse of encode. It refuses a place outside a log of the given number of
// parts.
func decodeLinkPlace(scope listing.Scope, cursor string, parts int64) (linkPlace, error) {
	b, err := scope.Open(cursor)
	if err != nil {
		return linkPlace{}, err
	}
	if len(b) != linkPlaceBytes || b[0] >= noLinks || b[1] > 3 {
		return linkPlace{}, listing.InvalidCursor()
	}
	at := linkPlace{
		phase: int(b[0]), ended: b[1]&1 != 0, open: b[1]&2 != 0,
		slice: int(binary.BigEndian.Uint16(b[2:])), slices: int(binary.BigEndian.Uint16(b[4:])),
		parts: int64(binary.BigEndian.Uint64(b[6:])),
	}
	at.Part, at.Index = int64(binary.BigEndian.Uint64(b[14:])), int(binary.BigEndian.Uint32(b[22:]))
	valid := at.parts >= 1 && at.parts <= parts && at.Part >= 1 &&
		at.Compare(crawllog.Place{Part: at.parts + 1}) <= 0 && at.slice < at.slices &&
		(at.phase == endedLinks && at.ended || at.phase == openLinks && at.open)
	if !valid {
		return linkPlace{}, listing.InvalidCursor()
	}
	return at, nil
}

func flag(set bool, bit byte) byte {
	if set {
		return bit
	}
	return 0
}
