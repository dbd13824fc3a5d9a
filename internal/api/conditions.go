package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
)

// tagOf returns the strong entity tag of a representation: it differs whenever a byte of it
// does (RFC 9110, section 8.8.1).
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// gzipSuffix ends the entity tag of a representation that is sent with gzip: its bytes are
// others (RFC 9110, section 8.8.3.3). Both tags stand for the same state, so that a condition
// may name either.
const gzipSuffix = `-gzip"`

// conditions are the preconditions of a request (RFC 9110, section 13.1). The zero value has
// none.
type conditions struct {
	match     *tags // If-Match
	noneMatch *tags // If-None-Match
}

// tags are what a precondition lists.
type tags struct {
	any    bool     // *
	strong []string // in quotes
	weak   []string // W/ left out
}

// parseConditions reads the request's preconditions. Those on times are not taken, since
// nothing here has a Last-Modified: RFC 9110 has If-Modified-Since ignored then, which costs
// the client the same answer again, while to ignore If-Unmodified-Since could cost it an
// update. A POST creates something new, so that there is nothing its conditions could be on.
func (r *request) parseConditions() {
	refused := []string{"If-Unmodified-Since"}
	if r.Method == http.MethodPost {
		refused = append(refused, "If-Match", "If-None-Match")
	}
	for _, name := range refused {
		if len(r.Header.Values(name)) > 0 {
			r.fields.Add(name, unsupported("is not supported by this operation"))
		}
	}
	if r.Method != http.MethodPost {
		r.conditions = conditions{match: r.tags("If-Match"), noneMatch: r.tags("If-None-Match")}
	}
}

func unsupported(message string) fault.Rule {
	return fault.Rule{Code: "unsupported", Message: message}
}

// tags reads the header of that name, nil when it is absent.
func (r *request) tags(name string) *tags {
	values := r.Header.Values(name)
	if len(values) == 0 {
		return nil
	}
	t, ok := parseTags(strings.Join(values, ","))
	if !ok {
		r.fields.Add(name, fault.Format("entity-tags", `must be * or a list of entity tags in quotes, such as "abc", "def"`))
	}
	return &t
}

// parseTags reads * or a list of at least one entity tag (RFC 9110, sections 8.8.3 and
// 5.6.1).
func parseTags(s string) (t tags, ok bool) {
	if strings.Trim(s, " \t") == "*" {
		return tags{any: true}, true
	}
	for {
		s = strings.TrimLeft(s, " \t,")
		if s == "" {
			return t, t.strong != nil || t.weak != nil
		}
		rest, weak := strings.CutPrefix(s, "W/")
		end := strings.IndexByte(strings.TrimPrefix(rest, `"`), '"') + 2
		if !strings.HasPrefix(rest, `"`) || end < 2 {
			return t, false
		}
		tag := rest[:end]
		if strings.ContainsFunc(tag, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
			return t, false
		}
		if weak {
			t.weak = append(t.weak, tag)
		} else {
			t.strong = append(t.strong, tag)
		}
		s = strings.TrimLeft(rest[end:], " \t")
		if s != "" && s[0] != ',' {
			return t, false
		}
	}
}

// has reports whether one of the tags is the given strong one, or, with weak, a weak tag of
// the same text (RFC 9110, section 8.8.3.2).
func (t *tags) has(tag string, weak bool) bool {
	same := func(one string) bool {
		plain, gzipped := strings.CutSuffix(one, gzipSuffix)
		return one == tag || gzipped && plain+`"` == tag
	}
	return t.any || slices.ContainsFunc(t.strong, same) || weak && slices.ContainsFunc(t.weak, same)
}

// hold returns an error when a precondition of a change does not hold for a representation
// with the tag. It fails for If-None-Match too, as RFC 9110, section 13.1.2, has it for all
// methods but GET and HEAD.
func (c conditions) hold(tag string) error {
	switch {
	case c.match != nil && !c.match.has(tag, false):
		return fault.Because(fault.ReasonETagMismatch, "If-Match does not hold: the ETag is now %s", tag)
	case c.noneMatch != nil && c.noneMatch.has(tag, true):
		return fault.Because(fault.ReasonETagMismatch, "If-None-Match does not hold: the ETag is %s", tag)
	}
	return nil
}

// check returns the check that the store makes before a change: nil when the request has no
// condition, or one that every representation meets.
func check[T any](r *request, represent func(T) answer) func(T) error {
	c := r.conditions
	if c.noneMatch == nil && (c.match == nil || c.match.any) {
		return nil
	}
	return func(v T) error { return c.hold(represent(v).etag) }
}

// conditional returns the answer to a GET or HEAD by its preconditions: If-None-Match turns a
// representation that the client has into a 304.
func (r *request) conditional(a answer) (answer, error) {
	if a.status != http.StatusOK || a.etag == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return a, nil
	}
	if err := (conditions{match: r.conditions.match}).hold(a.etag); err != nil {
		return answer{}, err
	}
	if r.conditions.noneMatch != nil && r.conditions.noneMatch.has(a.etag, true) {
		a.status = http.StatusNotModified
	}
	return a, nil
}
