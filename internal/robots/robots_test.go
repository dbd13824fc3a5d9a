package robots_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

// Each case is a file, the paths that it allows and the paths that it disallows.
func TestAllowed(t *testing.T) {
	for _, tt := range []struct{ name, file, allowed, disallowed string }{
		{"empty file", "", "/ /a", ""},
		{"only comments", "# nothing\n\n#Disallow: /", "/", ""},
		{"everything", "User-agent: *\nDisallow: /", "/robots.txt", "/ /a /robots.txt.bak"},
		{"nothing", "User-agent: *\nDisallow:", "/ /a", ""},
		{"prefix", "User-agent: *\nDisallow: /fish", "/ /Fish /catfish /?id=fish", "/fish /fish.html /fish/salmon /fishheads /fish?a"},
		{"folder", "User-agent: *\nDisallow: /fish/", "/fish /fish.html", "/fish/ /fish/a /fish/?a"},
		{"the path is case-sensitive", "User-agent: *\nDisallow: /A", "/a", "/A"},

		// the choice of the group (RFC 9309, section 2.2.1)
		{"own group before the general one", "User-agent: *\nDisallow: /\n\nUser-agent: inndx\nDisallow: /a", "/b", "/a"},
		{"own group first in the file", "User-agent: inndx\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", "/a"},
		{"the name is not case-sensitive", "User-agent: INNDX\nDisallow: /a", "/b", "/a"},
		{"name with version", "User-agent: inndx/0.1\nDisallow: /a", "/b", "/a"},
		{"shorter name", "User-agent: in\nDisallow: /", "/a", ""},
		{"longer name", "User-agent: inndx-news\nDisallow: /", "/a", ""},
		{"own groups are one", "User-agent: inndx\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: inndx\nDisallow: /c", "/b", "/a /c"},
		{"groups for all are one", "User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/c", "/a /b"},
		{"several names", "User-agent: x\nUser-agent: inndx\nUser-agent: y\nDisallow: /a", "/b", "/a"},
		{"own group without rules", "User-agent: *\nDisallow: /\nUser-agent: inndx", "/a", ""},
		{"own group allows all", "User-agent: inndx\nDisallow:\n\nUser-agent: *\nDisallow: /", "/a", ""},
		{"rules before any group", "Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", "/b"},
		{"other lines do not end the list of agents", "User-agent: inndx\nSitemap: https://h/s\nFoo: bar\n\nUser-agent: x\nDisallow: /a", "/b", "/a"},
		{"a delay ends the list of agents", "User-agent: inndx\nCrawl-delay: 1\n\nUser-agent: x\nDisallow: /a", "/a", ""},
		{"an invalid delay ends the list of agents", "User-agent: inndx\nCrawl-delay: x\nUser-agent: x\nDisallow: /a", "/a", ""},
		{"a rule without a path ends the list of agents", "User-agent: inndx\nDisallow:\nUser-agent: x\nDisallow: /a", "/a", ""},
		{"a star and more words", "User-agent: * (all)\nDisallow: /a", "/b", "/a"},
		{"a star and a tab", "User-agent: *\tfoo\nDisallow: /a", "/b", "/a"},
		{"a star before a name", "User-agent: *bot\nDisallow: /a", "/a", ""},
		{"name with another digit", "User-agent: inndx2\nDisallow: /a", "/a", ""},
		{"a whole user agent", "User-agent: Mozilla/5.0 (compatible; inndx/0.1)\nDisallow: /a", "/b", "/a"},
		{"unknown lines between rules", "User-agent: inndx\nDisallow: /a\nHost: h\nDisallow: /b", "/c", "/a /b"},
		{"blank lines inside a group", "User-agent: inndx\n\n\nDisallow: /a\n\nDisallow: /b", "/c", "/a /b"},

		// the choice of the rule (section 2.2.2)
		{"longest match allows", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b /a/bc", "/a /a/c"},
		{"longest match disallows", "User-agent: *\nAllow: /a\nDisallow: /a/b", "/a", "/a/b"},
		{"equal length allows", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", ""},
		{"equal length allows, other order", "User-agent: *\nAllow: /a\nDisallow: /a", "/a", ""},
		{"the RFC's example", "User-agent: *\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/ /example/page/a", "/example/page/disallowed.gif"},
		{"a wildcard counts as one byte", "User-agent: *\nAllow: /page\nDisallow: /*.htm", "/page /page.ht", "/page.htm /a.html"},
		{"dots are not wildcards", "User-agent: *\nDisallow: /a.b", "/axb", "/a.b"},

		// special characters (section 2.2.3)
		{"star", "User-agent: *\nDisallow: /*.php", "/ /windows.PHP", "/index.php /folder/filename.php /folder.php/a /a?b.php"},
		{"star matches an empty string", "User-agent: *\nDisallow: /fish*.php", "/Fish.PHP /a/fish.php", "/fish.php /fishheads/catfish.php?a"},
		{"star at the end", "User-agent: *\nDisallow: /fish*", "/cat", "/fish /fish.html"},
		{"star first", "User-agent: *\nDisallow: *.gif", "/a.png", "/a.gif /b/a.gif?c"},
		{"anchor", "User-agent: *\nDisallow: /*.php$", "/a.php?b /a.php/ /a.php5", "/a.php /b/a.php"},
		{"anchor without star", "User-agent: *\nDisallow: /a$", "/ab /a/ /a?b", "/a"},
		{"anchored root", "User-agent: *\nDisallow: /$", "/a /?a", "/"},
		{"only the front page", "User-agent: *\nAllow: /$\nDisallow: /", "/", "/a"},
		{"anchor after a star", "User-agent: *\nDisallow: /*a$", "/ab", "/a /aa /aba"},
		{"stars in a row", "User-agent: *\nDisallow: /a**b", "/ac", "/ab /axb"},
		{"dollar inside", "User-agent: *\nDisallow: /a$b", "/a", "/a$b /a$bc"},
		{"encoded star", "User-agent: *\nDisallow: /a-%2A.html", "/a-b.html", "/a-*.html /a-%2A.html"},
		{"encoded dollar", "User-agent: *\nDisallow: /a%24", "/a", "/a$ /a$b /a%24"},

		// percent-encoding (section 2.2.2)
		{"not encoded in the file", "User-agent: *\nDisallow: /foo/bar/ツ", "/foo/bar/", "/foo/bar/ツ /foo/bar/%E3%83%84"},
		{"encoded in the file", "User-agent: *\nDisallow: /foo/bar/%e3%83%84", "/foo/bar/", "/foo/bar/ツ /foo/bar/%E3%83%84"},
		{"needlessly encoded", "User-agent: *\nDisallow: /foo/bar/%62%61%7A", "/foo/bar/", "/foo/bar/baz"},
		{"encoded slash", "User-agent: *\nDisallow: /a%2fb", "/a/b", "/a%2Fb"},
		{"percent sign at the end", "User-agent: *\nDisallow: /%", "/a /", "/%C3%A4 /100%/../%20"},
		{"percent sign that begins no escape", "User-agent: *\nDisallow: /100%$", "/100 /100%20", "/100%"},
		{"cut escape", "User-agent: *\nDisallow: /a%c\nDisallow: /b%2*x", "/a%E4 /b%30x", "/a%C3%A4 /b%20x"},
		{"several cut escapes", "User-agent: *\nDisallow: /*%*%", "/%20", "/%C3%A4 /a%20%20"},
		{"percent sign and two letters", "User-agent: *\nDisallow: /%zz", "/%20zz", "/%zz /%25zz"},
		{"a cut escape counts as written", "User-agent: *\nDisallow: /%c\nAllow: /%C3", "/%C3%A4", "/%C4"},
		{"apostrophe", "User-agent: *\nDisallow: /it's\nDisallow: /*q=it's\nDisallow: /b%27", "/its", "/it's /it%27s /?q=it's /?q=it%27s /b'"},
		{"brackets", "User-agent: *\nDisallow: /*?a[]=1", "/?a=1", "/?a[]=1 /?a%5B%5D=1"},
		{"query", "User-agent: *\nDisallow: /*?*q=a b", "/?q=a", "/?q=a%20b /x?p=1&q=a%20b"},

		// the form of files
		{"CRLF and spaces", "\ufeff  User-agent :  * \r\n\tDisallow:\t/a  # no\r\nDisallow : /b", "/c", "/a /b"},
		{"CR", "User-agent: *\rDisallow: /a\rDisallow: /b", "/c", "/a /b"},
		{"comment without a space", "User-agent: *#all\nDisallow: /a#b", "/b", "/a /ac"},
		{"upper case", "USER-AGENT: *\nDISALLOW: /a\nALLOW: /a/b", "/a/b", "/a"},
		{"no slash at the beginning", "User-agent: *\nDisallow: a", "/b", "/a"},
		{"invalid lines are ignored", "<html>\nUser-agent\n: x\n\x00\xff\nCrawl-delay: x\nUser-agent: *\nDisallow\nDisallow: /a", "/b", "/a"},
		{"CR and LF mixed", "User-agent: *\r\r\nDisallow: /a\rDisallow: /b\n\rDisallow: /c", "/d", "/a /b /c"},
		{"two words after a colon", "User-agent:x *\nDisallow: /\n\nUser-agent:*\nDisallow:/a /b\nDisallow:/c *", "/a /b /c", "/a%20/b /c%20*"},
		{"two byte order marks", "\ufeff\ufeffUser-agent: *\nDisallow: /a", "/b", "/a"},
		{"no-break spaces", "User-agent:\u00a0*\nDisallow:\u00a0/a\u00a0", "/b", "/a"},
		{"byte order mark inside the file", "User-agent: x\nDisallow: /\n\ufeffUser-agent: *\nDisallow: /a", "/b", "/a"},
		{"UTF-16, little-endian", utf16("\xff\xfe", "User-agent: *\r\nDisallow: /ä\r\n", false), "/a", "/ä"},
		{"UTF-16, big-endian", utf16("\xfe\xff", "User-agent: *\nDisallow: /ä", true), "/a", "/ä"},
		{"UTF-16 without a byte order mark", utf16("", "User-agent: *\nDisallow: /ä", false), "/a", "/ä"},
		{"UTF-16 without a byte order mark, big-endian", utf16("", "#\nUser-agent: *\nDisallow: /ä", true), "/a", "/ä"},
		{"half a UTF-16 unit at the end", utf16("\xff\xfe", "User-agent: *\nDisallow: /a\n", false) + "D", "/b", "/a"},
		{"NULs", "User-agent: *\x00\nDisallow: /a\x00b\n\x00\x00", "/a", "/ab"},
		{"missing colon", "User-agent *\nDisallow /a\nDisallow\t/b\nDisallow /c:d\nAllow /a/b", "/c /a/b", "/a /b /c:d"},
		{"more than two words without a colon", "User-agent: *\nDisallow is for paths\nallow all\nDisallow: /a", "/is /b", "/a"},
		{"colons in a row", "User-agent:: *\nDisallow :/a\nDisallow : /b\nDisallow: : /c", "/d", "/a /b /c"},
		{"separated words of keys", "User Agent: x\nUser_Agent: *\nDis allow: /a\nUser - agent : y\nDisallow: /b", "/b", "/a"},
		{"useragent", "useragent: x\nDisallow: /\nUserAgent: *\nDisallow: /a", "/b", "/a"},
		{"misspellings", "User-agents: *\nDissallow: /a\nDissalow: /b\nDisalow: /c\nDiasllow: /d\nDisallaw: /e\nDisallowed: /f\nDiallow: /g\nAllowed: /a/b",
			"/h /a/b", "/a /b /c /d /e /f /g"},
		{"no newline at the end", "User-agent: *\nDisallow: /a", "/", "/a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := robots.Parse([]byte(tt.file), "inndx")
			for _, path := range strings.Fields(tt.allowed) {
				if !r.Allowed(parseURL(t, "http://h"+path)) {
					t.Errorf("%s is disallowed", path)
				}
			}
			for _, path := range strings.Fields(tt.disallowed) {
				if r.Allowed(parseURL(t, "http://h"+path)) {
					t.Errorf("%s is allowed", path)
				}
			}
		})
	}
}

func TestNilAllowsNothing(t *testing.T) {
	var r *robots.Rules
	if _, ok := r.CrawlDelay(); ok || r.Allowed(parseURL(t, "http://h/")) || r.Sitemaps() != nil {
		t.Error("nil rules allow something")
	}
}

func TestCrawlDelay(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"2", 2 * time.Second, true},
		{"0.25", 250 * time.Millisecond, true},
		{"0", 0, true},
		{"1e9", robots.MaxCrawlDelay, true},
		{"1e999", 0, false},
		{"inf", robots.MaxCrawlDelay, true},
		{"NaN", 0, false},
		{"-1", 0, false},
		{"", 0, false},
		{"s", 0, false},
		{"1-5", 0, false},
		{"5s", 5 * time.Second, true},
		{"1,5", 1500 * time.Millisecond, true},
		{"5;", 5 * time.Second, true},
		{`"5"`, 5 * time.Second, true},
		{"5,6,7", 0, false},
		{"5 seconds.", 5 * time.Second, true},
		{"1\nCrawl-delay: 4\nCrawl-delay: 2", 4 * time.Second, true},
		{"1\nCrawl-delay: x", time.Second, true},
		{"1\n\nUser-agent: x\nCrawl-delay: 9", time.Second, true},
		{"1\n\nUser-agent: x\n\nUser-agent: inndx\nCrawl-delay: 9", 9 * time.Second, true},
		{"x\nCrawl delay: 3", 3 * time.Second, true},
		{"x\nCrawldelay 3", 3 * time.Second, true},
	} {
		t.Run(tt.value, func(t *testing.T) {
			r := robots.Parse([]byte("User-agent: *\nCrawl-delay: 7\nUser-agent: inndx\nDisallow: /a\nCrawl-delay: "+tt.value), "inndx")
			if got, ok := r.CrawlDelay(); got != tt.want || ok != tt.ok {
				t.Errorf("CrawlDelay = %v, %v; want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestSitemaps(t *testing.T) {
	r := robots.Parse([]byte("Sitemap: https://h/a.xml\nUser-agent: x\nDisallow: /\nsitemap:https://h/b.xml # b\n"+
		"Site-Map: https://h/c.xml\nSitemap https://h:80/d.xml\nSitemap: /e.xml\nSitemap:\n"), "inndx")
	if got := fmt.Sprint(r.Sitemaps()); got != "[https://h/a.xml https://h/b.xml https://h/c.xml https://h:80/d.xml /e.xml]" {
		t.Errorf("Sitemaps = %s", got)
	}
}

// Each case of testdata/cases.json is a robots.txt, a user agent, and either its crawl delay or
// whether it may fetch a URL.
func TestCases(t *testing.T) {
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name       string   `json:"name"`
		RobotsTxt  string   `json:"robots_txt"`
		UserAgent  string   `json:"user_agent"`
		URL        string   `json:"url"`
		Allowed    bool     `json:"allowed"`
		CrawlDelay *float64 `json:"crawl_delay"`
	}
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) == 0 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r := robots.Parse([]byte(c.RobotsTxt), robots.Product(c.UserAgent))
			if c.CrawlDelay != nil {
				if got, ok := r.CrawlDelay(); got.Seconds() != *c.CrawlDelay || !ok {
					t.Errorf("CrawlDelay = %v, %v; want %v s", got, ok, *c.CrawlDelay)
				}
			} else if got := r.Allowed(parseURL(t, c.URL)); got != c.Allowed {
				t.Errorf("%s is allowed: %v, want %v", c.URL, got, c.Allowed)
			}
		})
	}
}

