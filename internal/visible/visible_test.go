package visible

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Text changes a text only where it is not visible, and changes nothing twice.
func TestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if p := Text(s); strings.IndexFunc(p, hidden) >= 0 || Text(p) != p {
			t.Fatalf("%q became %q", s, p)
		}
	})
	for s, want := range map[string]string{
		"\x1b[2J": `\x1b[2J`, "\x9b31m": `\x9b31m`, "\u009b31m": `\u009b31m`, "a\r\n\tb": `a\x0d\x0a\x09b`, "\x7f": `\x7f`,
		"\u202e": `\u202e`, "\u2066": `\u2066`, "\u200f": `\u200f`, "\u061c": `\u061c`, "\u2028": `\u2028`, "\ufeff": `\ufeff`,
		"\xff": `\xff`, "\U000e0041": `\U000e0041`,
	} {
		if got := Text(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
	for _, s := range []string{"ein schöner Tag", "日本\u3000語", "10\u00a0€", "می\u200cخواهم", "👩\u200d🚀", `\x1b`} {
		if got := Text(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// Whatever changes the direction of text or is a control character is hidden.
func TestHidden(t *testing.T) {
	for _, table := range []*unicode.RangeTable{unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp} {
		for r := range rune(unicode.MaxRune) {
			if unicode.Is(table, r) && !hidden(r) {
				t.Errorf("%U is shown", r)
			}
		}
	}
}

func TestCell(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "a=1": "a=1", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠A": "'＠A",
		"\t=1": `\x09=1`, "\r=1": `\x0d=1`, "\n=1": `\x0a=1`, "=\x1b[2J": `'=\x1b[2J`,
	} {
		if got := Cell(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

// JSON keeps its meaning.
func TestJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if !utf8.ValidString(s) {
			return
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		escaped := JSON(string(text))
		var got string
		if err := json.Unmarshal([]byte(escaped), &got); err != nil || got != s || strings.IndexFunc(escaped, hidden) >= 0 {
			t.Fatalf("%q became %s, %v", s, escaped, err)
		}
	})
	if got := JSON("\"\u202e\U000e0041\u009b\""); got != `"\u202e\udb40\udc41\u009b"` {
		t.Error(got)
	}
}
