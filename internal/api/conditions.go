package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
)

// entityTag returns the strong entity tag of a representation. Different bytes have different tags
// (RFC 9110, section 8.8.1).
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// gzipSuffix ends the entity tag of a gzipped representation, which must differ from the tag of the
// plain one (RFC 9110, section 8.8.3.3). Both tags identify the same state, so a condition may name
// either.
const gzipSuffix = `-gzip"`

// conditions are the preconditions of a request (RFC 9110, section 13.1). The zero value is always
// met.
type conditions struct {
	match     *tags // If-Match
	noneMatch *tags // If-None-Match
}

// tags is the value of a precondition.
type tags struct {
	any    bool     // *
	strong []string // in quotes
	weak   []string // without W/
}

// parseConditions parses the preconditions of the request.
//
// Responses have no Last-Modified, so preconditions on times are not supported. If-Modified-Since
// is ignored, as RFC 9110 demands: the client only gets a response that it already has.
// If-Unmodified-Since is rejected, because ignoring it could overwrite another client's update. A
// POST creates a resource, which has no state yet, so it rejects all preconditions.
func (r *request) parseConditions() {
	rejected := []string{"If-Unmodified-Since"}
	if r.Method == http.MethodPost {
		rejected = append(rejected, "If-Match", "If-None-Match")
	}
	for _, name := range rejected {
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

// tags parses the named header field. It returns nil if the field is absent.
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

// parseTags parses * or a list of at least one entity tag (RFC 9110, sections 8.8.3 and 5.6.1).
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

// matches reports whether t matches the entity tag of a representation. Weak tags match only if
// weak is true (RFC 9110, section 8.8.3.2).
func (t *tags) matches(etag string, weak bool) bool {
	same := func(tag string) bool {
		plain, gzipped := strings.CutSuffix(tag, gzipSuffix)
		return tag == etag || gzipped && plain+`"` == etag
	}
	return t.any || slices.ContainsFunc(t.strong, same) || weak && slices.ContainsFunc(t.weak, same)
}

// check returns an error if the conditions of a write do not hold for a representation with the
// entity tag. A match of If-None-Match is an error, too, for all methods except GET and HEAD
// (RFC 9110, section 13.1.2).
func (c conditions) check(etag string) error {
	switch {
	case c.match != nil && !c.match.matches(etag, false):
		return fault.Because(fault.ReasonETagMismatch, "If-Match does not hold: the ETag is now %s", etag)
	case c.noneMatch != nil && c.noneMatch.matches(etag, true):
		return fault.Because(fault.ReasonETagMismatch, "If-None-Match does not hold: the ETag is %s", etag)
	}
	return nil
}

// storeCheck returns the check that the store calls before a write. It is nil if every state meets
// the request's conditions. The function respond returns the response that shows the state.
func storeCheck[T any](r *request, respond func(T) response) func(T) error {
	c := r.conditions
	if c.noneMatch == nil && (c.match == nil || c.match.any) {
		return nil
	}
	return func(v T) error { return c.check(respond(v).etag) }
}

// checkConditions applies the preconditions of a GET or HEAD request to its response. If the client
// already has the representation, by If-None-Match, the response becomes a 304.
func (r *request) checkConditions(resp response) (response, error) {
	if resp.status != http.StatusOK || resp.etag == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return resp, nil
	}
	if err := (conditions{match: r.conditions.match}).check(resp.etag); err != nil {
		return response{}, err
	}
	if r.conditions.noneMatch != nil && r.conditions.noneMatch.matches(resp.etag, true) {
		resp.status = http.StatusNotModified
	}
	return resp, nil
}
