package config

import (
	"slices"
	"strings"

	"github.com/inndx/runs/internal/weburl"
)

// A Scope is the set of URLs that a credential is sent to.
//
// All https URLs of the credential's hosts are in it. An http URL, whose request everyone on the
// way can read, is in it only if the configuration says http: a seed of its host and port has that
// scheme, or the credential names its port, unless that is 443 or the port of a seed with https. So
// a link or redirect from https to http gets no credential.
type Scope struct {
	hosts       []string        // see MatchesHost
	http, https map[string]bool // the hosts and ports of the seeds, by scheme
}

// Scope returns the scope of a credential with the hosts. Nil stands for the hosts of the seeds.
func (c Config) Scope(hosts []string) Scope {
	s := Scope{hosts: hosts, http: map[string]bool{}, https: map[string]bool{}}
	if hosts == nil {
		s.hosts = c.SeedHosts()
	}
	for u := range c.seedURLs() {
		if u.Scheme() == "http" {
			s.http[withPort(u)] = true
		} else {
			s.https[withPort(u)] = true
		}
	}
	return s
}

// Contains reports whether the credential may be sent to u.
func (s Scope) Contains(u weburl.URL) bool {
	return slices.ContainsFunc(s.hosts, func(host string) bool {
		return MatchesHost(host, u) && (u.Scheme() == "https" || s.http[withPort(u)] ||
			host == withPort(u) && u.Port() != "443" && !s.https[host])
	})
}

// withPort returns the host and the port of u, also if the port is the scheme's default.
func withPort(u weburl.URL) string {
	return strings.TrimSuffix(u.Host(), ":"+u.Port()) + ":" + u.Port()
}
