package api

import (
	"regexp"
	"strings"
	"time"

	"github.com/inndx/runs/internal/fault"
)

// beforeParam declares an exclusive upper bound of stored times, which are whole microseconds. It
// rounds the bound up to a microsecond, which selects the same times.
func beforeParam(name string, to *time.Time) param {
	return param{name, single, func(_, v string) *fault.Rule {
		t, rule := parseTime(v)
		if rule != nil {
			return rule
		}
		if floor := t.Truncate(time.Microsecond); !floor.Equal(t) || t.IsZero() {
			t = floor.Add(time.Microsecond) // a zero time would mean no bound
		}
		*to = t
		if t.After(latest) {
			*to = latest
		}
		return nil
	}}
}

// afterParam declares an exclusive lower bound of stored times, which are whole microseconds. It
// rounds the bound down to a microsecond, which selects the same times.
func afterParam(name string, to *time.Time) param {
	return param{name, single, func(_, v string) *fault.Rule {
		t, rule := parseTime(v)
		if rule != nil {
			return rule
		}
		*to = t.Truncate(time.Microsecond)
		if to.IsZero() {
			*to = to.Add(time.Microsecond) // a zero time would mean no bound
		}
		return nil
	}}
}

// The bounds of a time in UTC. RFC 3339 allows the year 0, too, but Go's zero time is in the year
// 1.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
)

// timeLayout is the grammar of RFC 3339, section 5.6, in upper case, with two extensions. The
// offset may lack its colon, as in ISO 8601. Its plus sign may be a space, because that is what an
// unescaped plus sign in a query stands for. Both are unambiguous.
var timeLayout = regexp.MustCompile(
	`^(\d{4}-\d\d-\d\dT\d\d:\d\d:)(\d\d)((?:\.\d+)?)(?:(Z)|([ +-])((?:[01]\d|2[0-3])):?([0-5]\d))$`)

// parseTime parses an RFC 3339 time with any offset and returns it in UTC. A leap second becomes
// the second after it.
func parseTime(v string) (time.Time, *fault.Rule) {
	invalid := fault.Format("date-time", "must be an RFC 3339 time such as 2026-01-02T15:04:05Z")
	m := timeLayout.FindStringSubmatch(strings.ToUpper(v))
	if m == nil {
		return time.Time{}, &invalid
	}
	minute, second, fraction, zone := m[1], m[2], m[3], m[4]
	if zone == "" {
		zone = strings.Replace(m[5], " ", "+", 1) + m[6] + ":" + m[7]
	}
	leap := second == "60"
	if leap {
		second = "59"
	}
	t, err := time.Parse(time.RFC3339, minute+second+fraction+zone)
	if err != nil {
		return time.Time{}, &invalid
	}
	t = t.UTC()
	if leap {
		t = t.Add(time.Second)
		// A leap second is the last second of a month in UTC (RFC 3339, section 5.7).
		if t.Day() != 1 || t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 {
			return time.Time{}, &invalid
		}
	}
	if t.Before(earliest) || t.Year() > latest.Year() {
		rule := fault.Range(earliest.Format(time.RFC3339), latest.Format(time.RFC3339))
		return time.Time{}, &rule
	}
	return t, nil
}
