package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

func TestLinks(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"elements", `<a href=1><map><area href=2></map><iframe src=3></iframe><frameset><frame src=4></frameset>`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{"link elements", `<link rel=canonical href=1><link rel=next href=2><link rel="PREV foo" href=3><link rel=alternate hreflang=de href=4>`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{"not links", `<img src=1><script src=2></script><link rel=stylesheet href=3><link rel=icon href=4><form action=5></form><link rel="alternate stylesheet" href=6><link rel=alternate type="application/rss+xml" href=7><link href=8><video src=9></video><embed src=10><object data=11></object><q cite=12></q>`, ""},
		{"alternate page", `<link rel=alternate type="text/html; charset=utf-8" href=1>`, "/dir/1"},
		{"kinds of references", `<a href="/1"><a href="//i/2"><a href="?3"><a href="#4"><a href=""><a href="https://i/5#6"><a href=" 7 "><a href="..\8">`,
			"/1 http://i/2 /dir/page?3 /dir/page /dir/page https://i/5 /dir/7 /8"},
		{"references that are not web URLs", `<a href="mailto:a@b"><a href="javascript:void(0)"><a href="tel:1"><a href="ftp://h/"><a href="data:text/html,x"><a href="http://"><a href="http://u@h/">`, ""},
		{"quotes and case", `<A HREF='1'><a hReF="2"><a href=3 class=x><a
			href = "4"><a class="x"href="5"><a/href=6>`, "/dir/1 /dir/2 /dir/3 /dir/4 /dir/5 /dir/6"},
		{"entities", `<a href="?a=1&amp;b=2&#x26;c=3&d=4&copy=5&lt=6">`, "/dir/page?a=1&b=2&c=3&d=4&copy=5&lt=6"},
		{"newlines in a reference", "<a href=\"/a\n\t/b\r\n/c\">", "/a/b/c"},
		{"two attributes of one name", `<a href=1 href=2>`, "/dir/1"},
		{"no reference", `<a name=x><area><link rel=next><iframe></iframe><a hrefx=1>`, ""},
		{"SVG", `<svg><a xlink:href="1"/><a href="2" xlink:href="3"/><a xlink:href="4" href="5"/></svg>`, "/dir/1 /dir/2 /dir/5"},
		{"XLink elsewhere", `<a xlink:href=1><math><a xlink:href=2 /><a href=3 /></math>`, "/dir/3"},
		{"repeated", `<a href=1><a href=1>`, "/dir/1 /dir/1"},

		// text that is not content
		{"comment", `<!-- <a href=1> --><a href=2>`, "/dir/2"},
		{"script and style", `<script>"<a href=1>"</script><style><a href=2></style><a href=3>`, "/dir/3"},
		{"script with a comment", `<script><!-- <script> <a href=1> </script> --> </script><a href=2>`, "/dir/2"},
		{"raw text", `<textarea><a href=1></textarea><title><a href=2></title><xmp><a href=3></xmp><noframes><a href=4></noframes><a href=5>`, "/dir/5"},
		{"noscript", `<noscript><a href=1></noscript><a href=2>`, "/dir/1 /dir/2"},
		{"template", `<template><a href=1><template><a href=2></template><a href=3></template></template><a href=4>`, "/dir/4"},
		{"template with a shadow root", `<template shadowrootmode=open><a href=1></template><a href=2>`, "/dir/1 /dir/2"},
		{"plaintext", `<a href=1><plaintext><a href=2>`, "/dir/1"},
		{"text in an attribute", `<p title="<a href=1>"><a href=2>`, "/dir/2"},

		// foreign content
		{"empty raw text elements", `<svg><title/><style/><script/><textarea/><iframe/><xmp/><noembed/><noframes/><plaintext/><a href=1></svg><math><title/><style/><plaintext/></math><a href=2>`, "/dir/1 /dir/2"},
		{"raw text elements", `<svg><style><a href=1></a></style><script>"<a href=2>"</a></script><textarea><a href=3></a></textarea></svg><style><a href=4></style>`, "/dir/1 /dir/2 /dir/3"},
		{"HTML elements in SVG", `<svg><area href=1><link rel=next href=2><iframe src=3></iframe><base href="/b/"/><frame src=4><template><a href=5></a></template></svg><a href=6>`, "/dir/5 /dir/6"},
		{"HTML in SVG", `<svg><title><b>x</b><a href=1></a></title><desc><style><a href=2></style></desc><foreignObject><div><style/><a href=3></style><a href=4></a></div></foreignObject><style/></svg><a href=5>`, "/dir/1 /dir/4 /dir/5"},
		{"HTML in MathML", `<math><mi><style/><a href=1></style></mi><mrow><style/><a href=2 /></mrow><annotation-xml encoding="Text/HTML"><style/><a href=3></style></annotation-xml><annotation-xml><svg><title/></svg><style/></annotation-xml></math><a href=4>`, "/dir/2 /dir/4"},
		{"start tags that end foreign content", `<svg><g><p><style/><a href=1></style></p></svg><svg></p><title/><a href=2></title><svg><font color=x><title/><a href=3></title><svg><font><title/><a href=4>`, "/dir/4"},
		{"end tags that end foreign content", `<svg></br><style/><a href=1></style><svg><desc><svg><g></p></svg><style/><a href=2></style></desc></svg><a href=3>`, "/dir/3"},
		{"an ignored end tag", `<div><svg><title></div></title><style/></svg></div><a href=1>`, "/dir/1"},
		{"MathML in a text element", `<math><mi><mglyph><style/></mglyph></mi></math><a href=1>`, "/dir/1"},
		{"SVG in an annotation", `<math><annotation-xml><svg><desc><style/><a href=1></style></desc></svg></annotation-xml></math><a href=2>`, "/dir/2"},
		{"an end tag of a surrounding element", `<div><svg><g></div><style/><a href=1></style><a href=2>`, "/dir/2"},
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
		{"invalid base", `<base href="javascript:x"><base href="/c/"><a href=1>`, "/dir/1"},
		{"base after links", `<a href=1><a href="mailto:x"><base href="/b/"><a href=2>`, "/b/1 /b/2"},
		{"base in a template", `<template><base href="/b/"></template><a href=1>`, "/dir/1"},

		// refresh
		{"refresh", `<meta http-equiv=Refresh content="0; url=/1"><meta http-equiv=refresh content="5;URL='2'"><meta http-equiv=refresh content="1 , url = &quot;3&quot; x"><meta http-equiv=refresh content="0;4"><meta http-equiv=refresh content="0.5;urls"><meta http-equiv=refresh content=".5 ; 6">`,
			"/1 /dir/2 /dir/3 /dir/4 /dir/urls /dir/6"},
		{"refresh of itself", `<meta http-equiv=refresh content="30"><meta http-equiv=refresh content="30;"><meta http-equiv=refresh content="url=1"><meta http-equiv=refresh><meta content="0;url=2">`, ""},

		// nofollow
		{"rel", `<a href=1 rel=nofollow><a href=2 rel="ugc NoFollow"><a href=3 rel="nofollows no follow"><area href=4 rel="noopener,nofollow"><a href=5 rel="ugc sponsored">`, "/dir/3 /dir/5"},
		{"robots", `<meta name=robots content=nofollow><a href=1>`, ""},
		{"robots after links", `<a href=1><meta name=ROBOTS content="noindex, NoFollow">`, ""},
		{"robots none", `<meta name=robots content=none><a href=1>`, ""},
		{"robots for this crawler", `<meta name=Inndx content=nofollow><a href=1>`, ""},
		{"robots for others", `<meta name=otherbot content=nofollow><meta name=robots content="noindex, follow"><meta name=description content=nofollow><a href=1>`, "/dir/1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, info := links(t, page.Document{ContentType: "text/html", Product: "inndx", Body: []byte(tt.body)})
			if got != tt.want || !info.HTML {
				t.Errorf("%s has the links\n%q, want\n%q", tt.body, got, tt.want)
			}
		})
	}
}

