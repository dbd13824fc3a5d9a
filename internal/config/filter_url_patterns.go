package config

import (
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// MaxHostnameBytes bounds the hostname of a URL pattern. A DNS name has at most 253 characters
// (RFC 1035, section 2.3.4).
const MaxHostnameBytes = 253

type (
	// URLPatterns (url_patterns) is like RegexPatterns with patterns for the hostname and the
	// pathname, in which * matches any sequence of characters, also an empty one.
	URLPatterns struct {
		Allow        []URLPattern `json:"allow,omitzero"`
		Deny         []URLPattern `json:"deny,omitzero"`
		DefaultAllow *bool        `json:"default_allow,omitzero"`
	}
	// URLPattern is one pattern of URLPatterns. At least one of its parts is given. A given part
	// must match the whole hostname, ignoring case, or the whole pathname. An empty part was not
	// given and matches everything.
	URLPattern struct {
		Hostname string `json:"hostname,omitempty"`
		Pathname string `json:"pathname,omitempty"`
	}
)

var urlPatternsKind = kind{
	name: "url_patterns",
	read: func(_ *reader, o *strictjson.Object) any {
		return &URLPatterns{
			Allow:        patterns(o, "allow", urlPattern),
			Deny:         patterns(o, "deny", urlPattern),
			DefaultAllow: boolean(o, "default_allow"),
		}
	},
}

func (p URLPatterns) resolve() any {
	p.DefaultAllow = or(p.DefaultAllow, len(p.Allow) == 0)
	p.Allow, p.Deny = orEmpty(p.Allow), orEmpty(p.Deny)
	return &p
}

func urlPattern(v strictjson.Value) (p URLPattern, ok bool) {
	o, ok := v.Object()
	if !ok {
		return p, false
	}
	defer o.Close()
	hostname, hasHostname := o.Member("hostname")
	pathname, hasPathname := o.Member("pathname")
	if !hasHostname && !hasPathname {
		v.Fail(fault.Rule{Code: "required", Message: "must have a hostname, a pathname or both"})
		return p, false
	}
	if hasHostname {
		p.Hostname = hostnamePattern(hostname)
	}
	if hasPathname {
		p.Pathname = pathnamePattern(pathname)
	}
	return p, true
}

func hostnamePattern(v strictjson.Value) string {
	s, ok := text(v, MaxHostnameBytes)
	if !ok {
		return ""
	}
	// Only the hostname of an IPv6 address has colons. It stands in brackets.
	name := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		name = strings.ReplaceAll(s[1:len(s)-1], ":", "")
	}
	if strings.ContainsFunc(name, notHostname) {
		v.Fail(fault.Format("hostname-pattern", "must be a hostname such as *.example.com, without a port, "+
			"and with international names in their xn-- form"))
	}
	return s
}

func notHostname(r rune) bool {
	return r > '~' || r <= ' ' || strings.ContainsRune(`"#%/:<>?@[\]^`+"`{|}", r)
}

func pathnamePattern(v strictjson.Value) string {
	s, ok := text(v, MaxPatternBytes)
	if !ok {
		return ""
	}
	wrong := func(r rune) bool { return r > '~' || r <= ' ' || r == '?' || r == '#' }
	if s[0] != '/' && s[0] != '*' || strings.ContainsFunc(s, wrong) {
		v.Fail(fault.Format("pathname-pattern", "must be a path such as /docs/*, begin with / or *, "+
			"have no query or fragment, and have what is not ASCII percent-encoded"))
	}
	return s
}
