package weburl

import "strings"

// Match reports whether the pattern, in which * stands for any bytes, matches all of s. It takes
// at most the product of both lengths, and in practice the length of s: a * is never tried again
// after a later one is reached.
func Match(pattern, s string) bool { return match(pattern, s, true) }

// MatchPrefix is like Match for a pattern that needs to match only the beginning of s.
func MatchPrefix(pattern, s string) bool { return match(pattern, s, false) }

func match(pattern, s string, whole bool) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for star {
		head, rest, star = strings.Cut(rest, "*")
		if !star && whole {
			return strings.HasSuffix(s, head)
		}
		i := strings.Index(s, head)
		if i < 0 {
			return false
		}
		s = s[i+len(head):]
	}
	return !whole || s == ""
}
