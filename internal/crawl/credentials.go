package crawl

import (
	"context"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/tenant"
)

// Secrets returns the value of a secret of a tenant. An error of kind NotFound, Invalid or
// Forbidden means that another attempt would not succeed.
type Secrets func(ctx context.Context, t tenant.ID, name string) (string, error)

// secretsTimeout bounds how long a worker waits for all secrets of a run.
const secretsTimeout = 20 * time.Second

// setCredentials sets what the requests of a run are sent with. After an error that is hopeless,
// the run can never be crawled.
func (c *Crawler) setCredentials(ctx context.Context, t tenant.ID, s *settings) error {
	ctx, cancel := context.WithTimeout(ctx, secretsTimeout)
	defer cancel()
	cfg, err := s.config.ResolveSecrets(func(name string) (string, error) {
		if c.Secrets == nil {
			return "", fault.New(fault.NotFound, "this crawler has no secrets")
		}
		return c.Secrets(ctx, t, name)
	})
	if err != nil {
		return err
	}
	s.setCredentials(cfg)
	if cfg.Fetcher.Proxy != nil {
		// The error would have the password of the proxy. The configuration was checked.
		if s.fetch.Proxy, err = url.Parse(cfg.Fetcher.Proxy.Value); err != nil {
			return fault.New(fault.Invalid, "fetcher.proxy is not a URL")
		}
	}
	return nil
}

// hopeless reports whether an error of setCredentials will be the same at every attempt.
func hopeless(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Forbidden)
}

// setCredentials sets what requests are sent with, from a configuration whose secrets are resolved.
func (s *settings) setCredentials(cfg config.Config) {
	f := cfg.Fetcher
	o := &s.fetch
	o.Headers, o.Cookies = nil, nil
	header := func(name, value string, hosts []string) {
		o.Headers = append(o.Headers, fetch.Header{Name: name, Value: value, To: cfg.Scope(hosts).Contains})
	}
	if f.AcceptLanguage != nil {
		o.Headers = append(o.Headers, fetch.Header{Name: "Accept-Language", Value: *f.AcceptLanguage})
	}
	s.secretHeaders = slices.Sorted(maps.Keys(f.Headers))
	for _, name := range s.secretHeaders {
		header(name, f.Headers[name].Value, f.Headers[name].Hosts)
	}
	if b := f.BasicAuth; b != nil {
		header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(b.Username+":"+b.Password.Value)), b.Hosts)
	}
	if b := f.Bearer; b != nil {
		header("Authorization", "Bearer "+b.Token.Value, b.Hosts)
	}
	for _, c := range f.Cookies {
		o.Cookies = append(o.Cookies, fetch.Cookie{Name: c.Name, Value: c.Value.Value, To: cfg.Scope(c.Hosts).Contains})
	}
}
