package config

import (
	"fmt"
	"strings"
	"time"
)

// A Duration is a time.Duration whose text is like 30s or 6h.
type Duration time.Duration

// ParseDuration reads a duration in the syntax of Go, for instance 90s, 1m30s or 0.5h. See
// [time.ParseDuration].
func ParseDuration(s string) (Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 30s or 6h", s)
	}
	return Duration(d), nil
}

// String returns the canonical text of the duration: 1s, 1m30s or 6h, not 6h0m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText returns the text of String. JSON encodes a Duration as a string.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text as ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}
