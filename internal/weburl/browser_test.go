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

// A difference is a deliberate difference from browsers in what is refused. For the differences in
// how URLs are written see inOurForm.
type difference struct {
	why string
	err error
	is  func(ref, href string) bool // href is the browser's URL
}

var differences = []difference{
	{"only http and https are crawled", weburl.ErrScheme, func(_, href string) bool {
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

// inOurForm rewrites a browser's URL by the rules that only this package has. A crawl fetches each
// URL once, so every URL is written in one way:
//
//   - There is no fragment, because servers never see it.
//   - Percent-encoding has upper-case digits, and unreserved characters are not encoded (RFC 3986,
//     section 6.2.2). Characters that RFC 3986 does not allow in paths and queries are encoded.
//   - A percent sign that begins no escape is encoded, because it could become the beginning of one
//     when an escape after it is decoded.
//   - An IPv4-mapped IPv6 address ends in the decimal form of the IPv4 address (RFC 5952, section
//     5).
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

// compare compares how this package and a browser resolve a reference. href is the browser's URL,
// empty if the browser refuses the reference.
func compare(t interface{ Errorf(string, ...any) }, base weburl.URL, ref, href string) {
	got, err := base.Resolve(ref)
	if href == "" {
		if err == nil {
			t.Errorf("%q on %q is %q, but a browser refuses it", ref, base, got)
		}
		return
	}
	if err == nil {
		if want := inOurForm(href); got.String() != want {
			t.Errorf("%q on %q is %q, want %q for the browser's %q", ref, base, got, want, href)
		}
		return
	}
	for _, d := range differences {
		if errors.Is(err, d.err) && d.is(ref, href) {
			return
		}
	}
	t.Errorf("%q on %q gives the error %v, but a browser has %q", ref, base, err, href)
}

// Each case of testdata/browser.json is a reference, its base, and the URL that the reference
// implementation of the WHATWG URL standard makes of it. testdata/browser.js wrote the file.
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

// webPlatformTests reads a file of the URL tests that browsers share. The module of the other
// parser contains them.
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
	Href   string  `json:"href"`   // empty if the URL is refused
	Output *string `json:"output"` // the host, nil if it is refused
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

// Each case of testdata/cases.json is a reference, its base and the URL, which is null if the
// reference is refused.
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
		t.Run(c.Base+" "+c.Reference, func(t *testing.T) {
			u, err := mustParse(t, c.Base).Resolve(c.Reference)
			if u.String() != c.URL || (err != nil) != (c.URL == "") {
				t.Errorf("Resolve = %q, %v; want %q", u, err, c.URL)
			}
		})
	}
}

// defects are references that the other parser resolves wrongly.
var defects = []struct {
	in   *regexp.Regexp
	what string
}{
	{regexp.MustCompile(`_`), "it refuses names with an underscore and a letter beyond ASCII"},
	{regexp.MustCompile(`[-+][\t\n\x{ad}]*(%3)?[0-9]`), "it accepts -1 as a number of an IPv4 address"},
	{regexp.MustCompile(`xn--`), "it accepts the label xn-- as an empty one"},
	{regexp.MustCompile(`\[[\t\n]*\[|\][\t\n]*\]`), "it accepts several brackets as one"},
}

// likeWHATWG resolves a generated reference, and compares the result with that of another parser of
// the WHATWG URL standard.
func likeWHATWG(t *rapid.T) {
	base, err := weburl.Parse("http://h/" + strings.Join(rapid.SliceOf(pieces).Draw(t, "base"), ""))
	if err != nil {
		t.Skip(err)
	}
	ref := rapid.SampledFrom([]string{"", "", "http://", "https://h/", "//"}).Draw(t, "begin") +
		strings.Join(rapid.SliceOf(pieces).Draw(t, "ref"), "")
	for _, d := range defects {
		if d.in.MatchString(ref) || !utf8.ValidString(ref) {
			t.Skip("browsers replace what is not valid UTF-8 before they parse; or", d.what)
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
