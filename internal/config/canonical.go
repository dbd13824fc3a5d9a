package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Canonical returns the configuration as JSON. Equal configurations have equal bytes, however their
// JSON was spaced, ordered and spelled. Parse reads the bytes back.
func (c Config) Canonical() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // an & stays readable in URLs
	if err := e.Encode(c); err != nil {
		panic("config: " + err.Error()) // a Config holds only types that JSON can encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Hash returns the SHA-256 of a configuration's canonical JSON in hexadecimal.
func Hash(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
