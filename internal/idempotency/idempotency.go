// Package idempotency defines the key that makes a request safe to repeat. It does no I/O.
package idempotency

import (
	"crypto/sha256"
	"time"
)

// Lifetime is how long a key is kept after the first request that used it.
const Lifetime = 24 * time.Hour

// A Key is the idempotency key of a request that creates something; see
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. The store writes the
// key in the transaction that creates the thing, so the request takes effect once, even if a
// process dies or the request is repeated. A nil *Key means that the request has none.
type Key struct {
	Route       string            // the operation; the same value on another route is another key
	Value       string            // as the client chose it
	Fingerprint [sha256.Size]byte // a hash of the whole request
}
