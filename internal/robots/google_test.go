package robots_test

import (
	"strings"
	"testing"

	"github.com/jimsmart/grobotstxt"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/robots"
)

// differences are the deliberate differences from Google's parser. TestLikeGoogle compares
// everything else.
var differences = []struct {
	name, file, path string
	allowed          bool // by this package; Google's parser decides otherwise
	why              string
}{
	{"a delay ends the list of agents", "User-agent: *\nCrawl-delay: 9\nUser-agent: x\nDisallow: /", "/a", true,
		"Google's parser does not know Crawl-delay"},
	{"robots.txt itself", "User-agent: *\nDisallow: /", "/robots.txt", true, "it may always be fetched (RFC 9309, section 2.2.2)"},
	{"no slash in front", "User-agent: *\nDisallow: a", "/a", false, "its author meant the path, but in Google's parser it matches nothing"},
	{"index.html", "User-agent: *\nDisallow: /\nAllow: /index.html", "/", false, "RFC 9309 defines no names of a folder's index"},
	{"needless escape", "User-agent: *\nDisallow: /%61", "/a", false, "escapes of unreserved characters are equal to them (RFC 9309, section 2.2.2)"},
	{"an escape in lower case", "User-agent: *\nDisallow: /%c3%a4", "/%C3%A4", false, "the port makes another byte of a digit when it writes it in upper case"},
	{"encoded characters", "User-agent: *\nDisallow: /a b|c", "/a%20b%7Cc", false, "a pattern is encoded as URLs are, not from 0x80 on only"},
	{"encoded star", "User-agent: *\nDisallow: /%2A", "/*", false, "it stands for the character (RFC 9309, section 2.2.3)"},
	{"encoded dollar", "User-agent: *\nDisallow: /%24a", "/$a", false, "it stands for the character (RFC 9309, section 2.2.3)"},
	{"an apostrophe in a query", "User-agent: *\nDisallow: /?'", "/?'", false, "browsers encode it in queries and not in paths: both forms are one"},
	{"percent sign that begins no escape", "User-agent: *\nDisallow: /%$", "/%", false, "normalised URLs have %25"},
	{"a cut escape in lower case", "User-agent: *\nDisallow: /%c", "/%C3%A4", false, "escapes of URLs are in upper case"},
	{"more misspellings", "User-agent: *\nDiallow: /", "/a", false, "it is as common as those that Google's parser accepts"},
	{"separated words of keys", "User_agent: *\nDis-allow: /", "/a", false, "separators are not part of a key"},
	{"a missing colon and a value with one", "User-agent: *\nDisallow /a:b", "/a:b", false, "in Google's parser the colon of the value ends the key"},
	{"two colons", "User-agent:: *\nDisallow:: /", "/a", false, "in Google's parser the second colon is part of the value"},
	{"a plus sign after a name", "User-agent: inndx+x\nDisallow: /", "/a", false, "in the port a name consists of the characters of an HTTP token, including +"},
	{"a browser's name", "User-agent: Mozilla/5.0 (compatible; inndx/1.0)\nDisallow: /", "/a", false, "a whole user agent names its crawler"},
	{"UTF-16", utf16("\xff\xfe", "User-agent: *\nDisallow: /", false), "/a", false, "Google's parser reads only UTF-8"},
	{"NULs", "User-agent: *\nDisallow: /a\x00b", "/ab", false, "they have no meaning"},
	{"a byte order mark inside the file", "\n\ufeffUser-agent: *\nDisallow: /", "/a", false, "files are concatenated of several files"},
	{"half a byte order mark", "\xef\xbbUser-agent: *\nDisallow: /", "/a", true, "no editor writes that"},
	{"a long line", "User-agent: *\nDisallow: /a" + strings.Repeat("*", 20_000) + "b", "/a", true, "Google's parser cuts lines at 16 KiB"},
	{"a long file", "User-agent: *\n" + strings.Repeat("#\n", robots.MaxBytes/2) + "Disallow: /", "/a", true, "Google's parser leaves the bound to its caller"},
}

