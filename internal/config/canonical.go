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
	data, err := marshalText(c)
	if err != nil {
		panic("config: " + err.Error()) // a Config holds only types that JSON can encode
	}
	return data
}

// marshalText is like json.Marshal but leaves the characters of HTML as they are: an & stays
// readable in URLs.
func marshalText(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Hash returns the SHA-256 of a configuration's canonical JSON in hexadecimal.
func Hash(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
