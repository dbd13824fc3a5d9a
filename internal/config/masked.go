package config

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
)

// Masked returns a copy in which Mask replaces the value of every secret. References stay. Every
// configuration that leaves the service must be masked.
func (c Config) Masked() Config {
	if c.Fetcher == nil {
		return c
	}
	f := *c.Fetcher
	c.Fetcher = &f
	f.eachSecret(func(s secretOf) { s.set(s.masked(s.secret)) })
	return c
}

// MaskStored returns the canonical JSON of a stored configuration with Mask in the place of the
// value of every secret.
func MaskStored(canonical []byte) []byte {
	mayHave := func(member string) bool { return bytes.Contains(canonical, []byte(`"`+member+`":`)) }
	if !slices.ContainsFunc([]string{"headers", "basic_auth", "bearer", "cookies", "proxy"}, mayHave) {
		return canonical
	}
	c, err := ParseStored(canonical)
	if err != nil {
		return []byte("{}") // it cannot be masked, so nothing of it is shown
	}
	return c.Masked().Canonical()
}

// HasMasks reports whether Mask is the value of a secret, in a configuration of ReadUpdate.
func (c Config) HasMasks() (has bool) {
	if c.Fetcher != nil {
		f := *c.Fetcher
		f.eachSecret(func(s secretOf) { has = has || s.isMask() })
	}
	return has
}

// KeepSecrets returns a copy of the configuration of an update in which each Mask is replaced by
// the value that the stored configuration has in its place. It fails with kind Invalid if there is
// no such value, or if it would be sent to other hosts, or through another proxy, than before. The
// paths of fields begin with path.
func (c Config) KeepSecrets(stored Config, path string) (Config, error) {
	if !c.HasMasks() {
		return c, nil
	}
	old := map[string]secretOf{}
	if stored.Fetcher != nil {
		f := *stored.Fetcher
		f.eachSecret(func(s secretOf) { old[s.key] = s })
	}
	var faults fault.Fields
	f := *c.Fetcher
	kept := c
	kept.Fetcher = &f
	proxy := func(c Config) Secret { return maskedProxy(deref(deref(c.Fetcher).Proxy)) }
	sameProxy := proxy(c) == proxy(stored)
	f.eachSecret(func(s secretOf) {
		if !s.isMask() {
			return
		}
		before, ok := old[s.key]
		if !ok || !sameProxy || before.secret.Name != "" || s.masked(before.secret) != s.secret || !c.sendsWithin(s.hosts, stored, before.hosts) {
			faults.Add(path+".fetcher."+s.path, maskedRule())
			return
		}
		s.set(before.secret)
	})
	if n := len(kept.Resolve().Canonical()); n > MaxBytes {
		faults.Add(path, tooLarge())
	}
	return kept, faults.Err()
}

// sendsWithin reports whether every host that gets a credential of c is one that gets it in the
// stored configuration.
func (c Config) sendsWithin(hosts []string, stored Config, storedHosts []string) bool {
	if hosts == nil {
		hosts = c.SeedHosts()
	}
	if storedHosts == nil {
		storedHosts = stored.SeedHosts()
	}
	return !slices.ContainsFunc(hosts, func(host string) bool { return !slices.Contains(storedHosts, host) })
}

// A secretOf is a secret of a fetcher and its place there.
type secretOf struct {
	key    string // the same for the same secret of two configurations
	path   string // from the fetcher
	secret Secret
	hosts  []string
	check  func(string) string // what is wrong with a value, or ""
	masked func(Secret) Secret
	set    func(Secret)
}

// isMask reports whether the value is Mask, or is a proxy whose user name is.
func (s secretOf) isMask() bool {
	return s.secret.Name == "" && s.secret.Value != "" && strings.Contains(s.secret.Value, Mask) &&
		s.masked(s.secret) == s.secret
}

// eachSecret calls visit for each secret. It copies the parts of f that hold secrets, so that set
// changes f only.
func (f *Fetcher) eachSecret(visit func(secretOf)) {
	f.Headers = maps.Clone(f.Headers)
	for _, name := range slices.Sorted(maps.Keys(f.Headers)) {
		h := f.Headers[name]
		path := "headers." + name
		if h.Hosts != nil {
			path += ".value"
		}
		visit(secretOf{"headers." + name, path, h.Secret, h.Hosts, headerProblem, Secret.masked, func(s Secret) {
			h.Secret = s
			f.Headers[name] = h
		}})
	}
	if f.BasicAuth != nil {
		b := *f.BasicAuth
		f.BasicAuth = &b
		visit(secretOf{"basic_auth", "basic_auth.password", b.Password, b.Hosts, printableProblem, Secret.masked, func(s Secret) { b.Password = s }})
	}
	if f.Bearer != nil {
		b := *f.Bearer
		f.Bearer = &b
		visit(secretOf{"bearer", "bearer.token", b.Token, b.Hosts, tokenProblem, Secret.masked, func(s Secret) { b.Token = s }})
	}
	f.Cookies = slices.Clone(f.Cookies)
	for i := range f.Cookies {
		c := &f.Cookies[i]
		key := fmt.Sprintf("cookies.%s.%q", c.Name, c.Hosts)
		visit(secretOf{key, fmt.Sprintf("cookies[%d].value", i), c.Value, c.Hosts, cookieProblem, Secret.masked, func(s Secret) { c.Value = s }})
	}
	if f.Proxy != nil {
		p := *f.Proxy
		f.Proxy = &p
		visit(secretOf{"proxy", "proxy", p, []string{}, ProxyProblem, maskedProxy, func(s Secret) { p = s }})
	}
}
