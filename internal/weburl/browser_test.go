package weburl_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/weburl"
)

// A difference is where this package means to differ from a browser in what it refuses.
// The differences in what it writes are those of inOurForm.
type difference struct {
	why string
	err error
	is  func(ref, href string) bool // href is the browser's URL
}

var differences = []difference{
	{"a crawl has http and https alone", weburl.ErrScheme, func(_, href string) bool {
		return !strings.HasPrefix(href, "http://") && !strings.HasPrefix(href, "https://")
	}},
	{"credentials are refused, even empty ones", weburl.ErrCredentials, func(ref, _ string) bool { return strings.Contains(ref, "@") }},
	{"nothing can be connected to at port 0", weburl.ErrPort, func(_, href string) bool { return strings.HasSuffix(authority(href), ":0") }},
	{"DNS has no such name", weburl.ErrHost, func(_, href string) bool {
		return !dnsName.MatchString(hostname(href)) || len(strings.TrimSuffix(hostname(href), ".")) > 253
	}},
	{"the URL is too long", weburl.ErrTooLong, func(ref, href string) bool {
		return len(inOurForm(href)) > weburl.MaxLength || len(ref) > 8*weburl.MaxLength
	}},
}

var dnsName = regexp.MustCompile(`^([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$|^\[`)

