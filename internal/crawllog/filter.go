package crawllog

import (
	"slices"
	"strings"
	"time"
)

// A Filter selects outcomes. The values of one field are alternatives. An outcome must match every
// field, and an empty field matches every outcome.
//
// Cursors depend on the JSON of a filter, so a field that was added later is left out while it is
// empty: the cursors of the versions before remain valid.
type Filter struct {
	Hosts          []string // as Outcome.Host returns them
	Steps          []Step
	Statuses       []Status
	ErrorReasons   []string
	OccurredBefore time.Time     // exclusive
	OccurredAfter  time.Time     // exclusive
	URL            string        `json:",omitzero"` // normalised
	URLPrefix      string        `json:",omitzero"`
	HTTPStatuses   []HTTPStatus  `json:",omitzero"`
	ContentTypes   []ContentType `json:",omitzero"`
	Depths         []int         `json:",omitzero"`
}

// Match reports whether f selects the outcome.
func (f Filter) Match(o *Outcome) bool {
	return among(f.Steps, o.Step) &&
		among(f.Statuses, o.Status) &&
		among(f.ErrorReasons, o.ErrorReason) &&
		among(f.Depths, o.Depth) &&
		(f.OccurredBefore.IsZero() || o.OccurredAt.Before(f.OccurredBefore)) &&
		(f.OccurredAfter.IsZero() || o.OccurredAt.After(f.OccurredAfter)) &&
		(f.URL == "" || f.URL == o.URL) &&
		strings.HasPrefix(o.URL, f.URLPrefix) &&
		matches(f.HTTPStatuses, o.HTTPStatus, HTTPStatus.match) &&
		(len(f.ContentTypes) == 0 || matches(f.ContentTypes, Essence(o.ContentType), ContentType.Match)) &&
		(len(f.Hosts) == 0 || slices.Contains(f.Hosts, o.Host()))
}

func among[T comparable](allowed []T, v T) bool {
	return len(allowed) == 0 || slices.Contains(allowed, v)
}

// matches reports whether a value matches one of the allowed ones, or all are allowed.
func matches[T, V comparable](allowed []T, v V, match func(T, V) bool) bool {
	return len(allowed) == 0 || slices.ContainsFunc(allowed, func(a T) bool { return match(a, v) })
}

// An HTTPStatus is a status of a response, such as 404, or from 1 to 9 all statuses that begin with
// the digit.
type HTTPStatus int

func (s HTTPStatus) match(status int) bool {
	return status == int(s) || status != 0 && status/100 == int(s)
}

// A ContentType is the essence of a media type, such as "text/html", or the essences of one type,
// such as "text/*". It is in lower case.
type ContentType string

// Match reports whether c is, or includes, the essence of a media type, as Essence returns it.
func (c ContentType) Match(essence string) bool {
	if t, ok := strings.CutSuffix(string(c), "*"); ok {
		return strings.HasPrefix(essence, t)
	}
	return string(c) == essence
}

// Essence returns the type and the subtype of a Content-Type header in lower case, such as
// "text/html". It is empty if the header is missing or invalid. Of several values, which are joined
// by commas, it is that of the last valid one, as the Fetch standard wants it
// (https://fetch.spec.whatwg.org/#concept-header-extract-mime-type).
func Essence(header string) string {
	essence := ""
	for value := range strings.SplitSeq(header, ",") {
		value, _, _ = strings.Cut(value, ";")
		value = strings.ToLower(strings.Trim(value, " \t\r\n"))
		if kind, sub, ok := strings.Cut(value, "/"); ok && isToken(kind) && isToken(sub) && value != "*/*" {
			essence = value
		}
	}
	return essence
}

// isToken reports whether s is a token (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}
