package export

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var wwwHost = regexp.MustCompile(`^www\d*\.`)

// surt returns the key of a URL in an index: lower case, the labels of the host reversed and
// without www, the parameters of the query sorted. It is what the player of ReplayWeb.page makes of
// a URL (getSurt of warcio.js).
func surt(text string) string {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || u.Host == "" {
		return text
	}
	labels := strings.Split(wwwHost.ReplaceAllString(u.Hostname(), ""), ".")
	slices.Reverse(labels)
	key := strings.Join(labels, ",")
	if u.Port() != "" {
		key += ":" + u.Port()
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	key += ")" + path
	if u.RawQuery != "" {
		params := strings.Split(u.RawQuery, "&")
		slices.SortStableFunc(params, func(a, b string) int {
			nameA, _, _ := strings.Cut(a, "=")
			nameB, _, _ := strings.Cut(b, "=")
			return strings.Compare(nameA, nameB)
		})
		key += "?" + strings.Join(params, "&")
	}
	return key
}
