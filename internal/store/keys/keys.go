// Package keys writes and parses the parts of keys that sort as times do: stamps, created keys and
// ranges of created keys. It does no I/O.
package keys

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// stampLayout writes a UTC time with a fixed width, so that stamps sort as times do.
const stampLayout = "2006-01-02T15:04:05.000000Z"

// Stamp returns the time as text that sorts as times do, to the microsecond.
func Stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// ParseStamp is the inverse of Stamp.
func ParseStamp(stamp string) (time.Time, error) { return time.Parse(stampLayout, stamp) }

// Created returns the created key of an item: created keys sort by the time of creation and, for
// items of the same microsecond, by id.
func Created(created time.Time, id uuid.UUID) string {
	return Stamp(created) + "#" + id.String()
}

// ParseCreated is the inverse of Created. It refuses any other spelling of the same time and id.
func ParseCreated(key string) (created time.Time, id uuid.UUID, err error) {
	at, name, _ := strings.Cut(key, "#")
	if created, err = ParseStamp(at); err != nil {
		return created, id, err
	}
	if id, err = uuid.Parse(name); err != nil {
		return created, id, err
	}
	if Created(created, id) != key {
		return created, id, fmt.Errorf("keys: %q is not in canonical form", key)
	}
	return created, id, nil
}

// CreatedID returns the id in a created key, as text, without checking the key.
func CreatedID(key string) string {
	_, id, _ := strings.Cut(key, "#")
	return id
}

// A Range is a range of keys that includes both ends. An empty end is open.
type Range struct{ Low, High string }

// CreatedBetween returns the range of the created keys between two times, both exclusive. A zero
// time is an open end.
func CreatedBetween(after, before time.Time) Range {
	var r Range
	if !after.IsZero() {
		// A created key continues with '#' after the stamp. '$', the next character, is greater
		// than all of them.
		r.Low = Stamp(Clamp(after).Truncate(time.Microsecond)) + "$"
	}
	if !before.IsZero() {
		up := Clamp(before).Truncate(time.Microsecond)
		if up.Before(before) {
			up = Clamp(up.Add(time.Microsecond))
		}
		r.High = Stamp(up) // shorter than every created key of that microsecond, so less than each
	}
	return r
}

// Empty reports whether no key is in the range.
func (r Range) Empty() bool { return r.Low != "" && r.High != "" && r.Low > r.High }

// Contains reports whether the key is in the range.
func (r Range) Contains(key string) bool {
	return key >= r.Low && (r.High == "" || key <= r.High)
}

var (
	minTime = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
)

// Clamp returns the time in UTC, moved into the years that a stamp can write: an RFC 3339 time
// with an offset may lie up to a day outside them.
func Clamp(t time.Time) time.Time {
	switch t = t.UTC(); {
	case t.Before(minTime):
		return minTime
	case t.After(maxTime):
		return maxTime
	}
	return t
}
