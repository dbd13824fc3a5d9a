package config

import (
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
	"github.com/inndx/runs/internal/weburl"
)

// MaxHostnameBytes bounds the hostname of a URL pattern. A DNS name has at most 253 characters
// (RFC 1035, section 2.3.4).
const MaxHostnameBytes = 253

type (
	// URLPatterns (url_patterns) is like RegexPatterns with patterns for the components of a URL,
	// in which * matches any sequence of characters, also an empty one.
	URLPatterns struct {
		Allow        []URLPattern `json:"allow,omitzero"`
		Deny         []URLPattern `json:"deny,omitzero"`
		DefaultAllow *bool        `json:"default_allow,omitzero"`
	}
	// URLPattern is one pattern of URLPatterns. Its components are those of the URL Pattern
	// standard (https://urlpattern.spec.whatwg.org/). At least one besides the hash is given. A
	// given component must match as a whole: the protocol and the hostname ignoring case. An empty
	// component was not given and matches everything.
	URLPattern struct {
		Protocol string `json:"protocol,omitempty"` // without the colon
		Hostname string `json:"hostname,omitempty"`
		// Port matches the port to connect to, also if it is the default of the protocol.
		Port     string `json:"port,omitempty"`
		Pathname string `json:"pathname,omitempty"`
		Search   string `json:"search,omitempty"` // the query without the question mark
		Hash     string `json:"hash,omitempty"`   // empty or "*", because URLs have no fragments here
	}
)

// A component is a component of a URLPattern.
type component struct {
	name string
	read func(strictjson.Value) string
	of   func(*URLPattern) *string
}

// components are the components of a pattern, in the order of a URL.
var components = []component{
	{"protocol", protocolPattern, func(p *URLPattern) *string { return &p.Protocol }},
	{"hostname", hostnamePattern, func(p *URLPattern) *string { return &p.Hostname }},
	{"port", portPattern, func(p *URLPattern) *string { return &p.Port }},
	{"pathname", pathnamePattern, func(p *URLPattern) *string { return &p.Pathname }},
	{"search", searchPattern, func(p *URLPattern) *string { return &p.Search }},
}

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
	given := false
	for _, c := range components {
		if v, ok := o.Member(c.name); ok {
			given = true
			*c.of(&p) = c.read(v)
		}
	}
	if v, ok := o.Member("hash"); ok {
		p.Hash = hashPattern(v)
	}
	if !given {
		v.Fail(fault.Rule{Code: "required", Message: "must have a protocol, a hostname, a port, a pathname or a search"})
		return p, false
	}
	return p, true
}

func protocolPattern(v strictjson.Value) string {
	s, ok := text(v, len("https"))
	lower := strings.ToLower(s)
	if ok && !weburl.Match(lower, "http") && !weburl.Match(lower, "https") {
		v.Fail(fault.Format("protocol-pattern", "must match http or https, and have no colon"))
	}
	return s
}

func portPattern(v strictjson.Value) string {
	s, ok := text(v, len("65535"))
	if ok && strings.Trim(s, "0123456789*") != "" {
		v.Fail(fault.Format("port-pattern", "must have digits and * only"))
	}
	return s
}

func searchPattern(v strictjson.Value) string {
	s, ok := text(v, MaxPatternBytes)
	if !ok {
		return ""
	}
	s = strings.TrimPrefix(s, "?") // as the URL Pattern standard does
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r > '~' || r <= ' ' || r == '#' }) {
		v.Fail(fault.Format("search-pattern", "must be a query such as page=*, have no fragment, "+
			"and have what is not ASCII percent-encoded"))
	}
	return s
}

// hashPattern reads a pattern of the fragment, which no URL of a crawl has.
func hashPattern(v strictjson.Value) string {
	s, ok := v.String()
	if ok && s != "" && s != "*" {
		v.Fail(fault.Rule{
			Code:    "unsupported",
			Message: "is not supported; supported: *, because the URLs of a crawl have no fragments",
			Params:  map[string]any{"supported": []string{"*"}},
		})
	}
	return s
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
