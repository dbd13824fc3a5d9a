package page_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// styleAssets returns the assets of a style sheet at http://h/dir/page. It trims "http://h" from
// them.
func styleAssets(t interface{ Fatal(...any) }, contentType, css string) (string, page.Info) {
	var got []string
	info := page.StyleSheet(page.Document{
		URL: parseURL(t, "http://h/dir/page"), ContentType: contentType, Body: []byte(css),
		Asset: func(u weburl.URL) { got = append(got, strings.TrimPrefix(u.String(), "http://h")) },
	})
	return strings.Join(got, " "), info
}

func TestStyleSheet(t *testing.T) {
	for _, tt := range []struct{ name, css, want string }{
		{"a font", `@font-face { font-family: x; src: local("l"), url(1.woff2) format("woff2"), url('2.woff')format('woff') }`, "/dir/1.woff2 /dir/2.woff"},
		{"backgrounds", `a{background:red url(1) no-repeat,url( "2" );cursor:url(3.cur),auto;list-style:square url(4)}b{--x:url(5)}`, "/dir/1 /dir/2 /dir/3.cur /dir/4 /dir/5"},
		{"imports", `@charset "utf-8";@import "1";@import'2' screen;@import url(3);@import url("4") layer(x) supports(y:url(n)) print;@IMPORT/**/ "5"`, "/dir/1 /dir/2 /dir/3 /dir/4 /dir/5"},
		{"an import by src()", `@import src("1");`, "/dir/1"},
		{"imports that name nothing", `@import;@import x "n";@import url(var(--x));@import format("n");@import{}`, ""},
		{"imports in a rule", `a{@import "n";}@media x{@import "n";b{c:url(1)}}`, "/dir/1"},
		{"an import in a selector", `a @import "n"; {b:url(1)}`, "/dir/1"},
		{"an import after a semicolon is a part of a selector", `@import "1";; @import "n"; a{b:url(2)}`, "/dir/1 /dir/2"},
		{"an import after rules", `a{b:c}@import "1";`, "/dir/1"},
		{"an import in a comment of HTML", `<!-- @import "1"; --> @import "2"; a{b:url(3)}`, "/dir/1 /dir/2 /dir/3"},
		{"image-set", `a{b:image-set("1" 1x,url(2) 2x,url("3") 3x,"4" type("n") 4x);c:-webkit-image-set(url(5) 1x)}`, "/dir/1 /dir/2 /dir/3 /dir/4 /dir/5"},
		{"image and src", `a{b:image(ltr "1", red);c:src( "2" );d:src(var(--n))}`, "/dir/1 /dir/2"},
		{"nested functions", `a{b:cross-fade(url(1),image-set("2" 1x,linear-gradient(red,blue)),40%)}`, "/dir/1 /dir/2"},
		{"modifiers of a URL", `a{b:url("1" crossorigin(anonymous) "n");c:url("2"x(url(3)))}`, "/dir/1 /dir/2 /dir/3"},
		{"nested rules", `a{b:url(1);&:hover{b:url(2)}@media x{b:url(3)}c:url(4)}`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{"rules in rules", `@media x{@supports (a:url(n)){b{c:url(1)}}}@page{@top-left{content:url(2)}}`, "/dir/1 /dir/2"},
		{"other rules", `@namespace url(n);@namespace x "n";@document url(n),url-prefix("n"){a{b:url(1)}}@foo url(n);`, "/dir/1"},
		{"strings and other functions", `a{content:"url(n)" attr(x) format("n") url-prefix("n") foo(url-x "n")}`, ""},
		{"selectors", `a[b="url(n)"] url(n) {c:url(1)} url(n)`, "/dir/1"},
		{"what is not a declaration", `a{*b:url(n);b url(n);b;:url(n);1b:url(n);"b":url(n);c:url(1)}`, "/dir/1"},
		{"comments", `/*url(n)*/a/**/{/*;*/b/**/:/*url(n)*/url(1)/**/}url(/*n*/)`, "/dir/1"},
		{"names in all cases", `a{b:URL(1);c:Image-Set("2" 1x)}@Font-Face{src:uRl("3")}`, "/dir/1 /dir/2 /dir/3"},
		{"escapes in names", `@\69mport "1";a{b:u\72l(2);c:\75 rl("3");d:\000055RL(4);e:u\rl(5);f:u\72 rl(n);g:image\2d set("6")}`, "/dir/1 /dir/2 /dir/3 /dir/4 /dir/5 /dir/6"},
		{"other names", `a{b:-url(n);c:xurl(n);d:#url(n);e:1url(n);f:1e3url(n);g:url (n);h:@url(n);i:1-url(n);j:.5e-1url(n);k:1e+url(1);l:+url(2);m:1.url(3);n:%url(4)}`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{"escapes in URLs", `a{b:url(\31);c:url("\000032");d:url(\33 x);e:url(a\)b);f:url("a\"b");g:url(a\ b);h:url(\e9)}`, "/dir/1 /dir/2 /dir/3x /dir/a)b /dir/a%22b /dir/a%20b /dir/%C3%A9"},
		{"an escape ends with one space", "a{b:url(\\31\r\n);c:url(\\32\t3);d:url(\"\\34  5\");e:url('\\36\r\n7');f:url(\\0000389)}", "/dir/1 /dir/23 /dir/4%205 /dir/67 /dir/89"},
		{"escapes that are no characters", `a{b:url(\0);c:url(\d800);d:url(\110000);e:url(\ffffff)}`, strings.Repeat("/dir/%EF%BF%BD ", 3) + "/dir/%EF%BF%BD"},
		{"zero bytes", "a{b:url(\x00);c:url('1\x002')}", "/dir/%EF%BF%BD /dir/1%EF%BF%BD2"},
		{"escaped newlines in strings", "a{b:url('1\\\n2\\\r\n3\\\f4')}", "/dir/1234"},
		{"bad URLs", `a{b:url(n n);c:url(n"n);d:url(n'n');e:url(n(n);f:url(n\` + "\n" + `n);g:url(` + "\x01" + `);h:url(n n\)url(n));i:url(1)}`, "/dir/1"},
		{"spaces around a URL", "a{b:url( \t\r\n\f1 \n )}", "/dir/1"},
		{"a bad string", "a{b:url(\"n\n);c:url(1)}a{b:\"n\n;c:url(2)}", "/dir/1 /dir/2"},
		{"a bad import", "@import \"n\n;a{b:url(1)}", "/dir/1"},
		{"the end in a URL", `a{b:url(1`, "/dir/1"},
		{"the end in a string of a URL", `a{b:url("1`, "/dir/1"},
		{"the end after a backslash", `a{b:url("1\`, "/dir/1"},
		{"the end in an import", `@import "1`, "/dir/1"},
		{"the end in a comment", `a{b:url(1)/*;c:url(n)}`, "/dir/1"},
		{"brackets that do not match", `a{b:(]};url(1));c:url(2)}]c{d:url(3)}`, "/dir/1 /dir/2 /dir/3"},
		{"brackets in a rule", `@x (;{url(n)}) [;] {a:url(1)}@x{a:url(2)}}b{c:url(3)}`, "/dir/1 /dir/2 /dir/3"},
		{"braces in a custom property", `a{--x:{url(1)};--y:url(2)}`, "/dir/1 /dir/2"},
		{"empty references and data", `a{b:url();c:url("");d:url(#x);e:url(data:,);f:url(DATA:x);g:url(" ");h:url(1#x)}`, "/dir/1"},
		{"references", `a{b:url(/1);c:url(//i/2);d:url(../3);e:url(?4);f:url(HTTP://j/5);g:url(a\5c b)}`, "/1 http://i/2 /3 /dir/page?4 http://j/5 /dir/a/b"},
		{"repetitions", `a{b:url(1)}c{d:url(1)}`, "/dir/1 /dir/1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := styleAssets(t, "text/css", tt.css); got != tt.want {
				t.Errorf("%q has the assets\n%q, want\n%q", tt.css, got, tt.want)
			}
		})
	}
}

func TestEncodingOfStyleSheet(t *testing.T) {
	const é, utf8é = "\xe9", "é"
	utf16 := "\xff\xfea\x00{\x00b\x00:\x00u\x00r\x00l\x00(\x00\xe9\x00)\x00"
	for _, tt := range []struct{ name, header, css, want string }{
		{"nothing says it", "text/css", "a{b:url(" + utf8é + ")}", "/dir/%C3%A9"},
		{"the header", "text/css; charset=latin1", "a{b:url(" + é + ")}", "/dir/%C3%A9"},
		{"@charset", "text/css", `@charset "latin1";a{b:url(` + é + ")}", "/dir/%C3%A9"},
		{"the header rather than @charset", "text/css; charset=utf-8", `@charset "latin1";a{b:url(` + utf8é + ")}", "/dir/%C3%A9"},
		{"a byte order mark rather than the header", "text/css; charset=latin1", "\ufeff@import '" + utf8é + "'", "/dir/%C3%A9"},
		{"a byte order mark of UTF-16", "text/css", utf16, "/dir/%C3%A9"},
		{"@charset of UTF-16", "text/css", `@charset "utf-16le";a{b:url(` + utf8é + ")}", "/dir/%C3%A9"},
		{"@charset of nothing", "text/css", `@charset "x";a{b:url(` + utf8é + ")}", "/dir/%C3%A9"},
		{"@charset in another spelling", "text/css", `@charset 'latin1';a{b:url(` + utf8é + ")}", "/dir/%C3%A9"},
		{"queries are UTF-8", "text/css; charset=latin1", "a{b:url(?" + é + ")}", "/dir/page?%C3%A9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := styleAssets(t, tt.header, tt.css); got != tt.want {
				t.Errorf("%q has the assets %q, want %q", tt.css, got, tt.want)
			}
		})
	}
}

// A style sheet cannot name more bytes of assets than a page.
func TestStyleSheetIsBounded(t *testing.T) {
	n, long := 0, 0
	info := page.StyleSheet(page.Document{
		URL:     parseURL(t, "http://h/"+strings.Repeat("b", 2000)+"/"),
		Body:    []byte("a{b:url(" + strings.Repeat("x", 1000) + ")}a{b:url(mailto:x)}" + strings.Repeat("a{b:url(x)}", 100_000)),
		Asset:   func(weburl.URL) { n++ },
		Refused: func(page.Refused) { long++ },
	})
	if !info.TooMany || n == 0 || n*2000 > 64<<20 || info.TooLong != 1 || long != 1 || info.Invalid != 1 {
		t.Errorf("%d assets and %d that are too long were added; %+v", n, long, info)
	}
}

// hostile are parts of style sheets that are repeated. If the time were quadratic, the test would
// not end.
var hostile = []string{
	"url(", "a{b:url(", "u\\72l(", "url('", "url(\"\n", "url(a b", "url(\\", "\"\n", "'\\\n", "\"\\", "\\", "\\61", "\\61 ", "/*", "/**/", "(", "[", "{", "}", "a{", "a{b:(",
	"image-set(", "src(\"x\"", "@import ", "@import\"x\"", "@import url(\"", "@x{", "@x(", "@", "#", "-", "--", "-\\", "<!--", "-->", "1", "1e", "1e-", "1.", ".", "u+", "é", "\xff", "\x00",
	";", ":", "a:", "--x:{", "a{b:c;", "url(data:", "a{b:url(#x)}", "a{b:url(x)}", "a{--x:", " ", "\r", "/",
}

func TestHostileStyleSheets(t *testing.T) {
	const size = 1 << 18
	for _, part := range hostile {
		styleAssets(t, "text/css", strings.Repeat(part, size/len(part)))
		styleAssets(t, "text/css", "a{b:"+strings.Repeat(part, size/len(part)))
	}
}

// The file has parts of style sheets that packages of npm contain, and generated ones, with the
// URLs that tinycss2 finds in them.
func TestStyleSheetsLikeOther(t *testing.T) {
	var cases []struct {
		CSS  string   `json:"css"`
		Refs []string `json:"refs"`
	}
	readCases(t, "testdata/stylesheets.json", &cases)
	if len(cases) < 600 {
		t.Errorf("only %d cases", len(cases))
	}
	base := parseURL(t, "http://h/dir/page")
	for _, c := range cases {
		var want, got []string
		for _, ref := range c.Refs {
			isData := len(ref) > 5 && strings.EqualFold(ref[:5], "data:")
			if u, err := base.Resolve(ref); err == nil && ref != "" && ref[0] != '#' && !isData {
				want = append(want, u.String())
			}
		}
		page.StyleSheet(page.Document{
			URL: base, ContentType: "text/css; charset=utf-8", Body: []byte(c.CSS),
			Asset: func(u weburl.URL) { got = append(got, u.String()) },
		})
		if !slices.Equal(got, want) {
			t.Errorf("%q has the assets\n%q, want\n%q", c.CSS, got, want)
		}
	}
}

// A rule before a style sheet changes nothing in it, and a style element has the assets of a style
// sheet.
func FuzzStyleSheet(f *testing.F) {
	for _, part := range hostile {
		f.Add(part + ";a{b:" + part)
	}
	f.Fuzz(func(t *testing.T, css string) {
		all, _ := styleAssets(t, "text/css; charset=utf-8", css)
		if strings.HasPrefix(css, "\ufeff") {
			return
		}
		if got, _ := styleAssets(t, "text/css; charset=utf-8", "a{b:url(/first)}"+css); got != strings.TrimSuffix("/first "+all, " ") {
			t.Errorf("%q has the assets %q, after another rule %q", css, all, got)
		}
		if strings.Contains(css, "<") || !utf8.ValidString(css) {
			return
		}
		doc := page.Document{ContentType: "text/html; charset=utf-8", Body: slices.Concat([]byte("<style>"), []byte(css), []byte("</style>"))}
		if got, _ := assets(t, doc); got != all {
			t.Errorf("%q has the assets %q, in a style element %q", css, all, got)
		}
	})
}

func BenchmarkStyleSheet(b *testing.B) {
	rule := ".item-1 > a:hover, .more[href^='x'] { color: #333; margin: 0 auto 1.5em; background: url(../img/a.png) no-repeat; transition: color .2s ease }\n"
	css := bytes.Repeat([]byte(rule), 1000)
	base := parseURL(b, "https://www.example.com/css/main.css")
	b.SetBytes(int64(len(css)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		page.StyleSheet(page.Document{URL: base, Body: css, Asset: func(weburl.URL) { n++ }})
		if n != 1000 {
			b.Fatal(n)
		}
	}
}
