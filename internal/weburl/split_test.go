package weburl_test

import (
	"testing"

	"github.com/inndx/runs/internal/weburl"
)

// For URLs, the properties of this package compare HostOf and Split with the methods of URL.
func TestSplitOfOtherTexts(t *testing.T) {
	for _, tt := range []struct{ name, text, host, origin, path, query string }{
		{"no path", "https://h:8080", "h:8080", "https://h:8080", "/", ""},
		{"no scheme", "no URL", "", "no URL", "/", ""},
		{"nothing", "", "", "", "/", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := weburl.HostOf(tt.text); got != tt.host {
				t.Errorf("HostOf(%q) = %q, want %q", tt.text, got, tt.host)
			}
			origin, path, query := weburl.Split(tt.text)
			if origin != tt.origin || path != tt.path || query != tt.query {
				t.Errorf("Split(%q) = %q, %q, %q; want %q, %q, %q", tt.text, origin, path, query, tt.origin, tt.path, tt.query)
			}
		})
	}
}
