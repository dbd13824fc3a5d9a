package config

import (
	"errors"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
	"github.com/inndx/runs/internal/weburl"
)

const (
	// MaxSitemapURLs bounds the limit of a sitemap. The sitemap protocol allows 50,000 URLs a file
	// (https://www.sitemaps.org/protocol.html), and an index names many files.
	MaxSitemapURLs = 1_000_000
	// DefaultSitemapURLs is the default limit of a sitemap.
	DefaultSitemapURLs = 50_000
	// MaxSitemapConcurrency bounds the concurrency of a sitemap.
	MaxSitemapConcurrency = 16
)

// Sitemap (sitemap) seeds the URLs that sitemaps list, at most Limit of them over all sitemaps of
// the seed. The sitemaps are those at URL and URLs, and those that the robots.txt of each of Hosts
// names; see HostURL. At least one of URL, URLs and Hosts is given. Sitemap indexes are followed,
// and gzip is unpacked.
type Sitemap struct {
	// URL is a spelling of URLs with one element. Resolve moves it to the beginning of URLs.
	URL   string   `json:"url,omitzero"`
	URLs  []string `json:"urls,omitzero"`
	Hosts []string `json:"hosts,omitzero"`
	Limit int      `json:"limit,omitzero"` // 0: not given
	// Concurrency bounds the sitemaps that are in flight at a time, besides the bounds of Speed.
	// The default is 1. Resolve leaves it out; see Fetcher.CookieJar.
	Concurrency *int `json:"concurrency,omitzero"`
}

var sitemapKind = kind{
	name: "sitemap",
	read: func(r *reader, o *strictjson.Object) any {
		s := &Sitemap{Limit: deref(integer(o, "limit", 1, MaxSitemapURLs))}
		url, hasURL := o.Member("url")
		urls, hasURLs := o.Member("urls")
		hosts, hasHosts := o.Member("hosts")
		if hasURL {
			s.URL, _ = r.url(url, checkURL)
		}
		if hasURLs {
			s.URLs = r.urls(urls, checkURL)
		}
		if hasURL && len(s.URLs) == MaxListURLs {
			urls.Fail(fault.TooMany(MaxListURLs - 1))
		}
		if hasHosts {
			s.Hosts = r.urls(hosts, checkHost)
		}
		if !hasURL && !hasURLs && !hasHosts {
			o.Fail(fault.Rule{Code: "required", Message: "must have url, urls or hosts"})
		}
		s.Concurrency = integer(o, "concurrency", 1, MaxSitemapConcurrency)
		return s
	},
}

func (p Sitemap) resolve() any {
	if p.URL != "" {
		p.URLs = append([]string{p.URL}, p.URLs...)
		p.URL = ""
	}
	if p.Limit == 0 {
		p.Limit = DefaultSitemapURLs
	}
	if deref(p.Concurrency) == 1 {
		p.Concurrency = nil
	}
	return &p
}

// checkHost is like checkURL for a host.
func checkHost(s string) string {
	_, err := HostURL(s)
	return urlProblem(err)
}

// errHost is the error for a string that is more than a host.
var errHost = errors.New("config: not a host")

// HostURL returns the URL of the root of a host. A sitemap seed names a host by its name and an
// optional port, such as example.com, which means https, or by its origin, such as
// http://localhost:8080.
func HostURL(host string) (weburl.URL, error) {
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := weburl.Parse(host)
	if err == nil && (u.RequestURI() != "/" || strings.Contains(host, "#")) {
		return weburl.URL{}, errHost
	}
	return u, err
}
