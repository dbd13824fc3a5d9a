package weburl_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inndx/runs/internal/weburl"
)

func TestResolve(t *testing.T) {
	for _, tt := range []struct{ base, ref, want string }{
		{"http://h/a/b?q", "", "http://h/a/b?q"},
		{"http://h/a/b?q", "#f", "http://h/a/b?q"},
		{"http://h/a/b?q", "?r", "http://h/a/b?r"},
		{"http://h/a/b?q", "c", "http://h/a/c"},
		{"http://h/a/b?q", "c/", "http://h/a/c/"},
		{"http://h/a/b?q", "./", "http://h/a/"},
		{"http://h/a/b?q", ".", "http://h/a/"},
		{"http://h/a/b?q", "..", "http://h/"},
		{"http://h/a/b?q", "../..", "http://h/"},
		{"http://h/a/b?q", "../../../c", "http://h/c"},
		{"http://h/a/b?q", ".c", "http://h/a/.c"},
		{"http://h/a/b?q", "%2e%2e/c", "http://h/c"},
		{"http://h/a/b?q", "..\\c", "http://h/c"},
		{"http://h/a/b?q", "/c", "http://h/c"},
		{"http://h/a/b?q", "\\c", "http://h/c"},
		{"http://h/a/b?q", "//i", "http://i/"},
		{"https://h/a/b?q", "//i:443/c", "https://i/c"},
		{"https://h/a/b?q", "\\/i/c", "https://i/c"},
		{"https://h/a/b?q", "///i/c", "https://i/c"},
		{"http://h/a/b?q", "http:c", "http://h/a/c"},
		{"http://h/a/b?q", "http:/c", "http://h/c"},
		{"http://h/a/b?q", "http:?r", "http://h/a/b?r"},
		{"http://h/a/b?q", "https:c", "https://c/"},
		{"http://h/a/b?q", "https://i", "https://i/"},
		{"http://h:8080/a/b", "/c", "http://h:8080/c"},
		{"http://h/a/b", "c:d", ""}, // a scheme
		{"http://h/a/b", "./c:d", "http://h/a/c:d"},
		{"http://h/a/b", "/c:d", "http://h/c:d"},
		{"http://h/a/b", "c?d:e", "http://h/a/c?d:e"},
		{"http://h/a/b", "1c:d", "http://h/a/1c:d"},
		{"http://h/?a/b", "c", "http://h/c"},
		{"http://h//", "c", "http://h//c"},
	} {
		t.Run(tt.base+" "+tt.ref, func(t *testing.T) {
			base := mustParse(t, tt.base)
			u, err := base.Resolve(tt.ref)
			if u.String() != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("Resolve = %q, %v; want %q", u, err, tt.want)
			}
			if v, err2 := base.ResolveBytes([]byte(tt.ref)); v != u || err2 != err {
				t.Errorf("ResolveBytes = %q, %v; want %q, %v", v, err2, u, err)
			}
		})
	}
}

func TestBeginning(t *testing.T) {
	base := mustParse(t, "http://h/dir/page?q")
	long := strings.Repeat("é", 1000) // in a URL six bytes each
	for ref, begins := range map[string]string{
		"https://i/" + long: "https://i/%C3%A9", "/" + long: "http://h/%C3%A9", long: "http://h/dir/%C3%A9", "?" + long: "http://h/dir/page?%C3%A9",
		"//i/" + strings.Repeat("a", 20_000): "http://i/aaa", "HTTP://I/" + strings.Repeat("../", 9_000): "http://i/",
	} {
		t.Run(fmt.Sprintf("%.40s", ref), func(t *testing.T) {
			if _, err := base.Resolve(ref); err != weburl.ErrTooLong {
				t.Errorf("Resolve gives the error %v, want ErrTooLong", err)
			}
			got := base.Beginning(ref)
			if !strings.HasPrefix(got, begins) || !strings.HasSuffix(got, "…") || len(got) > weburl.MaxLength || !utf8.ValidString(got) {
				t.Errorf("the beginning is %q, want %q and more", got, begins)
			}
			if u, err := weburl.Parse(got); err == nil && u.String() == got {
				t.Errorf("the beginning %q is a normalised URL", got)
			}
		})
	}
	for _, ref := range []string{"data:text/html," + strings.Repeat("a", 20_000), "http://u@h/" + strings.Repeat("a", 20_000)} {
		t.Run(fmt.Sprintf("%.40s", ref), func(t *testing.T) {
			if got := base.Beginning(ref); got != "" {
				t.Errorf("the beginning is %q, want none", got)
			}
		})
	}
}

func TestMaxLength(t *testing.T) {
	exact := "http://h/" + strings.Repeat("a", weburl.MaxLength-len("http://h/"))
	if _, err := weburl.Parse(exact); err != nil {
		t.Errorf("a URL of %d bytes is refused: %v", len(exact), err)
	}
	if _, err := weburl.Parse(exact + "a"); err != weburl.ErrTooLong {
		t.Errorf("a URL of %d bytes gives the error %v", len(exact)+1, err)
	}
}
