package store

import (
	"encoding/binary"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/store/listing"
)

// encodePlace returns the place of an outcome in a log as a cursor.
func encodePlace(scope listing.Scope, at crawllog.Place) string {
	payload := binary.BigEndian.AppendUint64(nil, uint64(at.Part))
	return scope.Seal(binary.BigEndian.AppendUint32(payload, uint32(at.Index)))
}

// decodePlace is the inverse of encodePlace. It refuses a place outside a log of the given number
// of parts.
func decodePlace(scope listing.Scope, cursor string, parts int64) (crawllog.Place, error) {
	payload, err := scope.Open(cursor)
	if err != nil {
		return crawllog.Place{}, err
	}
	if len(payload) != 12 {
		return crawllog.Place{}, listing.InvalidCursor()
	}
	part := binary.BigEndian.Uint64(payload)
	if part < 1 || part > uint64(parts) {
		return crawllog.Place{}, listing.InvalidCursor()
	}
	return crawllog.Place{Part: int64(part), Index: int(binary.BigEndian.Uint32(payload[8:]))}, nil
}
