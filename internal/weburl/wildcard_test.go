package weburl_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/weburl"
)

func TestMatchAgainstRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab*.")), 0, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab.")), 0, 10, -1).Draw(t, "string")
		begin := "^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
		if got, want := weburl.Match(pattern, s), regexp.MustCompile(begin+"$").MatchString(s); got != want {
			t.Errorf("Match(%q, %q) = %t, want %t", pattern, s, got, want)
		}
		if got, want := weburl.MatchPrefix(pattern, s), regexp.MustCompile(begin).MatchString(s); got != want {
			t.Errorf("MatchPrefix(%q, %q) = %t, want %t", pattern, s, got, want)
		}
	})
}
