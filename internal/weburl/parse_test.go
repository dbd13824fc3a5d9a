package weburl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/weburl"
)

func TestParse(t *testing.T) {
	long := "http://h/" + strings.Repeat("a", weburl.MaxLength-len("http://h/"))
	type parseCase struct {
		raw, want string
		err       error
	}
	for _, tt := range []struct {
		rule  string
		cases []parseCase
	}{
		{"scheme", []parseCase{
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
		}},
		{"white space and fragment", []parseCase{
			{" \t\n\x00http://example.com/a \r\n", "http://example.com/a", nil},
			{"ht\ntp://exa\tmple.com/a\r\nb", "http://example.com/ab", nil},
			{"http://example.com/a b", "http://example.com/a%20b", nil},
			{"http://example.com/a#b?c", "http://example.com/a", nil},
			{"http://example.com#", "http://example.com/", nil},
			{" http://h/a #b ", "http://h/a%20", nil},
			{"http://h/a?b #", "http://h/a?b%20", nil},
			{"http://h/a\n#b", "http://h/a", nil},
		}},
		{"host", []parseCase{
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
			{"http://" + strings.Repeat("a", 64) + ".example/", "", weburl.ErrHost},
			{"http://a\u00adb/", "http://ab/", nil},
			{"http://" + strings.Repeat("\u00ad", 64) + "a/", "", weburl.ErrHost},
			{"http://" + strings.Repeat("ä", 64) + ".example/", "", weburl.ErrHost},
			{"http://" + strings.Repeat("ä.", 127) + "a/", "", weburl.ErrHost},
			{"http://" + strings.Repeat("a.", 127) + "aa/", "", weburl.ErrHost},
		}},
		{"the Bidi rule of IDNA (RFC 5893)", []parseCase{
			{"http://xn--a-yoc/", "", weburl.ErrHost},
			{"http://aא.example/", "", weburl.ErrHost},
			{"http://1.א/", "", weburl.ErrHost},
			{"http://1א/", "", weburl.ErrHost},
			{"http://א1.example/", "http://xn--1-zhc.example/", nil},
			{"http://www.אב/", "http://www.xn--4dbc/", nil},
		}},
		{"addresses", []parseCase{
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
		}},
		{"port and credentials", []parseCase{
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
		}},
		{"path", []parseCase{
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
		}},
		{"query", []parseCase{
			{"http://h?", "http://h/?", nil},
			{"http://h?a=1&b=%7e", "http://h/?a=1&b=~", nil},
			{"http://h/?a/../b", "http://h/?a/../b", nil},
			{"http://h/?a?b", "http://h/?a?b", nil},
			{"http://h/?q=a b+c", "http://h/?q=a%20b+c", nil},
			{"http://h/?a[]=1", "http://h/?a%5B%5D=1", nil},
			{"http://h/?ä", "http://h/?%C3%A4", nil},
			{"http://h/it's?it's%27", "http://h/it's?it%27s%27", nil},
		}},
		{"length", []parseCase{
			{long, long, nil},
			{long + "a", "", weburl.ErrTooLong},
			{long + "#" + long, long, nil},
			{"http://h/" + strings.Repeat("%61", 1000), "http://h/" + strings.Repeat("a", 1000), nil},
			{"http://h/" + strings.Repeat("ä", 1000), "", weburl.ErrTooLong},
			{"http://h/" + strings.Repeat("./", 1<<20), "", weburl.ErrTooLong},
		}},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			for _, c := range tt.cases {
				u, err := weburl.Parse(c.raw)
				if u.String() != c.want || !errors.Is(err, c.err) {
					t.Errorf("Parse(%.80q) = %.80q, %v; want %.80q, %v", c.raw, u, err, c.want, c.err)
				}
			}
		})
	}
}

func TestParts(t *testing.T) {
	for _, tt := range []struct{ name, raw, scheme, host, hostname, port, origin, path, uri string }{
		{"defaults", "http://example.com", "http", "example.com", "example.com", "80", "http://example.com", "/", "/"},
		{"port and query", "https://h:8443/a?b?c", "https", "h:8443", "h", "8443", "https://h:8443", "/a", "/a?b?c"},
		{"IPv6 address", "https://[::1]/", "https", "[::1]", "::1", "443", "https://[::1]", "/", "/"},
		{"IPv6 address, port and empty query", "https://[::1]:8443?", "https", "[::1]:8443", "::1", "8443", "https://[::1]:8443", "/", "/?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := mustParse(t, tt.raw)
			got := []string{u.Scheme(), u.Host(), u.Hostname(), u.Port(), u.Origin(), u.Path(), u.RequestURI()}
			want := []string{tt.scheme, tt.host, tt.hostname, tt.port, tt.origin, tt.path, tt.uri}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s has the parts %q, want %q", tt.raw, got, want)
			}
		})
	}
	t.Run("zero URL", func(t *testing.T) {
		var zero weburl.URL
		parts := zero.String() + zero.Scheme() + zero.Host() + zero.Hostname() + zero.Origin() + zero.Path() + zero.RequestURI()
		if !zero.IsZero() || parts != "" {
			t.Errorf("IsZero is %t, the parts are %q", zero.IsZero(), parts)
		}
	})
}

// Logs hold URLs as they were normalised when they were discovered, so the spelling of a URL must
// never change. The one exception is an apostrophe in a query, which earlier versions did not
// encode.
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
			t.Errorf("Parse(%q) = %q, %v; want %q", earlier, u, err, now)
		}
	}
}
