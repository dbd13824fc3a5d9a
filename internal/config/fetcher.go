package config

import (
	"time"

	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of a fetch.
const (
	// MinTimeout and MaxTimeout bound timeout, the time of one fetch from the DNS lookup to the end
	// of the body. A crawler allows at most half of the time that its invocation has left.
	MinTimeout = Duration(100 * time.Millisecond)
	MaxTimeout = Duration(5 * time.Minute)
	// MinBodyBytes and MaxBodyBytes bound max_body_bytes.
	MinBodyBytes = 1 << 10
	MaxBodyBytes = 100 << 20
	// MaxRedirects bounds max_redirects, in redirects in a row.
	MaxRedirects = 50
	// MaxRetries bounds max_retries, in attempts after the first.
	MaxRetries = 10
)

// The defaults of fetcher.
const (
	DefaultTimeout      = Duration(30 * time.Second)
	DefaultMaxBodyBytes = 10 << 20
	DefaultMaxRedirects = 10
	DefaultMaxRetries   = 3
)

// Fetcher bounds one fetch.
type Fetcher struct {
	Timeout      *Duration `json:"timeout,omitzero"`
	MaxBodyBytes *int64    `json:"max_body_bytes,omitzero"`
	MaxRedirects *int      `json:"max_redirects,omitzero"`
	MaxRetries   *int      `json:"max_retries,omitzero"`
	// CookieJar says whether a run keeps cookies. The default is true. It is the only default that
	// Resolve leaves out, because versions without this member must read resolved configurations.
	CookieJar *bool `json:"cookie_jar,omitzero"`
}

var fetcherField = field{
	read:    func(_ *reader, o *strictjson.Object, c *Config) { c.Fetcher = readFetcher(o) },
	resolve: func(c *Config) { c.Fetcher = deref(c.Fetcher).resolve() },
}

func readFetcher(o *strictjson.Object) *Fetcher {
	p, ok := group(o, "fetcher")
	if !ok {
		return nil
	}
	defer p.Close()
	return &Fetcher{
		Timeout:      duration(p, "timeout", MinTimeout, MaxTimeout),
		MaxBodyBytes: integer[int64](p, "max_body_bytes", MinBodyBytes, MaxBodyBytes),
		MaxRedirects: integer(p, "max_redirects", 0, MaxRedirects),
		MaxRetries:   integer(p, "max_retries", 0, MaxRetries),
		CookieJar:    boolean(p, "cookie_jar"),
	}
}

func (f Fetcher) resolve() *Fetcher {
	resolved := &Fetcher{
		Timeout:      or(f.Timeout, DefaultTimeout),
		MaxBodyBytes: or(f.MaxBodyBytes, DefaultMaxBodyBytes),
		MaxRedirects: or(f.MaxRedirects, DefaultMaxRedirects),
		MaxRetries:   or(f.MaxRetries, DefaultMaxRetries),
	}
	if f.CookieJar != nil && !*f.CookieJar {
		resolved.CookieJar = f.CookieJar
	}
	return resolved
}