func TestInfo(t *testing.T) {
	body := `<a href=1><a href="mailto:x"><a href="http://"><a rel=nofollow href=2><a href="` + strings.Repeat("a", 3000) + `">`
	for _, tt := range []struct {
		name, body string
		want       page.Info
	}{
		{"links that are left out", body, page.Info{HTML: true, Links: 1, NoFollowed: 1, TooLong: 1, Invalid: 2}},
		{"nofollow", body + "<meta name=robots content=nofollow>", page.Info{HTML: true, NoFollow: true}},
		{"a tag that is too long", "<a href=1><p " + strings.Repeat("a ", 2<<20) + "><a href=2>", page.Info{HTML: true, Truncated: true, Links: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, info := links(t, page.Document{ContentType: "text/html", Body: []byte(tt.body)})
			if info != tt.want {
				t.Errorf("Info is %+v, want %+v", info, tt.want)
			}
		})
	}
}

// Each link that is too long is reported once, and at most a hundred are.
func TestTooLong(t *testing.T) {
	long := strings.Repeat("a", 3000)
	body := "<base href=/b/><a href=1><a href=" + long + "><a href=" + long + "><a rel=nofollow href=?" + long + "><iframe src=data:text/html," + long + long + long + long + long + long + "></iframe>"
	for i := range 200 {
		body += fmt.Sprintf("<a href=/%d/%s>", i, long)
	}
	var got []string
	doc := page.Document{ContentType: "text/html", Body: []byte(body), Refused: func(r page.Refused) {
		if !r.TooLong || r.Asset {
			t.Errorf("%.20q is reported as %v", r.Text, r)
		}
		got = append(got, r.Text)
	}}
	_, info := links(t, doc)
	if want := (page.Info{HTML: true, Links: 1, NoFollowed: 1, TooLong: 203}); info != want {
		t.Errorf("Info is %+v, want %+v", info, want)
	}
	if len(got) != 100 || !strings.HasPrefix(got[0], "http://h/b/aaa") || !strings.HasPrefix(got[1], "http://h/0/aaa") {
		t.Errorf("%d links are reported, the first ones are %.20q", len(got), got[:min(2, len(got))])
	}
}

