package page_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

func parseURL(t interface{ Fatal(...any) }, raw string) weburl.URL {
	u, err := weburl.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// links returns the links of a document at http://h/dir/page, without "http://h" in front.
func links(t interface{ Fatal(...any) }, doc page.Document) (string, page.Info) {
	if doc.URL.IsZero() {
		doc.URL = parseURL(t, "http://h/dir/page")
	}
	var got []string
	info := page.Links(doc, func(u weburl.URL) { got = append(got, strings.TrimPrefix(u.String(), "http://h")) })
	if info.Links != len(got) {
		t.Fatal(fmt.Sprintf("Links is %d, added were %d", info.Links, len(got)))
	}
	return strings.Join(got, " "), info
}

func TestLinks(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"elements", `<a href=1><map><area href=2></map><iframe src=3></iframe><frameset><frame src=4></frameset>`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{"link elements", `<link rel=canonical href=1><link rel=next href=2><link rel="PREV foo" href=3><link rel=alternate hreflang=de href=4>`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{"no pages", `<img src=1><script src=2></script><link rel=stylesheet href=3><link rel=icon href=4><form action=5></form><link rel="alternate stylesheet" href=6><link rel=alternate type="application/rss+xml" href=7><link href=8><video src=9></video><embed src=10><object data=11></object><q cite=12></q>`, ""},
		{"alternate page", `<link rel=alternate type="text/html; charset=utf-8" href=1>`, "/dir/1"},
		{"kinds of references", `<a href="/1"><a href="//i/2"><a href="?3"><a href="#4"><a href=""><a href="https://i/5#6"><a href=" 7 "><a href="..\8">`,
			"/1 http://i/2 /dir/page?3 /dir/page /dir/page https://i/5 /dir/7 /8"},
		{"no web pages", `<a href="mailto:a@b"><a href="javascript:void(0)"><a href="tel:1"><a href="ftp://h/"><a href="data:text/html,x"><a href="http://"><a href="http://u@h/">`, ""},
		{"quotes and case", `<A HREF='1'><a hReF="2"><a href=3 class=x><a
			href = "4"><a class="x"href="5"><a/href=6>`, "/dir/1 /dir/2 /dir/3 /dir/4 /dir/5 /dir/6"},
		{"entities", `<a href="?a=1&amp;b=2&#x26;c=3&d=4&copy=5&lt=6">`, "/dir/page?a=1&b=2&c=3&d=4&copy=5&lt=6"},
		{"newlines in a reference", "<a href=\"/a\n\t/b\r\n/c\">", "/a/b/c"},
		{"the first of two attributes", `<a href=1 href=2>`, "/dir/1"},
		{"no reference", `<a name=x><area><link rel=next><iframe></iframe><a hrefx=1>`, ""},
		{"SVG", `<svg><a xlink:href="1"/><a href="2" xlink:href="3"/><a xlink:href="4" href="5"/></svg>`, "/dir/1 /dir/2 /dir/5"},
		{"XLink elsewhere", `<a xlink:href=1><math><a xlink:href=2 /><a href=3 /></math>`, "/dir/3"},
		{"repeated", `<a href=1><a href=1>`, "/dir/1 /dir/1"},

		// what is not content
		{"comment", `<!-- <a href=1> --><a href=2>`, "/dir/2"},
		{"script and style", `<script>"<a href=1>"</script><style><a href=2></style><a href=3>`, "/dir/3"},
		{"script with a comment", `<script><!-- <script> <a href=1> </script> --> </script><a href=2>`, "/dir/2"},
		{"raw text", `<textarea><a href=1></textarea><title><a href=2></title><xmp><a href=3></xmp><noframes><a href=4></noframes><a href=5>`, "/dir/5"},
		{"noscript", `<noscript><a href=1></noscript><a href=2>`, "/dir/1 /dir/2"},
		{"template", `<template><a href=1><template><a href=2></template><a href=3></template></template><a href=4>`, "/dir/4"},
		{"template that is shown", `<template shadowrootmode=open><a href=1></template><a href=2>`, "/dir/1 /dir/2"},
		{"plaintext", `<a href=1><plaintext><a href=2>`, "/dir/1"},
		{"text in an attribute", `<p title="<a href=1>"><a href=2>`, "/dir/2"},

		// foreign content
		{"empty raw text elements", `<svg><title/><style/><script/><textarea/><iframe/><xmp/><noembed/><noframes/><plaintext/><a href=1></svg><math><title/><style/><plaintext/></math><a href=2>`, "/dir/1 /dir/2"},
		{"raw text elements", `<svg><style><a href=1></a></style><script>"<a href=2>"</a></script><textarea><a href=3></a></textarea></svg><style><a href=4></style>`, "/dir/1 /dir/2 /dir/3"},
		{"no elements of HTML", `<svg><area href=1><link rel=next href=2><iframe src=3></iframe><base href="/b/"/><frame src=4><template><a href=5></a></template></svg><a href=6>`, "/dir/5 /dir/6"},
		{"HTML in SVG", `<svg><title><b>x</b><a href=1></a></title><desc><style><a href=2></style></desc><foreignObject><div><style/><a href=3></style><a href=4></a></div></foreignObject><style/></svg><a href=5>`, "/dir/1 /dir/4 /dir/5"},
		{"HTML in MathML", `<math><mi><style/><a href=1></style></mi><mrow><style/><a href=2 /></mrow><annotation-xml encoding="Text/HTML"><style/><a href=3></style></annotation-xml><annotation-xml><svg><title/></svg><style/></annotation-xml></math><a href=4>`, "/dir/2 /dir/4"},
		{"what HTML ends", `<svg><g><p><style/><a href=1></style></p></svg><svg></p><title/><a href=2></title><svg><font color=x><title/><a href=3></title><svg><font><title/><a href=4>`, "/dir/4"},
		{"end tags that HTML ends", `<svg></br><style/><a href=1></style><svg><desc><svg><g></p></svg><style/><a href=2></style></desc></svg><a href=3>`, "/dir/3"},
		{"an end tag that HTML ignores", `<div><svg><title></div></title><style/></svg></div><a href=1>`, "/dir/1"},
		{"MathML at a text", `<math><mi><mglyph><style/></mglyph></mi></math><a href=1>`, "/dir/1"},
		{"SVG in an annotation", `<math><annotation-xml><svg><desc><style/><a href=1></style></desc></svg></annotation-xml></math><a href=2>`, "/dir/2"},
		{"an end around", `<div><svg><g></div><style/><a href=1></style><a href=2>`, "/dir/2"},
		{"CDATA", `<svg><![CDATA[<a href=1></svg>]]><a href=2 /><foreignObject><p><![CDATA[<a href=3>]]></p><a href=4></svg><![CDATA[<a href=5>]]>`, "/dir/2 /dir/4"},
		{"foreign content in a template", `<template><svg><a href=1></svg><svg></template><style/><a href=2></style><a href=3>`, "/dir/3"},
		{"empty roots", `<svg/><style/><a href=1></style><math/><style/><a href=2></style><SVG><style/></SVG><a href=3>`, "/dir/3"},
		{"names like SVG", `<svg-icon><style/><a href=1></style></svg-icon><svgs><style/><a href=2></style>`, ""},
		{"deep", `<svg>` + strings.Repeat("<g>", 1000) + `<style/>` + strings.Repeat("</g>", 1000) + `</svg><style/><a href=1></style><a href=2>`, "/dir/2"},

		// broken pages
		{"unclosed tag", `<a href=1><a href=2`, "/dir/1"},
		{"unclosed quote", `<a href=1><a href="2><a href=3>`, "/dir/1"},
		{"unclosed comment", `<a href=1><!-- <a href=2>`, "/dir/1"},
		{"NUL", "<a href=1\x002>", "/dir/1%EF%BF%BD2"},
		{"nothing", ``, ""},

		// base
		{"base", `<base href="/b/"><a href=1>`, "/b/1"},
		{"relative base", `<base href="b/"><a href=1><a href="?2"><a href="#3">`, "/dir/b/1 /dir/b/?2 /dir/b/"},
		{"base elsewhere", `<base href="https://i/b"><a href=1>`, "https://i/1"},
		{"two bases", `<base href="/b/"><base href="/c/"><a href=1>`, "/b/1"},
		{"base without reference", `<base target=x><base href="/c/"><a href=1>`, "/c/1"},
		{"base that is none", `<base href="javascript:x"><base href="/c/"><a href=1>`, "/dir/1"},
		{"base behind links", `<a href=1><a href="mailto:x"><base href="/b/"><a href=2>`, "/b/1 /b/2"},
		{"base in a template", `<template><base href="/b/"></template><a href=1>`, "/dir/1"},

		// refresh
		{"refresh", `<meta http-equiv=Refresh content="0; url=/1"><meta http-equiv=refresh content="5;URL='2'"><meta http-equiv=refresh content="1 , url = &quot;3&quot; x"><meta http-equiv=refresh content="0;4"><meta http-equiv=refresh content="0.5;urls"><meta http-equiv=refresh content=".5 ; 6">`,
			"/1 /dir/2 /dir/3 /dir/4 /dir/urls /dir/6"},
		{"refresh of itself", `<meta http-equiv=refresh content="30"><meta http-equiv=refresh content="30;"><meta http-equiv=refresh content="url=1"><meta http-equiv=refresh><meta content="0;url=2">`, ""},

		// nofollow
		{"rel", `<a href=1 rel=nofollow><a href=2 rel="ugc NoFollow"><a href=3 rel="nofollows no follow"><area href=4 rel="noopener,nofollow"><a href=5 rel="ugc sponsored">`, "/dir/3 /dir/5"},
		{"robots", `<meta name=robots content=nofollow><a href=1>`, ""},
		{"robots behind links", `<a href=1><meta name=ROBOTS content="noindex, NoFollow">`, ""},
		{"robots none", `<meta name=robots content=none><a href=1>`, ""},
		{"robots for us", `<meta name=Inndx content=nofollow><a href=1>`, ""},
		{"robots for others", `<meta name=otherbot content=nofollow><meta name=robots content="noindex, follow"><meta name=description content=nofollow><a href=1>`, "/dir/1"},
	} {
		got, info := links(t, page.Document{ContentType: "text/html", Product: "inndx", Body: []byte(c.body)})
		if got != c.want || !info.HTML {
			t.Errorf("%s: %s has the links\n%q, want\n%q", c.name, c.body, got, c.want)
		}
	}
}

func TestInfo(t *testing.T) {
	body := `<a href=1><a href="mailto:x"><a href="http://"><a rel=nofollow href=2><a href="` + strings.Repeat("a", 3000) + `">`
	_, info := links(t, page.Document{ContentType: "text/html", Body: []byte(body)})
	if want := (page.Info{HTML: true, Links: 1, NoFollowed: 1, TooLong: 1, Invalid: 2}); info != want {
		t.Errorf("Info is %+v, want %+v", info, want)
	}
	_, info = links(t, page.Document{ContentType: "text/html", Body: []byte(body + "<meta name=robots content=nofollow>")})
	if want := (page.Info{HTML: true, NoFollow: true}); info != want {
		t.Errorf("Info is %+v, want %+v", info, want)
	}
	_, info = links(t, page.Document{ContentType: "text/html", Body: []byte("<a href=1><p " + strings.Repeat("a ", 2<<20) + "><a href=2>")})
	if want := (page.Info{HTML: true, Truncated: true, Links: 1}); info != want {
		t.Errorf("Info is %+v, want %+v", info, want)
	}
}

// Links that are too long are told once each, and only so many.
func TestTooLong(t *testing.T) {
	long := strings.Repeat("a", 3000)
	body := "<base href=/b/><a href=1><a href=" + long + "><a href=" + long + "><a rel=nofollow href=?" + long + "><iframe src=data:text/html," + long + long + long + long + long + long + "></iframe>"
	for i := range 200 {
		body += fmt.Sprintf("<a href=/%d/%s>", i, long)
	}
	var got []string
	doc := page.Document{ContentType: "text/html", Body: []byte(body), TooLong: func(b string) { got = append(got, b) }}
	_, info := links(t, doc)
	if want := (page.Info{HTML: true, Links: 1, NoFollowed: 1, TooLong: 203}); info != want {
		t.Errorf("Info is %+v, want %+v", info, want)
	}
	if len(got) != 100 || !strings.HasPrefix(got[0], "http://h/b/aaa") || !strings.HasPrefix(got[1], "http://h/0/aaa") {
		t.Errorf("%d are told, the first ones %.20q", len(got), got[:2])
	}
}

func TestContentType(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              bool
	}{
		{"text/html", "x", true},
		{"Text/HTML ; charset=foo", "x", true},
		{"application/xhtml+xml", "x", true},
		{"text/plain", "<html>", false},
		{"application/pdf", "<html>", false},
		{"application/xml", "<html>", false},
		{"application/octet-stream", "<html>", false},
		{"", "<!DOCTYPE html><p>", true},
		{"", "  <html>", true},
		{"", "<a href=1>", true},
		{"", "%PDF-1.4", false},
		{"", "plain", false},
		{"", strings.Repeat(" \n", 500) + "<html>", true},
		{"", "", false},
		{"text/html charset=utf-8", "<html>", true},
		{"text/html charset=utf-8", "plain", false},
		{"text/plain, text/html", "x", true},
		{"text/html, text/plain", "<html>", false},
		{"text/html, */*", "x", true},
		{`"text/html"`, "<!doctype html>", true},
		{"html", "<html>", true},
		{"*/*", "<html>", true},
	} {
		body := c.body + "<a href=1>"
		if c.body == "" {
			body = ""
		}
		got, info := links(t, page.Document{ContentType: c.contentType, Body: []byte(body)})
		if info.HTML != c.want || (got != "") != c.want {
			t.Errorf("%q %q is HTML: %v with the links %q, want %v", c.contentType, body, info.HTML, got, c.want)
		}
	}
}

