// Package visible makes texts that strangers chose safe to show: texts from the web, and names of
// manifests. What a terminal or a spreadsheet gets of them passes through it.
package visible

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns the text with an escape such as \x1b in place of each character that is not visible,
// and of each byte that is not UTF-8. So it cannot command a terminal, or pass for another text.
//
// Control characters of ASCII and of Unicode (C0, C1), line and paragraph separators, and
// characters that change the direction of text are not visible. Spaces of any width are, and so are
// the joiners U+200C and U+200D, which Persian and emoji need.
func Text(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch _, size := utf8.DecodeRuneInString(s[i:]); {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !hidden(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// Cell returns the text as the value of a cell of CSV: what Text returns, after an apostrophe if a
// spreadsheet would take it for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
func Cell(s string) string {
	s = Text(s)
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// JSON returns JSON without line breaks with the escapes of JSON in place of the characters that
// Text escapes. They can occur only in strings, so its meaning is the same.
func JSON(text string) string {
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) && r != nonJoiner && r != joiner
}
