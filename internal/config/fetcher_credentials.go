package config

import (
	"net/url"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
	"github.com/inndx/runs/internal/weburl"
)

// The bounds of credentials.
const (
	// MaxCookies bounds the cookies of a configuration, and MaxCookieNameBytes the name of each.
	MaxCookies         = 50
	MaxCookieNameBytes = 100
	// MaxUsernameBytes bounds the username of basic_auth.
	MaxUsernameBytes = 256
)

// Hosts of a credential are hosts, or hosts with a port; see MatchesHost. Nil means the hosts of
// the seeds; see Config.SeedHosts. A credential is sent to no other host.
type (
	// BasicAuth is a user name and a password (RFC 7617).
	BasicAuth struct {
		Username string   `json:"username"`
		Password Secret   `json:"password"`
		Hosts    []string `json:"hosts,omitzero"`
	}
	// Bearer is a bearer token (RFC 6750).
	Bearer struct {
		Token Secret   `json:"token"`
		Hosts []string `json:"hosts,omitzero"`
	}
	// A Cookie is a cookie that is sent from the first fetch on. A cookie of the same name that the
	// host sets replaces it.
	Cookie struct {
		Name  string   `json:"name"`
		Value Secret   `json:"value"`
		Hosts []string `json:"hosts,omitzero"`
	}
)

func (r *reader) basicAuth(o *strictjson.Object) *BasicAuth {
	p, ok := group(o, "basic_auth")
	if !ok {
		return nil
	}
	defer p.Close()
	b := &BasicAuth{}
	if v, ok := p.Required("username"); ok {
		if b.Username, ok = printable(v, MaxUsernameBytes); ok && strings.Contains(b.Username, ":") {
			v.Fail(fault.Format("username", "must not have a colon"))
		}
	}
	if v, ok := p.Required("password"); ok {
		b.Password = r.secret(v, printableProblem)
	}
	b.Hosts = credentialHosts(p)
	return b
}

func printableProblem(s string) string {
	if strings.ContainsFunc(s, notPrintable) {
		return "must have printable characters only"
	}
	return ""
}

func (r *reader) bearer(o *strictjson.Object) *Bearer {
	p, ok := group(o, "bearer")
	if !ok {
		return nil
	}
	defer p.Close()
	b := &Bearer{}
	if v, ok := p.Required("token"); ok {
		b.Token = r.secret(v, tokenProblem)
	}
	b.Hosts = credentialHosts(p)
	return b
}

func tokenProblem(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "must be printable ASCII characters without spaces"
	}
	return ""
}

func (r *reader) cookies(o *strictjson.Object) []Cookie {
	v, ok := o.Member("cookies")
	if !ok {
		return nil
	}
	return items(v, 0, MaxCookies, func(v strictjson.Value) (c Cookie, ok bool) {
		o, ok := v.Object()
		if !ok {
			return c, false
		}
		defer o.Close()
		if v, ok := o.Required("name"); ok {
			if c.Name, ok = text(v, MaxCookieNameBytes); ok && !validToken(c.Name) {
				v.Fail(fault.Format("cookie-name", "must be the name of a cookie such as session"))
			}
		}
		if v, ok := o.Required("value"); ok {
			c.Value = r.secret(v, cookieProblem)
		}
		c.Hosts = credentialHosts(o)
		return c, true
	})
}

// cookieProblem returns what is wrong with the value of a cookie, "" if it is valid (RFC 6265,
// section 4.1.1).
func cookieProblem(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`",;\`, r) }) {
		return "must be printable ASCII characters without spaces, quotation marks, commas, semicolons and backslashes"
	}
	return ""
}

// proxy reads the URL of a proxy. All of it is a secret if it is a reference, otherwise its user
// name and password are.
func (r *reader) proxy(o *strictjson.Object) *Secret {
	v, ok := o.Member("proxy")
	if !ok {
		return nil
	}
	s := r.secret(v, ProxyProblem)
	if u, err := url.Parse(s.Value); err == nil && u.User != nil {
		password, _ := u.User.Password()
		// Responses have Mask as the user name, and no password.
		if u.User.Username() == Mask && !r.update || password == Mask {
			v.Fail(maskedRule())
		}
	}
	return &s
}

// ProxyProblem returns what is wrong with the URL of a proxy, "" if it is valid. It does not
// mention the URL.
func ProxyProblem(s string) string {
	u, err := url.Parse(s)
	if err == nil {
		_, err = weburl.Parse("http://" + u.Host)
	}
	switch {
	case err != nil || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme):
		return "must be the URL of a proxy such as http://user:password@proxy.example:3128, with http, https or socks5"
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "must be the URL of a proxy without a path, a query and a fragment"
	}
	return ""
}

// maskedProxy returns the URL of a proxy with its user name and password masked.
func maskedProxy(s Secret) Secret {
	if s.Name != "" {
		return s
	}
	u, err := url.Parse(s.Value)
	if err != nil {
		return s.masked()
	}
	if u.User == nil {
		return s
	}
	u.User = nil
	return Secret{Value: strings.Replace(u.String(), "://", "://"+Mask+"@", 1)}
}

// checkConflicts checks that no host gets two credentials in the same header, or two cookies of one
// name.
func (f *Fetcher) checkConflicts(o *strictjson.Object) {
	authorizations := []struct {
		member string
		hosts  []string
		given  bool
	}{
		{"headers", f.Headers["Authorization"].Hosts, f.Headers["Authorization"].isGiven()},
		{"basic_auth", deref(f.BasicAuth).Hosts, f.BasicAuth != nil},
		{"bearer", deref(f.Bearer).Hosts, f.Bearer != nil},
	}
	for i, a := range authorizations {
		for _, b := range authorizations[:i] {
			if a.given && b.given && overlap(a.hosts, b.hosts) {
				v, _ := o.Member(a.member)
				v.Fail(fault.Rule{Code: "conflict", Message: "must have other hosts than " + b.member + ", which sets Authorization too"})
			}
		}
	}
	if _, both := f.Headers["Accept-Language"]; both && f.AcceptLanguage != nil {
		v, _ := o.Member("accept_language")
		v.Fail(fault.Rule{Code: "conflict", Message: "must not be given with the header Accept-Language"})
	}
	for i, a := range f.Cookies {
		same := func(b Cookie) bool { return a.Name != "" && a.Name == b.Name && overlap(a.Hosts, b.Hosts) }
		if slices.ContainsFunc(f.Cookies[:i], same) {
			v, _ := o.Member("cookies")
			v.Fail(fault.Rule{Code: "conflict", Message: "must have at most one cookie of the name " + a.Name + " for a host"})
		}
	}
}

func (h Header) isGiven() bool { return h.Value != "" || h.Name != "" }

// overlap reports whether two credentials may have a host in common. Nil stands for the hosts of
// the seeds.
func overlap(a, b []string) bool {
	return a == nil || b == nil || slices.ContainsFunc(a, func(host string) bool { return slices.Contains(b, host) })
}
