package robots

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// text returns the first MaxBytes of a robots.txt in UTF-8. It removes NULs, which padded files and
// files in an undeclared encoding contain. If the file is longer, it also removes the last line,
// because a part of a rule might forbid more than the whole rule.
func text(body []byte) []byte {
	long := len(body) > MaxBytes
	if long {
		body = body[:MaxBytes]
	}
	switch {
	case isUTF16(body, 0xff, 0xfe), isUTF16(body, 'a', 0):
		body = decode(body, unicode.LittleEndian)
	case isUTF16(body, 0xfe, 0xff), isUTF16(body, 0, 'a'):
		body = decode(body, unicode.BigEndian)
	}
	if long {
		body = body[:bytes.LastIndexAny(body, "\r\n")+1]
	}
	if bytes.IndexByte(body, 0) >= 0 {
		body = bytes.ReplaceAll(body, []byte{0}, nil)
	}
	return body
}

// isUTF16 reports whether a file begins with the bytes a and b of a UTF-16 unit: a byte order mark
// or an ASCII character. 'a' stands for any ASCII character.
func isUTF16(body []byte, a, b byte) bool {
	is := func(c, want byte) bool {
		if want == 'a' {
			return '\t' <= c && c <= '~'
		}
		return c == want
	}
	return len(body) >= 2 && is(body[0], a) && is(body[1], b)
}

func decode(body []byte, order unicode.Endianness) []byte {
	decoded, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(body)
	if err != nil {
		return body // does not happen: the decoder replaces invalid units
	}
	return decoded
}

// cutLine splits off the first line. A line ends in LF, CR or both.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// A key is the kind of a line.
type key int

const (
	unknown key = iota
	userAgent
	allow
	disallow
	crawlDelay
	sitemap
)

// spellings are the beginnings of keys, in lower case and without separators. They include all
// misspellings of Disallow that Google's parser accepts, and some other common ones.
var spellings = []struct {
	text string
	key  key
}{
	{"useragent", userAgent},
	{"allow", allow},
	{"disallow", disallow}, {"dissallow", disallow}, {"dissalow", disallow}, {"disalow", disallow},
	{"diaslow", disallow}, {"diasllow", disallow}, {"disallaw", disallow},
	{"diallow", disallow}, {"disllow", disallow}, {"desallow", disallow}, {"disalllow", disallow},
	{"crawldelay", crawlDelay},
	{"sitemap", sitemap},
}

// separators may stand between the words of a key.
var separators = strings.NewReplacer(" ", "", "\t", "", "-", "", "_", "")

// keyOf returns the key of a spelling. As in Google's parser, only the beginning counts, so that
// "Disallowed" and "User-agents" are keys.
func keyOf(text string) key {
	text = separators.Replace(strings.ToLower(text))
	for _, s := range spellings {
		if strings.HasPrefix(text, s.text) {
			return s.key
		}
	}
	return unknown
}

// splitLine returns the key of a line and its value without the comment, and whether the key is
// known. As in Google's parser, white space may replace the colon if the line has exactly two
// words. Unlike in Google's parser, the second word may contain a colon, as URLs do. Extra colons
// are ignored.
func splitLine(line []byte) (_ key, value string, ok bool) {
	line = bytes.TrimLeft(line, "\ufeff")
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	text := string(bytes.TrimSpace(line))
	name, value, colon := strings.Cut(text, ":")
	if words := strings.Fields(text); len(words) == 2 && (!colon || isValue(words[1])) {
		if k := keyOf(words[0]); k != unknown && !strings.Contains(words[0], ":") {
			return k, words[1], true
		}
	}
	if !colon {
		return unknown, "", false
	}
	k := keyOf(name)
	return k, strings.TrimLeft(value, ": \t\u00a0"), k != unknown
}

// isValue reports whether a word can only be a value: a path, a pattern or a URL.
func isValue(word string) bool {
	scheme, _, isURL := strings.Cut(word, "://")
	return word[0] == '/' || word[0] == '*' || isURL && scheme != "" && !strings.Contains(scheme, ":")
}
