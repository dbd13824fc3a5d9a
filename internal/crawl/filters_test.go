package crawl

import (
	"testing"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/weburl"
)

// The reason of a refused URL is the kind of the filter. Package pattern tests which URLs pass.
func TestPatternFilters(t *testing.T) {
	no := false
	u, err := weburl.Parse("https://e.example/")
	if err != nil {
		t.Fatal(err)
	}
	for kind, params := range map[string]any{
		"regex_patterns": &config.RegexPatterns{DefaultAllow: &no}, "url_patterns": &config.URLPatterns{DefaultAllow: &no},
	} {
		fs, err := newFilters([]config.Part{{Kind: kind, Params: params}})
		if err != nil {
			t.Fatal(err)
		}
		if got := fs.refuseURL(u, newFiltering(t.Context(), pageBudget)); got != kind {
			t.Errorf("refused for %q, want %q", got, kind)
		}
	}
}

func TestUnknownFilterIsAnError(t *testing.T) {
	if _, err := newFilters([]config.Part{{Kind: "new_kind"}}); err == nil {
		t.Error("a filter of an unknown kind is ignored")
	}
}
