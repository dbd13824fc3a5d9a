package listing

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/tenant"
)

// cursorVersion is the first byte of a cursor. It changes with the meaning of the rest.
const cursorVersion = 1

const fingerprintBytes = 16

// A Scope names the list that a cursor belongs to. A cursor of one list is refused by every other.
// The JSON form of a Scope is part of the fingerprint in every cursor, so that a change of it
// invalidates the cursors that clients hold.
type Scope struct {
	Tenant tenant.ID
	Route  string
	Filter any // in canonical form: equal filters have equal JSON
}

// fingerprint binds the payload of a cursor to the list. It needs no secret: with a forged cursor,
// a client reaches only positions in the list that it requests, as Plan.reaches checks.
func (s Scope) fingerprint(payload []byte) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain data
	}
	h := sha256.New()
	h.Write([]byte{cursorVersion})
	inner := sha256.Sum256(text)
	h.Write(inner[:])
	h.Write(payload)
	return h.Sum(nil)[:fingerprintBytes]
}

// Seal returns the payload as an opaque cursor of the list. The cursor can stand in a URL.
func (s Scope) Seal(payload []byte) string {
	cursor := append([]byte{cursorVersion}, s.fingerprint(payload)...)
	return base64.RawURLEncoding.EncodeToString(append(cursor, payload...))
}

// Open is the inverse of Seal. It fails with InvalidCursor when the cursor is of another list, is
// damaged, or is spelled in another way. The payload may still be forged: the caller must check
// that it names a position in the list.
func (s Scope) Open(cursor string) ([]byte, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	// The decoder skips line breaks, but a cursor has only one spelling.
	if err != nil || base64.RawURLEncoding.EncodeToString(data) != cursor ||
		len(data) < 1+fingerprintBytes || data[0] != cursorVersion {
		return nil, InvalidCursor()
	}
	sum, payload := data[1:1+fingerprintBytes], data[1+fingerprintBytes:]
	if subtle.ConstantTimeCompare(sum, s.fingerprint(payload)) != 1 {
		return nil, InvalidCursor()
	}
	return payload, nil
}

// InvalidCursor returns the error for a cursor that does not belong to the list.
func InvalidCursor() error {
	var fields fault.Fields
	fields.Add("page", fault.Rule{
		Code:    "cursor",
		Message: "belongs to another list or is damaged; start again without page",
	})
	return &fault.Error{
		Kind: fault.Invalid, Reason: fault.ReasonInvalidCursor, Message: "the request is invalid", Fields: fields,
	}
}

// A position is the LastEvaluatedKey of an item in an index: the next page begins after it.
type position struct {
	pk, sk     string
	hash       string // value of the index's partition key
	createdKey string
}

// encode returns the position as a cursor.
func (s Scope) encode(p position) string {
	var payload []byte
	for _, part := range []string{p.pk, p.sk, p.hash, p.createdKey} {
		payload = append(payload, byte(len(part)))
		payload = append(payload, part...)
	}
	return s.Seal(payload)
}

// decode is the inverse of encode. It refuses a position that the plan cannot reach.
func (s Scope) decode(cursor string, p *Plan) (position, error) {
	payload, err := s.Open(cursor)
	if err != nil {
		return position{}, err
	}
	parts := make([]string, 0, 4)
	for len(payload) > 0 && len(payload) > int(payload[0]) {
		end := 1 + int(payload[0])
		parts = append(parts, string(payload[1:end]))
		payload = payload[end:]
	}
	if len(payload) > 0 || len(parts) != 4 {
		return position{}, InvalidCursor()
	}
	at := position{pk: parts[0], sk: parts[1], hash: parts[2], createdKey: parts[3]}
	if !p.reaches(at) {
		return position{}, InvalidCursor()
	}
	return at, nil
}
