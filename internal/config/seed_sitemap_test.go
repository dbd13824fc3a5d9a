package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSitemapInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"sitemap of nothing", `{"seeds":[{"kind":"sitemap"},{"kind":"sitemap","params":{"limit":1}},{"kind":"sitemap","params":{"hosts":[]}}]}`,
			[]string{"config.seeds[0].params required url, urls or hosts", "config.seeds[1].params required url, urls or hosts", "config.seeds[2].params.hosts empty empty"}},
		{"hosts of a static list", part("seeds", "static_list", `{"urls":["http://a/"],"hosts":["a"]}`), []string{"config.seeds[0].params.hosts unknown urls"}},
		{"sitemap hosts", part("seeds", "sitemap", `{"hosts":["a","A.example:8080","[::1]","HTTP://a/","a/b","http://a/?","a?b","a#b","","u@a","a b","ftp://a","a:0",1]}`), []string{
			"config.seeds[0].params.hosts[4] format a host such as", "config.seeds[0].params.hosts[5] format a host such as",
			"config.seeds[0].params.hosts[6] format a host such as", "config.seeds[0].params.hosts[7] format a host such as",
			"config.seeds[0].params.hosts[8] length between 1 and 2048 bytes", "config.seeds[0].params.hosts[9] format user name",
			"config.seeds[0].params.hosts[10] format DNS", "config.seeds[0].params.hosts[11] format http or https",
			"config.seeds[0].params.hosts[12] format port", "config.seeds[0].params.hosts[13] type a string"}},
		{"sitemap limit", part("seeds", "sitemap", `{"urls":["http://a/"],"limit":0}`), []string{"config.seeds[0].params.limit range between 1 and 1000000"}},
		{"sitemap url", part("seeds", "sitemap", `{"url":"/sitemap.xml","concurrency":17}`), []string{
			"config.seeds[0].params.url format absolute http or https", "config.seeds[0].params.concurrency range between 1 and 16"}},
		{"too many sitemaps", part("seeds", "sitemap", `{"url":"http://a/","urls":`+many(1000, `"http://b/"`)+`}`), []string{"config.seeds[0].params.urls too_many 999"}},
		{"labels of hosts", `{"seeds":[{"kind":"host_labels","params":{"labels":{"a":"b"},"limit":5}}]}`, []string{"config.seeds[0].kind unsupported supported: static_list, sitemap"}},
	})
}

func TestSitemapForms(t *testing.T) {
	seeds := func(params string) string {
		return replace(t, defaults, `"seeds":[]`, part("seeds", "sitemap", params)[1:len(part("seeds", "sitemap", params))-1])
	}
	checkForms(t, []formsCase{
		{"url", part("seeds", "sitemap", `{"url":"https://example.com/sitemap.xml"}`), part("seeds", "sitemap", `{"url":"https://example.com/sitemap.xml"}`),
			seeds(`{"urls":["https://example.com/sitemap.xml"],"limit":50000}`)},
		{"url and urls", part("seeds", "sitemap", `{"concurrency":4,"url":"http://a/","urls":["http://b/"]}`), part("seeds", "sitemap", `{"url":"http://a/","urls":["http://b/"],"concurrency":4}`),
			seeds(`{"urls":["http://a/","http://b/"],"limit":50000,"concurrency":4}`)},
		{"default concurrency", part("seeds", "sitemap", `{"urls":["http://b/"],"concurrency":1}`), part("seeds", "sitemap", `{"urls":["http://b/"],"concurrency":1}`),
			seeds(`{"urls":["http://b/"],"limit":50000}`)},
	})
}

func init() {
	drawParams["sitemap"] = func(t *rapid.T) any {
		host := rapid.StringMatching(`(https?://)?[a-z]{1,9}(\.[a-z]{2,3})?(:8[0-9]{0,3})?/?`)
		s := &Sitemap{
			URLs:  drawURLs(t),
			Hosts: rapid.SliceOfN(host, 1, 3).Draw(t, "hosts"),
			Limit: rapid.IntRange(0, MaxSitemapURLs).Draw(t, "limit"),

			Concurrency: maybe(t, rapid.IntRange(1, MaxSitemapConcurrency)),
		}
		switch rapid.IntRange(0, 3).Draw(t, "only") {
		case 1:
			s.URLs = nil
		case 2:
			s.Hosts = nil
		case 3:
			s.URLs, s.Hosts, s.URL = nil, nil, "https://a.example/sitemap.xml"
		}
		return s
	}
}
