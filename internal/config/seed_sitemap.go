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
)

// Sitemap (sitemap) seeds the URLs that sitemaps list, at most Limit of them over all sitemaps of
// the seed. The sitemaps are those at URLs and those that the robots.txt of each of Hosts names;
// see HostURL. At least one of URLs and Hosts is given. Sitemap indexes are followed, and gzip is
// unpacked.
type Sitemap struct {
	URLs  []string `json:"urls,omitzero"`
	Hosts []string `json:"hosts,omitzero"`
	Limit int      `json:"limit,omitzero"` // 0: not given
}

var sitemapKind = kind{
	name: "sitemap",
	read: func(r *reader, o *strictjson.Object) any {
		s := &Sitemap{Limit: deref(integer(o, "limit", 1, MaxSitemapURLs))}
		urls, hasURLs := o.Member("urls")
		hosts, hasHosts := o.Member("hosts")
		if hasURLs {
			s.URLs = r.urls(urls, checkURL)
		}
		if hasHosts {
			s.Hosts = r.urls(hosts, checkHost)
		}
		if !hasURLs && !hasHosts {
			o.Fail(fault.Rule{Code: "required", Message: "must have urls, hosts or both"})
		}
		return s
	},
}

func (p Sitemap) resolve() any {
	if p.Limit == 0 {
		p.Limit = DefaultSitemapURLs
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
