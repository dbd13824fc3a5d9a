package weburl_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/weburl"
)

func TestInvalid(t *testing.T) {
	base := mustParse(t, "http://h/dir/page")
	for _, tt := range []struct{ ref, want string }{
		{"http://[bad", "http://[bad"},
		{"http://127.0.0.1:99999/", "http://127.0.0.1:99999/"},
		{"http://exa mple/", "http://exa mple/"},
		{"https://", "https://"},
		{"HTTP://", "HTTP://"},
		{"//", "//"},
		{`\\[bad`, `\\[bad`},
		{"https:[bad/a#b", "https:[bad/a"},
		{" \x01http://[b\na\td?q#f ", "http://[bad?q"},
		// Without the character it would be a URL.
		{"http://a\x01b/", "http://a\ufffdb/"},
		{"http://a\xffb/", "http://a\ufffdb/"},
		{"http://a\u202eb c/", "http://a\ufffdb c/"},

		{"http://user:secret@h/a", "http://***@h/a"},
		{"http://user@h/a", "http://***@h/a"},
		{"https:user:secret@h/a", "https:***@h/a"},
		{"//user:secret@h/a#b", "//***@h/a"},
		{`http:\\user:secret@h`, `http:\\***@h`},
		{"http://user:se@cret@h/", "http://***@h/"},
		{"http://user:se/cret@h/", "http://***@h/"},
		{"http://user:se#cret@h/a", "http://***@h/a"},
		{"http://user:se?cr/et@h/a", "http://***@h/a"},
		{"http://user:s@e/cret@h/a", "http://***@h/a"},
		{"http://user:\nse\tcret@h/", "http://***@h/"},
		{"ht\ntp://user:secret@[bad", "http://***@[bad"},
		{"http://exa mple/?mail=a@b", "http://exa mple/?mail=a@b"},
		{"http://user:" + strings.Repeat("secret", 3000) + "@h/", "http://***@h/"},
		{"http://" + strings.Repeat("a", 20_000) + "/", "http://" + strings.Repeat("a", weburl.MaxLength-len("http://…")) + "…"},

		// Not invalid, or not meant as a URL of the web.
		{"/a", ""}, {"http:[bad", ""}, {"mailto:a@[b", ""}, {"javascript:void(0)", ""}, {"tel:1", ""}, {"data:text/html,x", ""},
		{"htp://typo/", ""}, {"ftp://user:secret@h/", ""}, {"/" + strings.Repeat("a", 20_000), ""},
	} {
		t.Run(fmt.Sprintf("%.40q", tt.ref), func(t *testing.T) {
			if got := base.Invalid(tt.ref); got != tt.want {
				t.Errorf("got %.80q, want %.80q", got, tt.want)
			}
		})
	}
}

// What stands for an invalid reference is no URL, so that no URL of a run takes its place, and says
// the same when it is read again.
func TestInvalidIsNoURL(t *testing.T) {
	pieces := []string{
		"http:", "https:", "HTTP:", "/", "//", "\\", "[", "]", "::1", ":", "0", "80", "99999", strings.Repeat("0", 2050), "@", "user", "#", "?", "'",
		"a.example", "%", "%41", "%5B", " ", "\x00", "\x01", "\t", "\n", "\x7f", "\xff", "\u00ad", "\u202e", "\ufffd", "…", "ß", "xn--", strings.Repeat("a", 64), strings.Repeat("a", 2100),
	}
	rapid.Check(t, func(t *rapid.T) {
		base := mustParse(t, rapid.SampledFrom([]string{"http://h/dir/", "https://h/"}).Draw(t, "base"))
		ref := rapid.SampledFrom([]string{"", "http://", "https:", "//"}).Draw(t, "start") +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 10).Draw(t, "pieces"), "")
		got := base.Invalid(ref)
		if _, err := base.Resolve(ref); got != "" && err == nil {
			t.Errorf("%q is a URL", ref)
		}
		if got == "" {
			return
		}
		if u, err := weburl.Parse(got); err == nil {
			t.Errorf("%q stands for %q and is the URL %q", got, ref, u)
		}
		if again := weburl.Written(got); again != got {
			t.Errorf("%q is written as %q", got, again)
		}
		if len(got) > weburl.MaxLength || !utf8.ValidString(got) {
			t.Errorf("%d bytes: %.60q", len(got), got)
		}
	})
}
