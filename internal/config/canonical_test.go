package config

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Stored configurations are found by the hash of their canonical form, so neither may change. The
// file was written by an earlier version.
func TestCanonicalFormStays(t *testing.T) {
	data, err := os.ReadFile("testdata/canonical.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Given, Canonical, Hash, Resolved string
		ResolvedHash                           string `json:"resolved_hash"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, tt := range cases {
		t.Run(tt.Name, func(t *testing.T) {
			c, err := Parse([]byte(tt.Given), "config")
			if err != nil {
				t.Fatal(err)
			}
			canonical, resolved := c.Canonical(), c.Resolve().Canonical()
			if diff := cmp.Diff(tt.Canonical, string(canonical)); diff != "" || Hash(canonical) != tt.Hash {
				t.Errorf("canonical, hash %s (-want +got):\n%s", Hash(canonical), diff)
			}
			if diff := cmp.Diff(tt.Resolved, string(resolved)); diff != "" || Hash(resolved) != tt.ResolvedHash {
				t.Errorf("resolved, hash %s (-want +got):\n%s", Hash(resolved), diff)
			}
			stored, err := ParseStored(resolved)
			if err != nil || string(stored.Canonical()) != tt.Resolved {
				t.Errorf("read back: %s, %v", stored.Canonical(), err)
			}
		})
	}
}

func TestHash(t *testing.T) {
	const want = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" // sha256sum of {}
	if got := Hash([]byte("{}")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
