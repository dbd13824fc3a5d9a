package weburl_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/weburl"
)

func TestParse(t *testing.T) {
	long := "http://h/" + strings.Repeat("a", weburl.MaxLength-len("http://h/"))
	for _, c := range []struct {
		raw, want string
		err       error
	}{
		// scheme
		{"http://example.com/", "http://example.com/", nil},
		{"HTTPS://example.com/", "https://example.com/", nil},
		{"hTTp:\\\\example.com\\a\\b?c\\d", "http://example.com/a/b?c%5Cd", nil},
		{"http:example.com", "http://example.com/", nil},
		{"http:/example.com/a", "http://example.com/a", nil},
		{"https:////example.com/a", "https://example.com/a", nil},
		{"ftp://example.com/", "", weburl.ErrScheme},
		{"file:///etc/passwd", "", weburl.ErrScheme},
		{"gopher://example.com/", "", weburl.ErrScheme},
		{"javascript:alert(1)", "", weburl.ErrScheme},
		{"mailto:a@example.com", "", weburl.ErrScheme},
		{"java\nscript:alert(1)", "", weburl.ErrScheme},
		{"data:text/html,<a href=/>", "", weburl.ErrScheme},
		{"example.com/a", "", weburl.ErrRelative},
		{"//example.com/a", "", weburl.ErrRelative},
		{"", "", weburl.ErrRelative},
		{"1http://example.com/", "", weburl.ErrRelative},
		{"%68ttp://example.com/", "", weburl.ErrRelative},

		// white space and fragment
		{" \t\n\x00http://example.com/a \r\n", "http://example.com/a", nil},
		{"ht\ntp://exa\tmple.com/a\r\nb", "http://example.com/ab", nil},
		{"http://example.com/a b", "http://example.com/a%20b", nil},
		{"http://example.com/a#b?c", "http://example.com/a", nil},
		{"http://example.com#", "http://example.com/", nil},
		{" http://h/a #b ", "http://h/a%20", nil},
		{"http://h/a?b #", "http://h/a?b%20", nil},
		{"http://h/a\n#b", "http://h/a", nil},

		// host
		{"http://EXAMPLE.Com", "http://example.com/", nil},
		{"http://ex%61mple.com/", "http://example.com/", nil},
		{"http://bücher.example/", "http://xn--bcher-kva.example/", nil},
		{"http://B%C3%BCcher.example/", "http://xn--bcher-kva.example/", nil},
		{"http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/", nil},
		{"http://XN--BCHER-KVA.example/", "http://xn--bcher-kva.example/", nil},
		{"http://faß.example/", "http://xn--fa-hia.example/", nil},
		{"http://ex。ample/", "http://ex.ample/", nil},
		{"http://a_b.example/", "http://a_b.example/", nil},
		{"http://example.com./", "http://example.com./", nil},
		{"http://r3---sn.example/", "http://r3---sn.example/", nil},
		{"http://", "", weburl.ErrHost},
		{"http:///", "", weburl.ErrHost},
		{"http://./", "", weburl.ErrHost},
		{"http://a..b/", "", weburl.ErrHost},
		{"http://.a/", "", weburl.ErrHost},
		{"http://a b/", "", weburl.ErrHost},
		{"http://a%00b/", "", weburl.ErrHost},
		{"http://a%2Fb/", "", weburl.ErrHost},
		{"http://a%zzb/", "", weburl.ErrHost},
		{"http://a<b/", "", weburl.ErrHost},
		{"http://a^b/", "", weburl.ErrHost},
		{"http://\xff/", "", weburl.ErrHost},
		{"http://xn--/", "", weburl.ErrHost},
		{"http://a.xn--/", "", weburl.ErrHost},
		{"http://a.\u00ad/", "http://a./", nil},
		{"http://ẞ.example/", "http://xn--zca.example/", nil},

		// IDNA's Bidi rule (RFC 5893), for names that have a label from right to left
		{"http://xn--a-yoc/", "", weburl.ErrHost},
		{"http://aא.example/", "", weburl.ErrHost},
		{"http://1.א/", "", weburl.ErrHost},
		{"http://1א/", "", weburl.ErrHost},
		{"http://א1.example/", "http://xn--1-zhc.example/", nil},
		{"http://www.אב/", "http://www.xn--4dbc/", nil},
		{"http://" + strings.Repeat("a", 64) + ".example/", "", weburl.ErrHost},
		{"http://a\u00adb/", "http://ab/", nil},
		{"http://" + strings.Repeat("\u00ad", 64) + "a/", "", weburl.ErrHost},
		{"http://" + strings.Repeat("ä", 64) + ".example/", "", weburl.ErrHost},
		{"http://" + strings.Repeat("ä.", 127) + "a/", "", weburl.ErrHost},
		{"http://" + strings.Repeat("a.", 127) + "aa/", "", weburl.ErrHost},

		// addresses
		{"http://127.0.0.1/", "http://127.0.0.1/", nil},
		{"http://2130706433/", "http://127.0.0.1/", nil},
		{"http://0x7f000001/", "http://127.0.0.1/", nil},
		{"http://0177.0.0.1/", "http://127.0.0.1/", nil},
		{"http://127.1./", "http://127.0.0.1/", nil},
		{"http://0xA9.0xFE.0xA9.0xFE/", "http://169.254.169.254/", nil},
		{"http://１２７.0.0.1/", "http://127.0.0.1/", nil},
		{"http://①②⑦.0.0.1/", "http://127.0.0.1/", nil},
		{"http://0x/", "http://0.0.0.0/", nil},
		{"http://256.0.0.1/", "", weburl.ErrHost},
		{"http://1.2.3.4.5/", "", weburl.ErrHost},
		{"http://4294967296/", "", weburl.ErrHost},
		{"http://0xfffffffffffffffffff/", "", weburl.ErrHost},
		{"http://a.09/", "", weburl.ErrHost},
		{"http://1.example/", "http://1.example/", nil},
		{"http://[::1]/", "http://[::1]/", nil},
		{"http://[2001:DB8:0:0::1]:80/", "http://[2001:db8::1]/", nil},
		{"http://[::ffff:127.0.0.1]:8080/", "http://[::ffff:127.0.0.1]:8080/", nil},
		{"http://[fe80::1%25eth0]/", "", weburl.ErrHost},
		{"http://[127.0.0.1]/", "", weburl.ErrHost},
		{"http://[::1/", "", weburl.ErrHost},
		{"http://[::1]a/", "", weburl.ErrHost},
		{"http://[/", "", weburl.ErrHost},

		// port and credentials
		{"http://example.com:80/", "http://example.com/", nil},
		{"https://example.com:443/", "https://example.com/", nil},
		{"http://example.com:443/", "http://example.com:443/", nil},
		{"http://example.com:/", "http://example.com/", nil},
		{"http://example.com:0080/", "http://example.com/", nil},
		{"http://example.com:0/", "", weburl.ErrPort},
		{"http://example.com:65536/", "", weburl.ErrPort},
		{"http://example.com:+1/", "", weburl.ErrPort},
		{"http://example.com:a/", "", weburl.ErrPort},
		{"http://user@example.com/", "", weburl.ErrCredentials},
		{"http://user:secret@example.com/", "", weburl.ErrCredentials},
		{"http://@example.com/", "", weburl.ErrCredentials},
		{"http://example.com\\@evil.example/", "http://example.com/@evil.example/", nil},
		{"http://example.com/@a", "http://example.com/@a", nil},
		{"http://example.com?a@b", "http://example.com/?a@b", nil},

		// path
		{"http://h/a/./b/../c", "http://h/a/c", nil},
		{"http://h/../../a", "http://h/a", nil},
		{"http://h/a/..", "http://h/", nil},
		{"http://h/a/b/.", "http://h/a/b/", nil},
		{"http://h/a/%2e%2E/b", "http://h/b", nil},
		{"http://h/a//../b", "http://h/a/b", nil},
		{"http://h//a//b", "http://h//a//b", nil},
		{"http://h/.a/..b/c.", "http://h/.a/..b/c.", nil},
		{"http://h/a/...", "http://h/a/...", nil},
		{"http://h/%7ea%2Db%41", "http://h/~a-bA", nil},
		{"http://h/%c3%a4%2f", "http://h/%C3%A4%2F", nil},
		{"http://h/ä", "http://h/%C3%A4", nil},
		{"http://h/\xe4", "http://h/%E4", nil},
		{"http://h/\"<>`{}|^[]", "http://h/%22%3C%3E%60%7B%7D%7C%5E%5B%5D", nil},
		{"http://h/!$&'()*+,;=:@", "http://h/!$&'()*+,;=:@", nil},
		{"http://h/100%", "http://h/100%25", nil},
		{"http://h/%4%31", "http://h/%2541", nil},
		{"http://h/%zz", "http://h/%25zz", nil},
		{"http://h/%00", "http://h/%00", nil},

		// query
		{"http://h?", "http://h/?", nil},
		{"http://h?a=1&b=%7e", "http://h/?a=1&b=~", nil},
		{"http://h/?a/../b", "http://h/?a/../b", nil},
		{"http://h/?a?b", "http://h/?a?b", nil},
		{"http://h/?q=a b+c", "http://h/?q=a%20b+c", nil},
		{"http://h/?a[]=1", "http://h/?a%5B%5D=1", nil},
		{"http://h/?ä", "http://h/?%C3%A4", nil},
		{"http://h/it's?it's%27", "http://h/it's?it%27s%27", nil},

		// length
		{long, long, nil},
		{long + "a", "", weburl.ErrTooLong},
		{long + "#" + long, long, nil},
		{"http://h/" + strings.Repeat("%61", 1000), "http://h/" + strings.Repeat("a", 1000), nil},
		{"http://h/" + strings.Repeat("ä", 1000), "", weburl.ErrTooLong},
		{"http://h/" + strings.Repeat("./", 1<<20), "", weburl.ErrTooLong},
	} {
		u, err := weburl.Parse(c.raw)
		if u.String() != c.want || !errors.Is(err, c.err) {
			t.Errorf("Parse(%.80q) = %.80q, %v; want %.80q, %v", c.raw, u, err, c.want, c.err)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct{ base, ref, want string }{
		{"http://h/a/b?q", "", "http://h/a/b?q"},
		{"http://h/a/b?q", "#f", "http://h/a/b?q"},
		{"http://h/a/b?q", "?r", "http://h/a/b?r"},
		{"http://h/a/b?q", "c", "http://h/a/c"},
		{"http://h/a/b?q", "c/", "http://h/a/c/"},
		{"http://h/a/b?q", "./", "http://h/a/"},
		{"http://h/a/b?q", ".", "http://h/a/"},
		{"http://h/a/b?q", "..", "http://h/"},
		{"http://h/a/b?q", "../..", "http://h/"},
		{"http://h/a/b?q", "../../../c", "http://h/c"},
		{"http://h/a/b?q", ".c", "http://h/a/.c"},
		{"http://h/a/b?q", "%2e%2e/c", "http://h/c"},
		{"http://h/a/b?q", "..\\c", "http://h/c"},
		{"http://h/a/b?q", "/c", "http://h/c"},
		{"http://h/a/b?q", "\\c", "http://h/c"},
		{"http://h/a/b?q", "//i", "http://i/"},
		{"https://h/a/b?q", "//i:443/c", "https://i/c"},
		{"https://h/a/b?q", "\\/i/c", "https://i/c"},
		{"https://h/a/b?q", "///i/c", "https://i/c"},
		{"http://h/a/b?q", "http:c", "http://h/a/c"},
		{"http://h/a/b?q", "http:/c", "http://h/c"},
		{"http://h/a/b?q", "http:?r", "http://h/a/b?r"},
		{"http://h/a/b?q", "https:c", "https://c/"},
		{"http://h/a/b?q", "https://i", "https://i/"},
		{"http://h:8080/a/b", "/c", "http://h:8080/c"},
		{"http://h/a/b", "c:d", ""}, // a scheme
		{"http://h/a/b", "./c:d", "http://h/a/c:d"},
		{"http://h/a/b", "/c:d", "http://h/c:d"},
		{"http://h/a/b", "c?d:e", "http://h/a/c?d:e"},
		{"http://h/a/b", "1c:d", "http://h/a/1c:d"},
		{"http://h/?a/b", "c", "http://h/c"},
		{"http://h//", "c", "http://h//c"},
	} {
		base, err := weburl.Parse(c.base)
		if err != nil {
			t.Fatal(err)
		}
		u, err := base.Resolve(c.ref)
		if u.String() != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s + %q = %q, %v; want %q", c.base, c.ref, u, err, c.want)
		}
		if v, err2 := base.ResolveBytes([]byte(c.ref)); v != u || err2 != err {
			t.Errorf("%s + %q = %q, %v as bytes; want %q, %v", c.base, c.ref, v, err2, u, err)
		}
	}
}

// Of a URL that is too long its beginning can be told, and is written like no URL.
func TestBeginning(t *testing.T) {
	base, _ := weburl.Parse("http://h/dir/page?q")
	long := strings.Repeat("é", 1000) // in a URL six bytes each
	for ref, begins := range map[string]string{
		"https://i/" + long: "https://i/%C3%A9", "/" + long: "http://h/%C3%A9", long: "http://h/dir/%C3%A9", "?" + long: "http://h/dir/page?%C3%A9",
		"//i/" + strings.Repeat("a", 20_000): "http://i/aaa", "HTTP://I/" + strings.Repeat("../", 9_000): "http://i/",
	} {
		if _, err := base.Resolve(ref); err != weburl.ErrTooLong {
			t.Errorf("%.40s is resolved with %v", ref, err)
		}
		got := base.Beginning(ref)
		if !strings.HasPrefix(got, begins) || !strings.HasSuffix(got, "…") || len(got) > weburl.MaxLength || !utf8.ValidString(got) {
			t.Errorf("%.40s begins as %q", ref, got)
		}
		if u, err := weburl.Parse(got); err == nil && u.String() == got {
			t.Errorf("%q is a URL", got)
		}
	}
	for _, ref := range []string{"data:text/html," + strings.Repeat("a", 20_000), "http://u@h/" + strings.Repeat("a", 20_000)} {
		if got := base.Beginning(ref); got != "" {
			t.Errorf("%.40s begins as %q", ref, got)
		}
	}
	exact := "http://h/" + strings.Repeat("a", weburl.MaxLength-len("http://h/"))
	if _, err := weburl.Parse(exact); err != nil {
		t.Errorf("a URL of %d bytes is refused: %v", len(exact), err)
	}
	if _, err := weburl.Parse(exact + "a"); err != weburl.ErrTooLong {
		t.Errorf("a URL of %d bytes is refused with %v", len(exact)+1, err)
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct{ raw, scheme, host, hostname, port, origin, path, uri string }{
		{"http://example.com", "http", "example.com", "example.com", "80", "http://example.com", "/", "/"},
		{"https://h:8443/a?b?c", "https", "h:8443", "h", "8443", "https://h:8443", "/a", "/a?b?c"},
		{"https://[::1]/", "https", "[::1]", "::1", "443", "https://[::1]", "/", "/"},
		{"https://[::1]:8443?", "https", "[::1]:8443", "::1", "8443", "https://[::1]:8443", "/", "/?"},
	} {
		u, err := weburl.Parse(c.raw)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{u.Scheme(), u.Host(), u.Hostname(), u.Port(), u.Origin(), u.Path(), u.RequestURI()}
		want := []string{c.scheme, c.host, c.hostname, c.port, c.origin, c.path, c.uri}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s has the parts %q, want %q", c.raw, got, want)
		}
	}
	var zero weburl.URL
	if !zero.IsZero() || zero.String()+zero.Scheme()+zero.Host()+zero.Hostname()+zero.Origin()+zero.Path()+zero.RequestURI() != "" {
		t.Error("the zero URL is not empty")
	}
}

// Logs hold URLs as they were normalised when they were found, so this must stay the same. An
// apostrophe in a query is the one exception: it is as in the first column in earlier logs.
func TestSpellingsAreStable(t *testing.T) {
	for earlier, now := range map[string]string{
		"http://h/":                  "",
		"http://h/?":                 "",
		"http://h/it's?q=it's":       "http://h/it's?q=it%27s",
		"https://[::ffff:1.2.3.4]:8": "https://[::ffff:1.2.3.4]:8/",
		"http://xn--bcher-kva.a/":    "", "http://a_b.c-./x": "",
		"http://h/%25%2F%5B%5D%7C%5E%60%7B%7D%22%3C%3E%20%5C%E4%00": "",
		"http://h/~a-b_c.d!$&()*+,;=:@//x;y=z/...":                  "",
		"http://h/?%25%5B%5D%7C%5E%60%7B%7D%22%3C%3E%20%5C%23%27":   "",
		"http://h/?~a-b_c.d!$&()*+,;=:@/?":                          "",
		"http://127.0.0.1:81/a/?b/../c":                             "",
	} {
		if now == "" {
			now = earlier
		}
		if u, err := weburl.Parse(earlier); err != nil || u.String() != now {
			t.Errorf("%q has become %q, %v; want %q", earlier, u, err, now)
		}
	}
}

// check verifies what holds for every URL.
func check(t interface{ Errorf(string, ...any) }, u weburl.URL) {
	s := u.String()
	if len(s) > weburl.MaxLength {
		t.Errorf("%q has %d bytes", s, len(s))
	}
	again, err := weburl.Parse(s)
	if err != nil || again != u {
		t.Errorf("%q parses to %q, %v", s, again, err)
	}
	std, err := url.Parse(s)
	if err != nil {
		t.Errorf("net/url refuses %q: %v", s, err)
		return
	}
	if std.Scheme != u.Scheme() || std.Host != u.Host() || std.RequestURI() != u.RequestURI() {
		t.Errorf("net/url reads %q as %q %q %q", s, std.Scheme, std.Host, std.RequestURI())
	}
	if u.Scheme()+"://"+u.Host()+u.RequestURI() != s {
		t.Errorf("%q is not the sum of its parts", s)
	}
	if host := weburl.HostOf(s); host != u.Host() {
		t.Errorf("HostOf(%q) = %q, want %q", s, host, u.Host())
	}
	origin, path, query := weburl.Split(s)
	if _, want, _ := strings.Cut(u.RequestURI(), "?"); origin != u.Origin() || path != u.Path() || query != want {
		t.Errorf("Split(%q) = %q, %q, %q; want %q, %q, %q", s, origin, path, query, u.Origin(), u.Path(), want)
	}
	if weburl.KeyOf(s) != u.Key() || weburl.KeyOfText(s) != u.Key() {
		t.Errorf("KeyOf or KeyOfText of %q differs from its Key", s)
	}
	for _, segment := range strings.Split(u.Path(), "/") {
		if segment == "." || segment == ".." {
			t.Errorf("%q has a dot segment", s)
		}
	}
}

var pieces = rapid.SampledFrom([]string{
	"http:", "https:", "HTTP:", "ftp:", "/", "//", "\\", "a", "B", ".", "..", "%2e", "%2E", "%", "%4", "31", "%41",
	"?", "#", "@", ":", ":80", ":443", ":8080", "[", "]", "[::1]", "::", "1", "0x7f", "017", "127.0.0.1", "ä", "ß",
	"xn--", "xn--bcher-kva", "-", "_", "~", " ", "\t", "\n", "\x00", "\xff", "'", "\"", "*", "$", "=", "&", "+", "。", "\u00ad",
})

func TestNormalisedStaysAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, err := weburl.Parse("http://h/" + strings.Join(rapid.SliceOf(pieces).Draw(t, "base"), ""))
		if err != nil {
			t.Skip(err)
		}
		check(t, base)
		ref := strings.Join(rapid.SliceOf(pieces).Draw(t, "ref"), "")
		u, err := base.Resolve(ref)
		if err != nil {
			return
		}
		check(t, u)
		if v, err := base.ResolveBytes([]byte(ref)); err != nil || v != u {
			t.Errorf("ResolveBytes = %q, %v; Resolve = %q", v, err, u)
		}
		if v, err := base.Resolve(u.String()); err != nil || v != u {
			t.Errorf("%q resolved against %q is %q, %v", u, base, v, err)
		}
	})
}

