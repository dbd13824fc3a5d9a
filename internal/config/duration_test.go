package config

import (
	"fmt"
	"testing"
)

func TestDuration(t *testing.T) {
	for given, want := range map[string]string{
		"1s": "1s", "6h": "6h", "90s": "1m30s", "6h0m0s": "6h", "60m": "1h", "1h30m": "1h30m", "1h5s": "1h0m5s",
		"0": "0s", "0s": "0s", "10m": "10m", "20h": "20h", "0.5h": "30m", "1500ms": "1.5s", "100ms": "100ms", "720h": "720h",
	} {
		t.Run(given, func(t *testing.T) {
			d, err := ParseDuration(given)
			if err != nil || d.String() != want {
				t.Errorf("got %s, %v; want %s", d, err, want)
			}
		})
	}
	for _, given := range []string{"", "1", "s", "1 s", "1d", "forever"} {
		t.Run(fmt.Sprintf("%q", given), func(t *testing.T) {
			if d, err := ParseDuration(given); err == nil {
				t.Errorf("got %s, want an error", d)
			}
		})
	}
}
