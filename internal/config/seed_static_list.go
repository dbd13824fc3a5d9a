package config

import (
	"fmt"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
	"github.com/inndx/runs/internal/weburl"
)

// The bounds of a list of URLs or hosts.
const (
	// MaxListURLs bounds the URLs of a static_list or a sitemap, and the hosts of a sitemap. A list
	// has at least one.
	MaxListURLs = 1000
	// MaxURLBytes bounds the length of a URL or a host.
	MaxURLBytes = 2048
)

// StaticList (static_list) seeds the URLs that it lists.
type StaticList struct {
	URLs []string `json:"urls"`
}

var staticListKind = kind{
	name: "static_list",
	read: func(r *reader, o *strictjson.Object) any {
		v, ok := o.Required("urls")
		if !ok {
			return &StaticList{}
		}
		return &StaticList{URLs: r.urls(v, checkURL)}
	},
}

// urls reads a list of URLs or hosts. check returns what is wrong with one of them, or "" if it is
// valid.
func (r *reader) urls(v strictjson.Value, check func(string) string) []string {
	values, ok := v.List(MaxListURLs)
	if !ok {
		return nil
	}
	if len(values) == 0 {
		v.Fail(fault.Empty())
	}
	list := make([]string, 0, len(values))
	for _, v := range values {
		if s, ok := r.url(v, check); ok {
			list = append(list, s)
		}
	}
	return list
}

// url reads a URL or a host.
func (r *reader) url(v strictjson.Value, check func(string) string) (string, bool) {
	s, ok := text(v, MaxURLBytes)
	if !ok {
		return "", false
	}
	if problem := check(s); problem != "" && !r.stored {
		v.Fail(fault.Format("uri", problem))
	}
	return s, true
}

// checkURL returns why a crawl cannot start at the URL, "" if it can. It parses the URL as it
// parses a link of a page.
func checkURL(s string) string {
	_, err := weburl.Parse(s)
	return urlProblem(err)
}

// urlProblem returns what is wrong with a URL or a host, "" if err is nil.
func urlProblem(err error) string {
	switch err {
	case nil:
		return ""
	case errHost:
		return "must be a host such as example.com, or an origin such as http://example.com:8080"
	case weburl.ErrRelative, weburl.ErrScheme:
		return "must be an absolute http or https URL"
	case weburl.ErrHost:
		return "must have a host that is a name of the DNS or an IP address"
	case weburl.ErrCredentials:
		return "must not have a user name or password"
	case weburl.ErrPort:
		return "must have a port between 1 and 65535"
	default: // weburl.ErrTooLong
		return fmt.Sprintf("must have at most %d bytes when it is percent-encoded", weburl.MaxLength)
	}
}