func TestXHTML(t *testing.T) {
	const body = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/></head><body><iframe src="1"/><a href="2"/><textarea/><a href="3"></a></body></html>`
	if got, _ := links(t, page.Document{ContentType: "application/xhtml+xml", Body: []byte(body)}); got != "/dir/1 /dir/2 /dir/3" {
		t.Errorf("as XHTML it has the links %q", got)
	}
	if got, _ := links(t, page.Document{ContentType: "text/html", Body: []byte(body)}); got != "" {
		t.Errorf("as HTML, where the title goes on, it has the links %q", got)
	}
}

// TestLinksCases reads pages as they were found on the web.
func TestLinksCases(t *testing.T) {
	var cases []struct {
		Name, Body  string
		ContentType string `json:"content_type"`
		Base64      []byte `json:"body_base64"`
		Links       []string
	}
	readCases(t, "testdata/links.json", &cases)
	for _, c := range cases {
		got, _ := links(t, page.Document{ContentType: c.ContentType, Body: append(c.Base64, c.Body...)})
		if want := strings.ReplaceAll(strings.Join(c.Links, " "), "http://h", ""); got != want {
			t.Errorf("%s: the links are %q, want %q", c.Name, got, want)
		}
	}
}

// Paths are UTF-8 and queries are in the document's encoding, as browsers send them.
func TestCharset(t *testing.T) {
	const text = `<a href="/ä?q=ä#ä">`
	latin, _ := charmap.Windows1252.NewEncoder().String(text)
	utf16, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	sjis, _ := japanese.ShiftJIS.NewEncoder().String(`<a href="/表?q=表">`)
	const utf8Links, latinLinks = "/%C3%A4?q=%C3%A4", "/%C3%A4?q=%E4"
	for _, c := range []struct{ name, contentType, body, want string }{
		{"UTF-8 by header", "text/html; charset=utf-8", text, utf8Links},
		{"UTF-8 by quoted header", `text/html; charset="UTF-8"`, text, utf8Links},
		{"UTF-8 by meta", "text/html", `<meta charset=utf-8>` + text, utf8Links},
		{"UTF-8 by mark", "text/html", "\ufeff" + text, utf8Links},
		{"UTF-8 by look", "text/html", text, utf8Links},
		{"UTF-8 by look, far behind", "text/html", strings.Repeat("<p>", 1000) + text, utf8Links},
		{"Latin by header", "text/html; charset=iso-8859-1", latin, latinLinks},
		{"Latin by meta", "text/html", `<meta charset=latin1>` + latin, latinLinks},
		{"Latin by old meta", "text/html", `<meta http-equiv=content-type content="text/html; charset=windows-1252">` + latin, latinLinks},
		{"Latin by look", "text/html", latin, latinLinks},
		{"header before meta", "text/html; charset=iso-8859-1", `<meta charset=utf-8>` + latin, latinLinks},
		{"entity in Latin", "text/html; charset=iso-8859-1", `<a href="/&auml;?q=&auml;&#x8868;">`, "/%C3%A4?q=%E4%26%2334920%3B"},
		{"Shift JIS", "text/html; charset=shift_jis", sjis, "/%E8%A1%A8?q=%95%5C"},
		{"UTF-16", "text/html", utf16, utf8Links},
		{"UTF-16 against the header", "text/html; charset=utf-8", utf16, utf8Links},
		{"unknown charset", "text/html; charset=foo", latin, latinLinks},
		{"broken UTF-8", "text/html; charset=utf-8", latin, "/%E4?q=%E4"},
		{"Latin by meta, far behind", "text/html", strings.Repeat("<p>", 1000) + latin + `<meta charset=latin1>`, latinLinks},
		{"meta after meta", "text/html", `<meta charset=foo><meta charset=utf-8><meta charset=latin1>` + text, utf8Links},
		{"UTF-8 by meta, though broken", "text/html", `<meta charset=utf-8>` + latin, "/%E4?q=%E4"},
		{"declared Latin that is ASCII", "text/html", `<meta charset=iso-8859-1><a href="/&auml;?q=&auml;">`, latinLinks},
		{"meta in a script", "text/html", `<script>"<meta charset=latin1>"</script>` + text, utf8Links},
		{"meta in foreign content", "text/html", `<svg><g/><title/></svg>` + latin + `<meta http-equiv="Content-Type" content='text/html;charset = "latin1" '>`, latinLinks},
		{"meta against a base", "text/html", `<base href="/?ä"><meta charset=shift_jis>` + sjis, "/%E8%A1%A8?q=%95%5C"},
		{"XML declaration", "text/html", `<?xml version="1.0" encoding="iso-8859-1"?><a href="/&auml;?q=&auml;">`, latinLinks},
		{"UTF-16 that is none, by header", "text/html; charset=utf-16", text, utf8Links},
		{"UTF-16 that is none, by meta", "text/html", `<meta charset=utf-16>` + text, utf8Links},
		{"UTF-16 without mark", "text/html", strings.ReplaceAll(utf16, "\xfe\xff", ""), utf8Links},
		{"UTF-16 without mark, by header", "text/html; charset=utf-16be", strings.ReplaceAll(utf16, "\xfe\xff", ""), utf8Links},
		{"NUL before UTF-8", "text/html; charset=utf-8", "\x00" + text, utf8Links},
		{"half a character at the end", "text/html", text + "\xc3", utf8Links},
		{"the last of two types", "text/html; charset=utf-8, text/html;charset=iso-8859-1", latin, latinLinks},
		{"a charset goes on", "text/html; charset=iso-8859-1, text/html", latin, latinLinks},
		{"a charset with states", "text/html; charset=iso-2022-jp", `<a href="?a&#26085;&#26412;b&#26085;&auml;">`, "/dir/page?a%1B%24BF%7CK%5C%1B%28Bb%1B%24BF%7C%1B%28B%26%23228%3B"},
		{"dangerous charset", "text/html; charset=iso-2022-kr", `<a href=1>`, "/dir/1"},
	} {
		if got, _ := links(t, page.Document{ContentType: c.contentType, Body: []byte(c.body)}); got != c.want {
			t.Errorf("%s: the links are %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNoFollow(t *testing.T) {
	for _, c := range []struct {
		values string
		want   bool
	}{
		{"", false},
		{"nofollow", true},
		{"NoIndex , NoFollow", true},
		{"none", true},
		{"noindex", false},
		{"noindex|nofollow", true},
		{"inndx: nofollow", true},
		{"INNDX: noindex, nofollow", true},
		{"otherbot: nofollow", false},
		{"otherbot: noindex, nofollow", false},
		{"otherbot: noindex|nofollow", true},
		{"otherbot: nofollow, inndx: nofollow", true},
		{"unavailable_after: 25 Jun 2030 15:00:00 GMT, nofollow", true},
		{"max-snippet: 10, nofollow", true},
		{"nofollows", false},
	} {
		values := strings.Split(c.values, "|")
		if got := page.NoFollow(values, "inndx"); got != c.want {
			t.Errorf("%q asks not to follow: %v, want %v", values, got, c.want)
		}
	}
	got, info := links(t, page.Document{ContentType: "text/html", RobotsTags: []string{"nofollow"}, Body: []byte("<a href=1>")})
	if got != "" || !info.NoFollow {
		t.Errorf("in spite of the header there are the links %q", got)
	}
}

func FuzzLinks(f *testing.F) {
	for _, seed := range []string{
		"<a href=1><base href=/b/><a href=2>", "<meta http-equiv=refresh content='0;url=x'>", "<template><noscript><a href=1>",
		"<link rel=next href='?ä'>", "\xff\xfe<\x00a\x00", "<meta charset=shift_jis><a href='?\x95\\'>", "<script><!--<script>",
		"<svg><a xlink:href=1/>", "<meta name=robots content=none>",
	} {
		for _, contentType := range []string{"text/html", "application/xhtml+xml; charset=utf-8", "text/html; charset=gbk", ""} {
			f.Add(contentType, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		before := string(body)
		base := parseURL(t, "http://h/dir/page")
		info := page.Links(page.Document{URL: base, ContentType: contentType, Body: body}, func(u weburl.URL) {
			if again, err := weburl.Parse(u.String()); err != nil || again != u {
				t.Errorf("the link %q is not normalised: %v", u, err)
			}
		})
		if string(body) != before {
			t.Error("the body was changed")
		}
		if !info.HTML && info != (page.Info{}) {
			t.Errorf("what is no HTML has %+v", info)
		}
	})
}

// Links of a few bytes that stand for long URLs are read up to a bound.
func TestLinksOfALongBaseAreBounded(t *testing.T) {
	u, err := weburl.Parse("https://a.example/" + strings.Repeat("x/", 1000))
	if err != nil {
		t.Fatal(err)
	}
	for name, ref := range map[string]string{"long": "a", "too long": strings.Repeat("a", 100), "invalid": "//:x"} {
		n, size := 0, 0
		info := page.Links(page.Document{URL: u, ContentType: "text/html", Body: []byte(strings.Repeat("<a href="+ref+"></a>", 200_000))}, func(to weburl.URL) {
			n++
			size += len(to.String())
		})
		if sum := info.Links + info.TooLong + info.Invalid; !info.TooMany || size > 64<<20 || sum < 10_000 || sum > 50_000 || n != info.Links {
			t.Errorf("%s: %d links of %d bytes, %+v", name, n, size, info)
		}
	}
}