func TestDifferencesFromGoogle(t *testing.T) {
	for _, d := range differences {
		t.Run(d.name, func(t *testing.T) {
			ours, googles := verdicts(t, d.file, d.path)
			if ours != d.allowed || googles == d.allowed {
				t.Errorf("%s is allowed: %v, by Google's parser %v; want %v and the opposite: %s", d.path, ours, googles, d.allowed, d.why)
			}
		})
	}
}

// verdicts reports whether a file allows the crawler inndx to fetch a path, by this package and by
// Google's parser. Google's parser requires an escaped URL, so it gets the normalised one.
func verdicts(t interface{ Fatal(...any) }, file, path string) (ours, googles bool) {
	u := parseURL(t, "http://h"+path)
	return robots.Parse([]byte(file), "inndx").Allowed(u), grobotstxt.AgentAllowed(file, "inndx", u.String())
}

// The parts of a robots.txt that both parsers read alike. No letter is a hexadecimal digit, so that
// no letter continues a cut escape, and no escape has a digit.
var (
	keys = map[string]*rapid.Generator[string]{
		"agent": rapid.SampledFrom([]string{"User-agent", "user-agent", "USERAGENT", "User Agent", "User-agents", "useragent-x"}),
		"allow": rapid.SampledFrom([]string{"Allow", "allow", "ALLOWED"}),
		"disallow": rapid.SampledFrom([]string{"Disallow", "disallow", "Dissallow", "Dissalow", "DISALOW", "Diaslow",
			"Diasllow", "Disallaw", "Disallowed", "disallow-x"}),
		"other": rapid.SampledFrom([]string{"Sitemap", "site-map", "Host", "Noindex", "", "all", "<html>", "agent"}),
	}
	agents = rapid.SampledFrom([]string{"*", "* x", "*\tx", "*x", "inndx", "INNDX", "inndx/0.1", "inndx bot", "inndx-bot", "inndx2",
		"2inndx", "inn", "x", "", "Googlebot", "a/b inndx"})
	patterns = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
		"/", "k", "m", "km", "*", "?", "=", "&", ".", "-", ";", "$", "Ϋ", "%CE", "%ab", "%", "%C", "K", "ツ",
	}), 0, 8), func(p []string) string { return rooted(strings.Join(p, "")) })
	paths = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
		"/", "k", "m", "km", "n", "?", "=", "&", ".", "-", ";", "%CE%AB", "%CE", "Ϋ", "K", "ツ", ":", "%20",
	}), 0, 8), func(p []string) string { return "/" + strings.Join(p, "") })
	spaces = rapid.SampledFrom([]string{"", " ", "\t", "  "})
	ends   = rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\n\n", " # x: y\n", "#\r"})
)

// rooted returns a pattern that both parsers read alike: with a slash or a star at its beginning.
func rooted(p string) string {
	if p != "" && !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "*") {
		return "/" + p
	}
	return p
}

func drawFile(t *rapid.T) string {
	var b strings.Builder
	b.WriteString(rapid.SampledFrom([]string{"", "\ufeff", "\n", "# x\n"}).Draw(t, "head"))
	for range rapid.IntRange(0, 12).Draw(t, "lines") {
		kind := rapid.SampledFrom([]string{"agent", "agent", "allow", "disallow", "disallow", "other"}).Draw(t, "kind")
		value := patterns
		if kind == "agent" {
			value = agents
		}
		b.WriteString(spaces.Draw(t, "indent") + keys[kind].Draw(t, "key") + spaces.Draw(t, "space"))
		b.WriteString(rapid.SampledFrom([]string{":", ":", ":", " "}).Draw(t, "colon"))
		b.WriteString(spaces.Draw(t, "space") + value.Draw(t, "value") + ends.Draw(t, "end"))
	}
	return b.String()
}

// likeGoogle compares the verdicts on a generated file.
func likeGoogle(t *rapid.T) {
	file, path := drawFile(t), paths.Draw(t, "path")
	if ours, googles := verdicts(t, file, path); ours != googles {
		t.Fatalf("by the file\n%q\n%s is allowed: %v, by Google's parser %v", file, path, ours, googles)
	}
}

func TestLikeGoogle(t *testing.T) { rapid.Check(t, likeGoogle) }

func FuzzLikeGoogle(f *testing.F) { f.Fuzz(rapid.MakeFuzz(likeGoogle)) }
