package page

import "strings"

// NoFollow reports whether values of X-Robots-Tag headers forbid the crawler with the given product
// token to follow the links of the response. A directive may name one crawler, as in
// "inndx: nofollow". The name also applies to the directives after it in the same value.
func NoFollow(values []string, product string) bool {
	for _, value := range values {
		applies := true
		for _, part := range strings.Split(value, ",") {
			if name, directive, ok := strings.Cut(part, ":"); ok && !hasValue[normal(name)] {
				applies = product != "" && normal(name) == product
				part = directive
			}
			if applies && forbidsFollow(part) {
				return true
			}
		}
	}
	return false
}

// hasValue are the directives with a value after a colon. They are not names of crawlers.
var hasValue = map[string]bool{
	"unavailable_after": true, "max-snippet": true, "max-image-preview": true, "max-video-preview": true,
}

// forbidsFollow reports whether directives, which commas separate, contain nofollow or none.
func forbidsFollow(directives string) bool {
	for _, d := range strings.Split(directives, ",") {
		if d = normal(d); d == "nofollow" || d == "none" {
			return true
		}
	}
	return false
}

func normal(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
