package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
)

const headerIdempotencyKey = "Idempotency-Key"

// maxKey bounds the characters of an idempotency key.
const maxKey = 255

// parseKey parses the idempotency key of a POST. See
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. Other methods are
// safe to repeat without a key. GET and HEAD ignore one. PUT, PATCH and DELETE reject it, because
// they do not repeat the first response.
func (r *request) parseKey(body []byte) {
	values := r.Header.Values(headerIdempotencyKey)
	switch {
	case len(values) == 0, r.Method == http.MethodGet, r.Method == http.MethodHead:
		return
	case r.Method != http.MethodPost:
		r.fields.Add(headerIdempotencyKey, unsupported("is supported by POST only; this request can be repeated without"))
		return
	case len(values) > 1:
		r.fields.Add(headerIdempotencyKey, repeated())
		return
	}
	value, ok := unquoteKey(values[0])
	if !ok {
		r.fields.Add(headerIdempotencyKey, fault.Format("idempotency-key",
			fmt.Sprintf("must be 1 to %d visible ASCII characters, with or without quotes around them", maxKey)))
		return
	}
	r.key = &idempotency.Key{Route: r.route, Value: value, Fingerprint: r.fingerprint(body)}
}

// unquoteKey returns the key in a header value. The value is either a string of RFC 9651, section
// 3.3.3, as the draft demands, or the bare key, as most clients send it.
func unquoteKey(s string) (string, bool) {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		var b strings.Builder
		for i := 0; i < len(quoted); i++ {
			switch c := quoted[i]; {
			case c == '"':
				return b.String(), i == len(quoted)-1 && visible(b.String())
			case c == '\\' && i+1 < len(quoted) && (quoted[i+1] == '"' || quoted[i+1] == '\\'):
				i++
				b.WriteByte(quoted[i])
			case c == '\\':
				return "", false
			default:
				b.WriteByte(c)
			}
		}
		return "", false
	}
	return s, visible(s)
}

// visible reports whether s consists of 1 to maxKey visible ASCII characters.
func visible(s string) bool {
	return s != "" && len(s) <= maxKey && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// fingerprint returns a hash of the request's route, path, query and JSON body. White space and the
// order of members do not matter, because a client may encode the request anew to repeat it. A
// missing body counts as an empty object.
func (r *request) fingerprint(body []byte) [sha256.Size]byte {
	content := any(map[string]any{})
	if len(body) > 0 {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber() // keep numbers exactly as they are written
		if d.Decode(&content) != nil {
			content = body // not JSON: the request is rejected
		}
	}
	text, err := json.Marshal([]any{r.route, r.URL.EscapedPath(), r.URL.RawQuery, content})
	if err != nil {
		panic(err) // unreachable: decoded JSON can be encoded
	}
	return sha256.Sum256(text)
}