// Each link that is meant as a URL of the web and is not valid is reported once, and at most a
// hundred are.
func TestInvalidLinks(t *testing.T) {
	body := "<link rel=next href='//'><a href='http://[bad'><a href='http://[bad#x'><a href='mailto:x@y'><a href='javascript:void(0)'><a href='tel:1'>" +
		"<a href='data:,x'><a href='htp://typo/'><a href=/1><img src='http://[bad'><img src='http://h:99999/'><a rel=nofollow href='http://[no'>" +
		"<a href='http://user:secret@i/?é'><a href='/" + strings.Repeat("a", 3000) + "'><style>a{b:url(//exa%20mple/)}</style><iframe src='https://" + strings.Repeat("a", 20_000) + "/'></iframe>" +
		"<base href='/b/'>"
	read := func(body string) (got []string, info page.Info) {
		doc := page.Document{
			ContentType: "text/html; charset=latin1", Link: []string{"<http://[header>; rel=next"}, Body: []byte(body), Asset: func(weburl.URL) {},
			Refused: func(r page.Refused) {
				got = append(got, fmt.Sprintf("%.25s long %v asset %v", r.Text, r.TooLong, r.Asset))
			},
		}
		_, info = links(t, doc)
		return got, info
	}
	got, _ := read(body)
	assets := []string{"http://[bad long false asset true", "http://h:99999/ long false asset true", "//exa%20mple/ long false asset true"}
	want := []string{
		"http://h/aaaaaaaaaaaaaaaa long true asset false", "http://[header long false asset false", "// long false asset false",
		"http://[bad long false asset false", assets[0], assets[1], "http://***@i/?Ã© long false asset false", assets[2],
		"https://aaaaaaaaaaaaaaaaa long false asset true", "https://aaaaaaaaaaaaaaaaa long false asset false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, _ = read(body + "<meta name=robots content=nofollow>")
	if diff := cmp.Diff(append(assets, want[8]), got); diff != "" {
		t.Errorf("of a page whose links are not to be followed (-want +got):\n%s", diff)
	}
	body = ""
	for i := range 200 {
		body += fmt.Sprintf("<a href='http://[bad/%d'>", i)
	}
	if got, info := read(body + "<a href='http://[bad/0'>"); len(got) != 100 || info.Invalid != 202 {
		t.Errorf("%d links are reported, and Info is %+v", len(got), info)
	}
}

func TestXHTML(t *testing.T) {
	const body = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/></head><body><iframe src="1"/><a href="2"/><textarea/><a href="3"></a></body></html>`
	if got, _ := links(t, page.Document{ContentType: "application/xhtml+xml", Body: []byte(body)}); got != "/dir/1 /dir/2 /dir/3" {
		t.Errorf("as XHTML the document has the links %q", got)
	}
	if got, _ := links(t, page.Document{ContentType: "text/html", Body: []byte(body)}); got != "" {
		t.Errorf("as HTML, in which the title does not end, the document has the links %q", got)
	}
}

// TestLinksCases reads pages like those of real sites.
func TestLinksCases(t *testing.T) {
	var cases []struct {
		Name, Body  string
		ContentType string `json:"content_type"`
		Base64      []byte `json:"body_base64"`
		Links       []string
	}
	readCases(t, "testdata/links.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got, _ := links(t, page.Document{ContentType: c.ContentType, Body: append(c.Base64, c.Body...)})
			if want := strings.ReplaceAll(strings.Join(c.Links, " "), "http://h", ""); got != want {
				t.Errorf("the links are %q, want %q", got, want)
			}
		})
	}
}

// Short links with a long base are bounded in total.
func TestLinksWithALongBaseAreBounded(t *testing.T) {
	u := parseURL(t, "https://a.example/"+strings.Repeat("x/", 1000))
	for name, ref := range map[string]string{"long": "a", "too long": strings.Repeat("a", 100), "invalid": "//:x"} {
		t.Run(name, func(t *testing.T) {
			n, size := 0, 0
			doc := page.Document{URL: u, ContentType: "text/html", Body: []byte(strings.Repeat("<a href="+ref+"></a>", 200_000))}
			info := page.Links(doc, func(to weburl.URL) {
				n++
				size += len(to.String())
			})
			if sum := info.Links + info.TooLong + info.Invalid; !info.TooMany || size > 64<<20 || sum < 10_000 || sum > 50_000 || n != info.Links {
				t.Errorf("%d links of %d bytes, %+v", n, size, info)
			}
		})
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
			t.Errorf("the document is not HTML but has %+v", info)
		}
	})
}
