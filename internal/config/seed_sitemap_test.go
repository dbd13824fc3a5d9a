package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSitemapInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"sitemap of nothing", `{"seeds":[{"kind":"sitemap"},{"kind":"sitemap","params":{"limit":1}},{"kind":"sitemap","params":{"hosts":[]}}]}`,
			[]string{"config.seeds[0].params required urls, hosts or both", "config.seeds[1].params required urls, hosts or both", "config.seeds[2].params.hosts empty empty"}},
		{"hosts of a static list", part("seeds", "static_list", `{"urls":["http://a/"],"hosts":["a"]}`), []string{"config.seeds[0].params.hosts unknown urls"}},
		{"sitemap hosts", part("seeds", "sitemap", `{"hosts":["a","A.example:8080","[::1]","HTTP://a/","a/b","http://a/?","a?b","a#b","","u@a","a b","ftp://a","a:0",1]}`), []string{
			"config.seeds[0].params.hosts[4] format a host such as", "config.seeds[0].params.hosts[5] format a host such as",
			"config.seeds[0].params.hosts[6] format a host such as", "config.seeds[0].params.hosts[7] format a host such as",
			"config.seeds[0].params.hosts[8] length between 1 and 2048 bytes", "config.seeds[0].params.hosts[9] format user name",
			"config.seeds[0].params.hosts[10] format DNS", "config.seeds[0].params.hosts[11] format http or https",
			"config.seeds[0].params.hosts[12] format port", "config.seeds[0].params.hosts[13] type a string"}},
		{"sitemap limit", part("seeds", "sitemap", `{"urls":["http://a/"],"limit":0}`), []string{"config.seeds[0].params.limit range between 1 and 1000000"}},
	})
}

func init() {
	drawParams["sitemap"] = func(t *rapid.T) any {
		host := rapid.StringMatching(`(https?://)?[a-z]{1,9}(\.[a-z]{2,3})?(:8[0-9]{0,3})?/?`)
		s := &Sitemap{
			URLs:  drawURLs(t),
			Hosts: rapid.SliceOfN(host, 1, 3).Draw(t, "hosts"),
			Limit: rapid.IntRange(0, MaxSitemapURLs).Draw(t, "limit"),
		}
		switch rapid.IntRange(0, 2).Draw(t, "only") {
		case 1:
			s.URLs = nil
		case 2:
			s.Hosts = nil
		}
		return s
	}
}
