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

// Fetcher bounds one fetch, and says with what it is sent. Resolve leaves out the members after
// MaxRetries that were not given or have their default, because versions without them must read
// resolved configurations.
type Fetcher struct {
	Timeout      *Duration `json:"timeout,omitzero"`
	MaxBodyBytes *int64    `json:"max_body_bytes,omitzero"`
	MaxRedirects *int      `json:"max_redirects,omitzero"`
	MaxRetries   *int      `json:"max_retries,omitzero"`
	// CookieJar says whether a run keeps cookies. The default is true.
	CookieJar *bool `json:"cookie_jar,omitzero"`
	// Headers are set in requests, by their names in canonical form.
	Headers   map[string]Header `json:"headers,omitzero"`
	BasicAuth *BasicAuth        `json:"basic_auth,omitzero"`
	Bearer    *Bearer           `json:"bearer,omitzero"`
	Cookies   []Cookie          `json:"cookies,omitzero"`
	// Proxy is the URL of the proxy that all fetches use; see ProxyProblem.
	Proxy *Secret `json:"proxy,omitzero"`
	// AcceptLanguage is the header Accept-Language (RFC 9110, section 12.5.4).
	AcceptLanguage *string `json:"accept_language,omitzero"`
	// Middleware changes requests and responses, in order. Its params are of type *SetLanguage or
	// *MutateHeaders.
	Middleware []Part `json:"middleware,omitzero"`
}

var fetcherField = field{
	read:    func(r *reader, o *strictjson.Object, c *Config) { c.Fetcher = r.fetcher(o) },
	resolve: func(c *Config) { c.Fetcher = deref(c.Fetcher).resolve() },
}

func (r *reader) fetcher(o *strictjson.Object) *Fetcher {
	p, ok := group(o, "fetcher")
	if !ok {
		return nil
	}
	defer p.Close()
	before := faultCount(p)
	f := &Fetcher{
		Timeout:        duration(p, "timeout", MinTimeout, MaxTimeout),
		MaxBodyBytes:   integer[int64](p, "max_body_bytes", MinBodyBytes, MaxBodyBytes),
		MaxRedirects:   integer(p, "max_redirects", 0, MaxRedirects),
		MaxRetries:     integer(p, "max_retries", 0, MaxRetries),
		CookieJar:      boolean(p, "cookie_jar"),
		BasicAuth:      r.basicAuth(p),
		Bearer:         r.bearer(p),
		Cookies:        r.cookies(p),
		Proxy:          r.proxy(p),
		AcceptLanguage: acceptLanguage(p),
		Middleware:     middleware.read(r, p),
	}
	if v, ok := p.Member("headers"); ok {
		f.Headers = r.headers(v)
	}
	p.Unsupported("client", "proxies")
	if faultCount(p) == before {
		f.checkConflicts(p)
	}
	return f
}

func (f Fetcher) resolve() *Fetcher {
	f.Timeout = or(f.Timeout, DefaultTimeout)
	f.MaxBodyBytes = or(f.MaxBodyBytes, DefaultMaxBodyBytes)
	f.MaxRedirects = or(f.MaxRedirects, DefaultMaxRedirects)
	f.MaxRetries = or(f.MaxRetries, DefaultMaxRetries)
	if f.CookieJar != nil && *f.CookieJar {
		f.CookieJar = nil
	}
	if len(f.Headers) == 0 {
		f.Headers = nil
	}
	if len(f.Cookies) == 0 {
		f.Cookies = nil
	}
	if len(f.Middleware) == 0 {
		f.Middleware = nil
	}
	return &f
}