// For paths that need no mending, net/url resolves as we do.
func TestResolvesLikeNetURL(t *testing.T) {
	segment := rapid.SampledFrom([]string{"a", "bc", ".", "..", "", "d.e", "..."})
	rapid.Check(t, func(t *rapid.T) {
		base := "http://h/" + strings.Join(rapid.SliceOf(segment).Draw(t, "base"), "/")
		ref := "/" + strings.Join(rapid.SliceOfN(segment, 1, 6).Draw(t, "ref"), "/")
		if rapid.Bool().Draw(t, "relative") {
			ref = "x" + ref
		}
		if strings.HasPrefix(ref, "//") {
			return
		}
		u, err := weburl.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		std, err := url.Parse(u.String())
		if err != nil {
			t.Fatal(err)
		}
		want, err := std.Parse(ref)
		if err != nil {
			t.Fatal(err)
		}
		got, err := u.Resolve(ref)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(base+ref, "//") && strings.Contains(ref, "..") {
			return // net/url and browsers differ in what .. takes away behind an empty segment
		}
		if got.String() != want.String() {
			t.Errorf("%s + %s = %s, net/url says %s", base, ref, got, want)
		}
	})
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		"http://example.com/a/../b?c#d", "HTTP:\\\\EX\tample.com:80\\..", "http://bücher.example/%4%31",
		"http://[::ffff:1.2.3.4]:0443", "http://0x7f.1", "//h/%2e%2e", "?q", "http:a", "\u00ad.h", "http://xn--a",
	} {
		f.Add("http://h/a/b", seed)
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, base, ref string) {
		b, err := weburl.Parse(base)
		if err == nil {
			check(t, b)
		}
		u, err := b.Resolve(ref)
		if err != nil {
			if !u.IsZero() {
				t.Errorf("%q with the error %v", u, err)
			}
			return
		}
		check(t, u)
		if v, err := b.ResolveBytes([]byte(ref)); err != nil || v != u {
			t.Errorf("ResolveBytes = %q, %v; Resolve = %q", v, err, u)
		}
	})
}
