package page

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// MaxTitleBytes bounds the bytes of a title.
const MaxTitleBytes = 200

// readTitle reads the title from the token after the start tag of a title element. As in
// document.title, only the first title element counts, and ASCII white space is collapsed
// (https://html.spec.whatwg.org/multipage/dom.html#document.title).
func (x *extractor) readTitle(z *html.Tokenizer, tt html.TokenType) {
	x.atTitle = false
	if tt == html.TextToken {
		x.title = collapse(z.Text(), MaxTitleBytes)
	}
}

// collapse returns at most limit bytes of the words of a text, separated by single spaces. It
// replaces invalid UTF-8.
func collapse(text []byte, limit int) string {
	b := make([]byte, 0, min(len(text), limit+utf8.UTFMax))
	space := false
	for len(text) > 0 && len(b) <= limit {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		switch r {
		case ' ', '\t', '\n', '\f', '\r':
			space = len(b) > 0
			continue
		}
		if space {
			b = append(b, ' ')
			space = false
		}
		b = utf8.AppendRune(b, r)
	}
	if len(b) > limit { // only whole characters
		n := limit
		for !utf8.RuneStart(b[n]) {
			n--
		}
		b = b[:n]
	}
	return strings.TrimRight(string(b), " ")
}
