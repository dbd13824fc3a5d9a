package weburl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden takes the place of what may be a user name and a password.
const hidden = "***@"

// Invalid returns what Written returns for a reference that Resolve refuses although it is meant as
// an http or https URL: because of its host, its port or its credentials. It is empty for any other
// reference. The result is not a URL, so it differs from every normalised one.
func (u URL) Invalid(ref string) string {
	_, _, _, err := appendResolved(nil, u, []byte(ref[:min(len(ref), maxRaw)]))
	switch err {
	case ErrHost, ErrPort, ErrCredentials:
		return Written(ref)
	}
	return ""
}

// Written returns a reference that is not a URL as it is written, for people to read, without what
// browsers remove and without the fragment. It has at most MaxLength bytes; a longer reference ends
// in an ellipsis. Characters that are not visible, and bytes that are not UTF-8, become U+FFFD:
// were they left out, the result could be a URL.
//
// What may be a user name and a password becomes ***. A password may have any character if it is
// not encoded as a URL requires, so it ends at the last @ of the reference.
func Written(ref string) string {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(ref, "\t\n\r") {
		ref = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(ref)
	}
	if start := authorityOf(ref); start >= 0 {
		authority := ref[start:]
		if end := strings.IndexAny(authority, `/\?#`); end >= 0 {
			authority = authority[:end]
		}
		if at := strings.LastIndexByte(ref, '@'); at >= start && strings.ContainsAny(authority, ":@") {
			ref = ref[:start] + hidden + ref[at+1:]
		}
	}
	ref, _, _ = strings.Cut(ref, "#")
	return visible(ref)
}

// authorityOf returns the index where the authority of a reference begins, or -1 if it has none.
func authorityOf(ref string) int {
	start, isWeb := 0, false
	if scheme, _, ok := strings.Cut(ref, ":"); ok && isScheme(scheme) {
		start = len(scheme) + 1
		isWeb = strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
	}
	if !isWeb && !startsAuthority([]byte(ref[start:min(len(ref), start+2)])) {
		return -1
	}
	for start < len(ref) && isSlash(ref[start]) {
		start++
	}
	return start
}

func isScheme(s string) bool {
	for i := range len(s) {
		if class[s[i]]&inScheme == 0 {
			return false
		}
	}
	return s != "" && isLetter(s[0])
}

// visible returns the beginning of s, in which U+FFFD takes the place of what is not visible.
func visible(s string) string {
	const ellipsis = "…"
	var b strings.Builder
	for _, r := range s {
		if !unicode.IsGraphic(r) {
			r = utf8.RuneError
		}
		if b.Len()+utf8.RuneLen(r) > MaxLength-len(ellipsis) {
			b.WriteString(ellipsis)
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
