package robots_test

import (
	"strings"
	"testing"

	"github.com/jimsmart/grobotstxt"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/robots"
)

// differences are where this package means to differ from Google's parser. All else is compared
// by TestLikeGoogle.
var differences = []struct {
	name, file, path string
	allowed          bool // here; there it is the other way round
	why              string
}{
	{"a delay ends the list of agents", "User-agent: *\nCrawl-delay: 9\nUser-agent: x\nDisallow: /", "/a", true,
		"Google does not obey Crawl-delay, so it is no directive there"},
	{"robots.txt itself", "User-agent: *\nDisallow: /", "/robots.txt", true, "it may always be fetched (RFC 9309, section 2.2.2)"},
	{"no slash in front", "User-agent: *\nDisallow: a", "/a", false, "its author meant the path; there it matches nothing"},
	{"index.html", "User-agent: *\nDisallow: /\nAllow: /index.html", "/", false, "RFC 9309 has no names for the folder itself"},
	{"needless escape", "User-agent: *\nDisallow: /%61", "/a", false, "escapes of unreserved characters are equal to them (RFC 9309, section 2.2.2)"},
	{"an escape in lower case", "User-agent: *\nDisallow: /%c3%a4", "/%C3%A4", false, "the port makes another byte of a digit when it writes it in upper case"},
	{"encoded characters", "User-agent: *\nDisallow: /a b|c", "/a%20b%7Cc", false, "a pattern is encoded as URLs are, not from 0x80 on only"},
	{"encoded star", "User-agent: *\nDisallow: /%2A", "/*", false, "it stands for the character (RFC 9309, section 2.2.3)"},
	{"encoded dollar", "User-agent: *\nDisallow: /%24a", "/$a", false, "it stands for the character (RFC 9309, section 2.2.3)"},
	{"an apostrophe in a query", "User-agent: *\nDisallow: /?'", "/?'", false, "browsers encode it there, and not in a path: both forms are one"},
	{"percent sign for itself", "User-agent: *\nDisallow: /%$", "/%", false, "normalised URLs have %25"},
	{"a cut escape in lower case", "User-agent: *\nDisallow: /%c", "/%C3%A4", false, "escapes of URLs are in upper case"},
	{"more misspellings", "User-agent: *\nDiallow: /", "/a", false, "these are as common as those that Google knows"},
	{"words of a key apart", "User_agent: *\nDis-allow: /", "/a", false, "what separates the words of a key is no part of it"},
	{"a missing colon before a URL's", "User-agent: *\nDisallow /a:b", "/a:b", false, "there the colon of the value ends the key"},
	{"two colons", "User-agent:: *\nDisallow:: /", "/a", false, "there the second one is part of the value"},
	{"a plus sign behind a name", "User-agent: inndx+x\nDisallow: /", "/a", false, "the port takes all characters of an HTTP token for a name's, + included"},
	{"a browser's name", "User-agent: Mozilla/5.0 (compatible; inndx/1.0)\nDisallow: /", "/a", false, "a whole user agent names its crawler"},
	{"UTF-16", utf16("\xff\xfe", "User-agent: *\nDisallow: /", false), "/a", false, "there files are in UTF-8 alone"},
	{"NULs", "User-agent: *\nDisallow: /a\x00b", "/ab", false, "they stand for nothing"},
	{"a mark inside the file", "\n\ufeffUser-agent: *\nDisallow: /", "/a", false, "files are put together of files"},
	{"half a mark", "\xef\xbbUser-agent: *\nDisallow: /", "/a", true, "no editor writes that"},
	{"a long line", "User-agent: *\nDisallow: /a" + strings.Repeat("*", 20_000) + "b", "/a", true, "there lines are cut at 16 KiB"},
	{"a long file", "User-agent: *\n" + strings.Repeat("#\n", robots.MaxBytes/2) + "Disallow: /", "/a", true, "there the caller cuts it"},
}

func TestDifferencesFromGoogle(t *testing.T) {
	for _, d := range differences {
		ours, theirs := verdicts(t, d.file, d.path)
		if ours != d.allowed || theirs == d.allowed {
			t.Errorf("%s: here allowed is %v, there %v; want %v here, and not there: %s", d.name, ours, theirs, d.allowed, d.why)
		}
	}
}

// verdicts says whether a file lets the crawler inndx fetch a path, here and by Google's parser,
// which gets the URL as normalised: it asks for an escaped one.
func verdicts(t interface{ Fatal(...any) }, file, path string) (ours, theirs bool) {
	u := parseURL(t, "http://h"+path)
	return robots.Parse([]byte(file), "inndx").Allowed(u), grobotstxt.AgentAllowed(file, "inndx", u.String())
}

// A robots.txt of all that both parsers read alike: no letter is a hexadecimal digit, so that none
// continues a cut escape, and no escape has a digit.
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

// rooted returns a pattern as both parsers want it: see differences.
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

// likeGoogle compares the verdicts on what both parsers mean to read alike.
func likeGoogle(t *rapid.T) {
	file, path := drawFile(t), paths.Draw(t, "path")
	if ours, theirs := verdicts(t, file, path); ours != theirs {
		t.Fatalf("%s of\n%q\nis allowed: here %v, there %v", path, file, ours, theirs)
	}
}

func TestLikeGoogle(t *testing.T) { rapid.Check(t, likeGoogle) }

func FuzzLikeGoogle(f *testing.F) { f.Fuzz(rapid.MakeFuzz(likeGoogle)) }
