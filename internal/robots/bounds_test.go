package robots_test

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/robots"
)

func TestSize(t *testing.T) {
	var none *robots.Rules
	if got := none.Size(); got != 0 {
		t.Errorf("nil rules have the size %d", got)
	}
	long := strings.Repeat("x", 10_000)
	for _, tt := range []struct {
		name, file string
		want       int // at least, and at most a hundred more for each line
	}{
		{"no rules", "", 0},
		{"a long rule", "User-agent: inndx\nDisallow: /" + long, 10_000},
		{"a long sitemap", "Sitemap: https://h/" + long, 10_000},
		{"many rules", "User-agent: inndx\n" + strings.Repeat("Allow: /\n", 1000), 32_000},
		{"rules for others", "User-agent: x\nDisallow: /" + long, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			limit := tt.want + 100*strings.Count(tt.file+"\n", "\n")
			if got := robots.Parse([]byte(tt.file), "inndx").Size(); got < tt.want || got > limit {
				t.Errorf("the size is %d, want %d to %d", got, tt.want, limit)
			}
		})
	}
}

// RFC 9309, section 2.5, requires at least 500 KiB. A rule that the bound cuts is ignored, and so
// is what follows it.
func TestLongFile(t *testing.T) {
	if robots.MaxBytes < 500<<10 {
		t.Errorf("MaxBytes is %d", robots.MaxBytes)
	}
	head := "User-agent: *\nDisallow: /a\n"
	const last = "Disallow: /z\n"
	pad := strings.Repeat("#\n", (robots.MaxBytes-len(head)-len(last)-len("Disallow: /"))/2)
	file := head + pad + last + "Disallow: /bcd\nDisallow: /e"
	r := robots.Parse([]byte(file), "inndx")
	for path, want := range map[string]bool{"/a": false, "/z": false, "/bcd": true, "/b": true, "/e": true} {
		if r.Allowed(parseURL(t, "http://h"+path)) != want {
			t.Errorf("%s is allowed: %v, want %v", path, !want, want)
		}
	}
}

// The bound of a UTF-16 file is in bytes too. A line that the bound cuts is dropped.
func TestLongUTF16File(t *testing.T) {
	file := utf16("\xff\xfe", "User-agent: *\nDisallow: /a\n"+strings.Repeat("#\n", robots.MaxBytes/4-20)+"Disallow: /bcd", false)
	if len(file) <= robots.MaxBytes || len(file) > robots.MaxBytes+40 {
		t.Fatalf("the file has %d bytes", len(file))
	}
	r := robots.Parse([]byte(file), "inndx")
	for path, want := range map[string]bool{"/a": false, "/b": true, "/bcd": true} {
		if r.Allowed(parseURL(t, "http://h"+path)) != want {
			t.Errorf("%s is allowed: %v, want %v", path, !want, want)
		}
	}
}
