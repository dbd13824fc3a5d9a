package robots_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

func parseURL(t interface{ Fatal(...any) }, raw string) weburl.URL {
	u, err := weburl.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestProduct(t *testing.T) {
	for agent, want := range map[string]string{
		"inndx/0.1 (+https://example.com/bot)": "inndx",
		"Inndx-Bot/2":                          "inndx-bot",
		"inndx":                                "inndx",
		"Mozilla/5.0 (compatible; inndx/0.1)":  "mozilla",
		"":                                     "",
		"0.1":                                  "",
		"my_bot (https://example.com; +a@b.c)": "my_bot",
	} {
		if got := robots.Product(agent); got != want {
			t.Errorf("Product(%q) = %q, want %q", agent, got, want)
		}
	}
}

// Each case is a file, and the paths that it allows and those that it does not.
func TestAllowed(t *testing.T) {
	for _, c := range []struct{ name, file, allowed, disallowed string }{
		{"empty file", "", "/ /a", ""},
		{"comments alone", "# nothing\n\n#Disallow: /", "/", ""},
		{"everything", "User-agent: *\nDisallow: /", "/robots.txt", "/ /a /robots.txt.bak"},
		{"nothing", "User-agent: *\nDisallow:", "/ /a", ""},
		{"prefix", "User-agent: *\nDisallow: /fish", "/ /Fish /catfish /?id=fish", "/fish /fish.html /fish/salmon /fishheads /fish?a"},
		{"folder", "User-agent: *\nDisallow: /fish/", "/fish /fish.html", "/fish/ /fish/a /fish/?a"},
		{"case of the path", "User-agent: *\nDisallow: /A", "/a", "/A"},

		// which group (RFC 9309, section 2.2.1)
		{"own group wins", "User-agent: *\nDisallow: /\n\nUser-agent: inndx\nDisallow: /a", "/b", "/a"},
		{"own group first", "User-agent: inndx\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", "/a"},
		{"case of the name", "User-agent: INNDX\nDisallow: /a", "/b", "/a"},
		{"name with version", "User-agent: inndx/0.1\nDisallow: /a", "/b", "/a"},
		{"shorter name", "User-agent: in\nDisallow: /", "/a", ""},
		{"longer name", "User-agent: inndx-news\nDisallow: /", "/a", ""},
		{"own groups are one", "User-agent: inndx\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: inndx\nDisallow: /c", "/b", "/a /c"},
		{"groups for all are one", "User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/c", "/a /b"},
		{"several names", "User-agent: x\nUser-agent: inndx\nUser-agent: y\nDisallow: /a", "/b", "/a"},
		{"own group without rules", "User-agent: *\nDisallow: /\nUser-agent: inndx", "/a", ""},
		{"own group allows all", "User-agent: inndx\nDisallow:\n\nUser-agent: *\nDisallow: /", "/a", ""},
		{"rules before any group", "Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", "/b"},
		{"other records end no group", "User-agent: inndx\nSitemap: https://h/s\nCrawl-delay: 1\nFoo: bar\n\nUser-agent: x\nDisallow: /a", "/b", "/a"},
		{"unknown records after rules", "User-agent: inndx\nDisallow: /a\nHost: h\nDisallow: /b", "/c", "/a /b"},
		{"blank lines inside a group", "User-agent: inndx\n\n\nDisallow: /a\n\nDisallow: /b", "/c", "/a /b"},

		// which rule (section 2.2.2)
		{"longest match allows", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b /a/bc", "/a /a/c"},
		{"longest match disallows", "User-agent: *\nAllow: /a\nDisallow: /a/b", "/a", "/a/b"},
		{"equal length allows", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", ""},
		{"equal length allows, other order", "User-agent: *\nAllow: /a\nDisallow: /a", "/a", ""},
		{"the RFC's example", "User-agent: *\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/ /example/page/a", "/example/page/disallowed.gif"},
		{"wildcards count as written", "User-agent: *\nAllow: /page\nDisallow: /*.htm", "/page /page.ht", "/page.htm /a.html"},
		{"dots are no wildcards", "User-agent: *\nDisallow: /a.b", "/axb", "/a.b"},

		// special characters (section 2.2.3)
		{"star", "User-agent: *\nDisallow: /*.php", "/ /windows.PHP", "/index.php /folder/filename.php /folder.php/a /a?b.php"},
		{"star matches nothing too", "User-agent: *\nDisallow: /fish*.php", "/Fish.PHP /a/fish.php", "/fish.php /fishheads/catfish.php?a"},
		{"star at the end", "User-agent: *\nDisallow: /fish*", "/cat", "/fish /fish.html"},
		{"star first", "User-agent: *\nDisallow: *.gif", "/a.png", "/a.gif /b/a.gif?c"},
		{"anchor", "User-agent: *\nDisallow: /*.php$", "/a.php?b /a.php/ /a.php5", "/a.php /b/a.php"},
		{"anchor without star", "User-agent: *\nDisallow: /a$", "/ab /a/ /a?b", "/a"},
		{"anchored root", "User-agent: *\nDisallow: /$", "/a /?a", "/"},
		{"only the front page", "User-agent: *\nAllow: /$\nDisallow: /", "/", "/a"},
		{"anchor looks for the last", "User-agent: *\nDisallow: /*a$", "/ab", "/a /aa /aba"},
		{"stars in a row", "User-agent: *\nDisallow: /a**b", "/ac", "/ab /axb"},
		{"dollar inside", "User-agent: *\nDisallow: /a$b", "/a", "/a$b /a$bc"},
		{"encoded star", "User-agent: *\nDisallow: /a-%2A.html", "/a-b.html", "/a-*.html /a-%2A.html"},
		{"encoded dollar", "User-agent: *\nDisallow: /a%24", "/a", "/a$ /a$b /a%24"},

		// percent-encoding (section 2.2.2)
		{"encoded like the URL", "User-agent: *\nDisallow: /foo/bar/ツ", "/foo/bar/", "/foo/bar/ツ /foo/bar/%E3%83%84"},
		{"encoded in the file", "User-agent: *\nDisallow: /foo/bar/%e3%83%84", "/foo/bar/", "/foo/bar/ツ /foo/bar/%E3%83%84"},
		{"needlessly encoded", "User-agent: *\nDisallow: /foo/bar/%62%61%7A", "/foo/bar/", "/foo/bar/baz"},
		{"encoded slash", "User-agent: *\nDisallow: /a%2fb", "/a/b", "/a%2Fb"},
		{"query", "User-agent: *\nDisallow: /*?*q=a b", "/?q=a", "/?q=a%20b /x?p=1&q=a%20b"},

		// how files look
		{"CRLF and spaces", "\ufeff  User-agent :  * \r\n\tDisallow:\t/a  # no\r\nDisallow : /b", "/c", "/a /b"},
		{"CR", "User-agent: *\rDisallow: /a\rDisallow: /b", "/c", "/a /b"},
		{"comment right behind", "User-agent: *#all\nDisallow: /a#b", "/b", "/a /ac"},
		{"upper case", "USER-AGENT: *\nDISALLOW: /a\nALLOW: /a/b", "/a/b", "/a"},
		{"no slash", "User-agent: *\nDisallow: a", "/b", "/a"},
		{"garbage does no harm", "<html>\nUser-agent\n: x\n\x00\xff\nCrawl-delay: x\nUser-agent: *\nDisallow /b\nDisallow: /a", "/b", "/a"},
		{"no newline at the end", "User-agent: *\nDisallow: /a", "/", "/a"},
	} {
		r := robots.Parse([]byte(c.file), "inndx")
		for _, want := range []bool{true, false} {
			paths := c.disallowed
			if want {
				paths = c.allowed
			}
			for _, path := range strings.Fields(paths) {
				if r.Allowed(parseURL(t, "http://h"+path)) != want {
					t.Errorf("%s: %s is allowed: %v, want %v", c.name, path, !want, want)
				}
			}
		}
	}
}

func TestNilAllowsNothing(t *testing.T) {
	var r *robots.Rules
	if _, ok := r.CrawlDelay(); ok || r.Allowed(parseURL(t, "http://h/")) || r.Sitemaps() != nil {
		t.Error("nil rules allow something")
	}
}

func TestCrawlDelay(t *testing.T) {
	for _, c := range []struct {
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
		{"5s", 0, false},
	} {
		r := robots.Parse([]byte("User-agent: *\nCrawl-delay: 7\nUser-agent: inndx\nDisallow: /a\nCrawl-delay: "+c.value), "inndx")
		if got, ok := r.CrawlDelay(); got != c.want || ok != c.ok {
			t.Errorf("%q is a delay of %v, %v; want %v, %v", c.value, got, ok, c.want, c.ok)
		}
	}
}

func TestSitemaps(t *testing.T) {
	r := robots.Parse([]byte("Sitemap: https://h/a.xml\nUser-agent: x\nDisallow: /\nsitemap:https://h/b.xml # b"), "inndx")
	if got := fmt.Sprint(r.Sitemaps()); got != "[https://h/a.xml https://h/b.xml]" {
		t.Errorf("Sitemaps = %s", got)
	}
}

// All 500 KiB are read, which RFC 9309, section 2.5, asks for at least. What stands behind
// them is ignored, and a rule that they cut in two as well.
func TestLongFile(t *testing.T) {
	if robots.MaxBytes < 500<<10 {
		t.Errorf("only %d bytes are read", robots.MaxBytes)
	}
	head := "User-agent: *\nDisallow: /a\n"
	const last = "Disallow: /z\n"
	pad := strings.Repeat("#\n", (robots.MaxBytes-len(head)-len(last)-len("Disallow: /"))/2)
	file := head + pad + last + "Disallow: /bcd\nDisallow: /e"
	r := robots.Parse([]byte(file), "inndx")
	for path, want := range map[string]bool{"/a": false, "/z": false, "/bcd": true, "/b": true, "/e": true} {
		if r.Allowed(parseURL(t, "http://h"+path)) != want {
			t.Errorf("%s is allowed: %v, want %v", path, !want, want)
		}
	}
}

// The matcher agrees with a regular expression made of the pattern.
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
		// A rule for this very URL wins over all others, for it is at least as long as
		// whatever can match, unless stars make another longer.
		exact := "\nUser-agent: inndx\nAllow: " + strings.NewReplacer("*", "%2A", "$", "%24").Replace(u.RequestURI()) +
			strings.Repeat("*", len(body)+1)
		if len(body)+len(exact) < robots.MaxBytes && !robots.Parse(append(body, exact...), "inndx").Allowed(u) {
			t.Errorf("%q is not allowed by a rule for itself (was %v)", u, allowed)
		}
	})
}