// TestMatchesLikeRegexp compares rules with regular expressions.
func TestMatchesLikeRegexp(t *testing.T) {
	pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*")), 0, 10, -1)
	path := rapid.StringOfN(rapid.SampledFrom([]rune("ab")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		p := "/" + pattern.Draw(t, "pattern")
		expr := "^" + strings.ReplaceAll(p, "*", ".*")
		if rapid.Bool().Draw(t, "anchor") {
			p, expr = p+"$", expr+"$"
		}
		s := "/" + path.Draw(t, "path")
		want := !regexp.MustCompile(expr).MatchString(s)
		r := robots.Parse([]byte("User-agent: *\nDisallow: "+p), "inndx")
		if got := r.Allowed(parseURL(t, "http://h"+s)); got != want {
			t.Errorf("Disallow: %s allows %s: %v, want %v", p, s, got, want)
		}
	})
}

func FuzzRobots(f *testing.F) {
	for _, seed := range []string{
		"User-agent: *\nDisallow: /a*b$\nAllow: /%2a\nCrawl-delay: 1.5", "user-agent:inndx\r\rdisallow:*", "\ufeffSitemap: x",
		"User-agent: *\nDisallow: /**********a$", "Disallow: /\nUser-agent", ":\n#:\n::",
	} {
		f.Add([]byte(seed), "/a/b?c")
	}
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		r := robots.Parse(body, "inndx")
		if d, ok := r.CrawlDelay(); d < 0 || d > robots.MaxCrawlDelay || !ok && d != 0 {
			t.Errorf("the delay is %v, %v", d, ok)
		}
		u, err := weburl.Parse("http://h/" + path)
		if err != nil {
			return
		}
		allowed := r.Allowed(u)
		// A rule with the whole URL and enough stars is longer than any other rule that matches.
		exact := "\nUser-agent: inndx\nAllow: " + strings.NewReplacer("*", "%2A", "$", "%24").Replace(u.RequestURI()) +
			strings.Repeat("*", len(body)+1)
		if len(body)+len(exact) < robots.MaxBytes && !robots.Parse(append(body, exact...), "inndx").Allowed(u) {
			t.Errorf("%q is disallowed in spite of a rule that allows it; without the rule it is allowed: %v", u, allowed)
		}
	})
}
