package page

import (
	"encoding/json"
	"os"
	"testing"
)

// TestContentTypeLikeFetch compares media types with another implementation of the Fetch standard,
// see testdata/contenttypes.mjs.
func TestContentTypeLikeFetch(t *testing.T) {
	raw, err := os.ReadFile("testdata/contenttypes.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Value, Essence, Charset string }
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got, want := contentType(c.Value), (mediaType{c.Essence, c.Charset}); got != want {
			t.Errorf("contentType(%q) = %+v, want %+v", c.Value, got, want)
		}
	}
	if len(cases) < 500 {
		t.Errorf("there are %d cases", len(cases))
	}
}
