package config

import (
	"iter"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
	"github.com/inndx/runs/internal/weburl"
)

// MaxCredentialHosts bounds the hosts of one credential.
const MaxCredentialHosts = 100

// credentialHosts reads the member hosts: the hosts that get a credential, nil if it is missing.
func credentialHosts(o *strictjson.Object) []string {
	v, ok := o.Member("hosts")
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	return items(v, 1, MaxCredentialHosts, func(v strictjson.Value) (string, bool) {
		s, ok := text(v, MaxURLBytes)
		if !ok {
			return "", false
		}
		host, ok := hostAndPort(s)
		switch {
		case !ok:
			v.Fail(fault.Format("host", "must be a host such as example.com, or a host and a port such as example.com:8443"))
		case seen[host]:
			v.Fail(fault.Rule{Code: "duplicate", Message: "must be given only once"})
		}
		seen[host] = true
		return host, ok
	})
}

// hostAndPort returns a host and its port, if it has one, in the form that MatchesHost expects.
func hostAndPort(s string) (string, bool) {
	if strings.ContainsAny(s, `/\?#@`) || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' }) {
		return "", false
	}
	u, err := weburl.Parse("http://" + s)
	if err != nil {
		return "", false
	}
	if s, err := weburl.Parse("https://" + s); err == nil && u.Port() == s.Port() { // a port was given
		return strings.TrimSuffix(u.Host(), ":"+u.Port()) + ":" + u.Port(), true
	}
	return u.Host(), true
}

// MatchesHost reports whether the host of a credential is that of the URL. A host without a port is
// the host on the default port of http and of https. See Scope for what else decides.
func MatchesHost(host string, u weburl.URL) bool {
	return host == u.Host() || host == withPort(u)
}

// SeedHosts returns the hosts of the seeds, which get the credentials that name no hosts: those of
// the URLs of lists, of sitemaps and of the hosts whose robots.txt names sitemaps. They are in the
// form that MatchesHost expects, with their ports unless these are the scheme's default, sorted.
func (c Config) SeedHosts() []string {
	var hosts []string
	for u := range c.seedURLs() {
		hosts = append(hosts, u.Host())
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// seedURLs returns the URLs of lists and of sitemaps, and those of the hosts whose robots.txt names
// sitemaps.
func (c Config) seedURLs() iter.Seq[weburl.URL] {
	return func(yield func(weburl.URL) bool) {
		for _, p := range c.Seeds {
			var texts, hosts []string
			switch p := p.Params.(type) {
			case *StaticList:
				texts = p.URLs
			case *Sitemap:
				texts, hosts = append([]string{p.URL}, p.URLs...), p.Hosts
			}
			for _, s := range texts {
				if u, err := weburl.Parse(s); err == nil && !yield(u) {
					return
				}
			}
			for _, s := range hosts {
				if u, err := HostURL(s); err == nil && !yield(u) {
					return
				}
			}
		}
	}
}