func authority(href string) string {
	_, rest, _ := strings.Cut(href, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	return rest[strings.LastIndexByte(rest[:end], '@')+1 : end]
}

func hostname(href string) string {
	h := authority(href)
	if i := strings.LastIndexByte(h, ':'); i > strings.LastIndexByte(h, ']') {
		h = h[:i]
	}
	return h
}

var (
	anyEscape = regexp.MustCompile(`%([0-9A-Fa-f]{2})?`)
	bare      = regexp.MustCompile(`^%(2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])$`)
	encoded   = strings.NewReplacer("[", "%5B", "]", "%5D", "|", "%7C", "^", "%5E", "`", "%60", "{", "%7B", "}", "%7D", `\`, "%5C")
)

// inOurForm rewrites a browser's URL by the rules that are this package's own. A crawl fetches a
// page once for each URL, so it writes one URL in one way:
//
//   - there is no fragment, which no server gets;
//   - percent-encoding has upper-case digits, and none of unreserved characters (RFC 3986, section
//     6.2.2); characters that RFC 3986 has not in paths and queries are encoded;
//   - a percent sign that begins no escape is encoded, as it could else become the beginning of one
//     when an escape behind it is decoded;
//   - an IPv6 address that holds an IPv4 one ends in its decimal form (RFC 5952, section 5).
func inOurForm(href string) string {
	href, _, _ = strings.Cut(href, "#")
	scheme, rest, _ := strings.Cut(href, "://")
	end := strings.IndexAny(rest, "/?")
	host, path := rest[:end], rest[end:]
	if i := strings.IndexByte(host, ']'); i > 0 {
		if a, err := netip.ParseAddr(host[1:i]); err == nil && a.Is4In6() {
			host = "[" + a.String() + host[i:]
		}
	}
	path = anyEscape.ReplaceAllStringFunc(encoded.Replace(path), func(s string) string {
		s = strings.ToUpper(s)
		switch {
		case s == "%":
			return "%25"
		case bare.MatchString(s):
			return string(hexByte(s[1])<<4 | hexByte(s[2]))
		}
		return s
	})
	return scheme + "://" + host + path
}

func hexByte(c byte) byte { return byte(strings.IndexByte("0123456789ABCDEF", c)) }

// compare checks what this package makes of a reference against what a browser does, whose href
// is empty when it refuses it.
func compare(t interface{ Errorf(string, ...any) }, base weburl.URL, ref, href string) {
	got, err := base.Resolve(ref)
	if href == "" {
		if err == nil {
			t.Errorf("%q on %q is %q, a browser refuses it", ref, base, got)
		}
		return
	}
	if err == nil {
		if want := inOurForm(href); got.String() != want {
			t.Errorf("%q on %q is %q, want %q of the browser's %q", ref, base, got, want, href)
		}
		return
	}
	for _, d := range differences {
		if errors.Is(err, d.err) && d.is(ref, href) {
			return
		}
	}
	t.Errorf("%q on %q is refused with %v, a browser has %q", ref, base, err, href)
}

// Each case of testdata/browser.json is a reference, its base, and what the reference implementation
// of the WHATWG URL standard makes of it; testdata/browser.js made them.
func TestLikeBrowsers(t *testing.T) {
	data, err := os.ReadFile("testdata/browser.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][3]*string
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 4000 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		base := weburl.URL{}
		if c[1] != nil {
			base = mustParse(t, *c[1])
		}
		href := ""
		if c[2] != nil {
			href = *c[2]
		}
		compare(t, base, *c[0], href)
	}
}

// webPlatformTests reads a file of the URL tests that browsers share, which the other parser's module
// has.
func webPlatformTests(t *testing.T, name string) (cases []webPlatformTest) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/nlnwa/whatwg-url").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage // strings among them are comments
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all {
		var c webPlatformTest
		if json.Unmarshal(raw, &c) == nil {
			cases = append(cases, c)
		}
	}
	if len(cases) < 30 {
		t.Fatalf("%s has %d cases", name, len(cases))
	}
	return cases
}

type webPlatformTest struct {
	Input  string  `json:"input"`
	Base   string  `json:"base"`
	Href   string  `json:"href"`   // empty when the URL is refused
	Output *string `json:"output"` // of a host, nil when it is refused
}

func TestWebPlatformTests(t *testing.T) {
	for _, c := range webPlatformTests(t, "urltestdata.json") {
		base := weburl.URL{}
		if c.Base != "" {
			var err error
			if base, err = weburl.Parse(c.Base); err != nil {
				continue // of another scheme
			}
		}
		compare(t, base, c.Input, c.Href)
	}
	for _, name := range []string{"toascii.json", "IdnaTestV2.json"} {
		for _, c := range webPlatformTests(t, name) {
			switch {
			case strings.ContainsAny(c.Input, "?#/") || c.Input == "":
				// It ends the host.
			case c.Output == nil:
				compare(t, weburl.URL{}, "https://"+c.Input+"/x", "")
			default:
				compare(t, weburl.URL{}, "https://"+c.Input+"/x", "https://"+*c.Output+"/x")
			}
		}
	}
}

// Each case of testdata/cases.json is a reference, its base, and the URL, null for none.
func TestCases(t *testing.T) {
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Reference string `json:"reference"`
		Base      string `json:"base"`
		URL       string `json:"url"`
	}
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) == 0 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		u, err := mustParse(t, c.Base).Resolve(c.Reference)
		if u.String() != c.URL || (err != nil) != (c.URL == "") {
			t.Errorf("%q on %q is %q, %v; want %q", c.Reference, c.Base, u, err, c.URL)
		}
	}
}

func mustParse(t interface{ Fatal(...any) }, raw string) weburl.URL {
	u, err := weburl.Parse(raw)
	if err != nil {
		t.Fatal(raw, err)
	}
	return u
}

// defects are those of the other parser.
var defects = []struct {
	in   *regexp.Regexp
	what string
}{
	{regexp.MustCompile(`_`), "it refuses names with an underscore and a letter beyond ASCII"},
	{regexp.MustCompile(`[-+][\t\n\x{ad}]*(%3)?[0-9]`), "it takes -1 for a number of an IPv4 address"},
	{regexp.MustCompile(`xn--`), "it takes a label that is xn-- and no more for an empty one"},
	{regexp.MustCompile(`\[[\t\n]*\[|\][\t\n]*\]`), "it takes more brackets than one for one"},
}

// likeWHATWG compares what is made of a generated reference with a parser of the WHATWG URL
// standard written by others.
func likeWHATWG(t *rapid.T) {
	base, err := weburl.Parse("http://h/" + strings.Join(rapid.SliceOf(pieces).Draw(t, "base"), ""))
	if err != nil {
		t.Skip(err)
	}
	ref := rapid.SampledFrom([]string{"", "", "http://", "https://h/", "//"}).Draw(t, "begin") +
		strings.Join(rapid.SliceOf(pieces).Draw(t, "ref"), "")
	for _, d := range defects {
		if d.in.MatchString(ref) || !utf8.ValidString(ref) {
			t.Skip("a browser decodes before it parses, and replaces what is no UTF-8; or", d.what)
		}
	}
	href := ""
	if u, err := whatwg.ParseRef(base.String(), ref); err == nil {
		href = u.Href(true)
	}
	compare(t, base, ref, href)
}

func TestLikeWHATWG(t *testing.T) { rapid.Check(t, likeWHATWG) }

func FuzzLikeWHATWG(f *testing.F) { f.Fuzz(rapid.MakeFuzz(likeWHATWG)) }
