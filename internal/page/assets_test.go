package page_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// assets returns the assets of a document at http://h/dir/page. It trims "http://h" from them.
func assets(t interface{ Fatal(...any) }, doc page.Document) (string, page.Info) {
	var got []string
	doc.Asset = func(u weburl.URL) { got = append(got, strings.TrimPrefix(u.String(), "http://h")) }
	_, info := links(t, doc)
	return strings.Join(got, " "), info
}

func TestAssets(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"images", `<img src=1><picture><source srcset="2, 3 2x"><img src=4 srcset="5 100w,6 200w"></picture><image src=7>`,
			"/dir/1 /dir/2 /dir/3 /dir/4 /dir/5 /dir/6 /dir/7"},
		{"scripts", `<script src=1></script><script>"<img src=2>"</script><noscript><img src=3></noscript>`, "/dir/1 /dir/3"},
		{"media", `<video src=1 poster=2><source src=3><track src=4></video><audio src=5></audio>`, "/dir/1 /dir/2 /dir/3 /dir/4 /dir/5"},
		{"embedded", `<iframe src=1></iframe><embed src=2><object data=3></object><frameset><frame src=4></frameset>`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{"inputs", `<input type=IMAGE src=1><input type=text src=2><input src=3>`, "/dir/1"},
		{"link elements", `<link rel=stylesheet href=1><link rel="shortcut icon" href=2><link rel=preload as=font href=3><link rel=manifest href=4><link rel=modulepreload href=5><link rel="alternate stylesheet" href=6><link rel=preload as=image imagesrcset="7, 8 2x"><link rel=apple-touch-icon href=9>`,
			"/dir/1 /dir/2 /dir/3 /dir/4 /dir/5 /dir/6 /dir/7 /dir/8 /dir/9"},
		{"not assets", `<a href=1><link rel=canonical href=2><link rel=prefetch href=3><link rel=preconnect href=4><form action=5></form><q cite=6></q><link href=7>`, ""},
		{"backgrounds", `<body background=1><table background=2><tr><td background=3></table>`, "/dir/1 /dir/2 /dir/3"},
		{"SVG", `<svg><image href=1 /><image xlink:href=2 /><use href="3#a"/><use href="#b"/><feImage href=4 /><script href=5 /><img-x src=6 /><image href=7 xlink:href=8 /></svg><math><image href=9 /></math>`,
			"/dir/1 /dir/2 /dir/3 /dir/4 /dir/5 /dir/7"},
		{"a srcset of all kinds", `<img srcset=" ,, 1 , 2,3 4x (a,b) x, 5,, 6">`, "/dir/1 /dir/2,3 /dir/5 /dir/6"},
		{"a srcset with an open parenthesis", `<img srcset="1 (a, 2"><img src=3>`, "/dir/1 /dir/3"},
		{"empty references", `<img src=""><img src=" "><img srcset=" , "><img><script src></script><video poster="">`, ""},
		{"data URLs", `<img src="data:image/png;base64,AA"><img src="DATA:,"><img src="blob:x"><img src=1>`, "/dir/1"},
		{"base", `<img src=1><base href="/b/"><img src=2>`, "/b/1 /b/2"},
		{"template", `<template><img src=1></template><template shadowrootmode=open><img src=2></template>`, "/dir/2"},
		{"comment", `<!-- <img src=1> --><textarea><img src=2></textarea>`, ""},
		{"nofollow", `<meta name=robots content=nofollow><img src=1><a href=2>`, "/dir/1"},
		{"style elements", `<style>@import "1";a{b:url(2)}</style><style type="TEXT/css">@font-face{src:url(3)}</style><noscript><style>a{b:url(4)}</style></noscript><style>a{b:url(5`,
			"/dir/1 /dir/2 /dir/3 /dir/4 /dir/5"},
		{"style elements with other content", `<style type="text/less">a{b:url(n)}</style><style type=" text/css">a{b:url(n)}</style><style type>a{b:url(1)}</style><style/>a{b:url(2)}</style>`, "/dir/1 /dir/2"},
		{"a style element is raw text", `<style>a{b:url(1?x&amp;y)}/*<img src=n>*/<![CDATA[ c{d:url(n)}</style>`, "/dir/1?x&amp;y"},
		{"style attributes", `<div STYLE="background:url(1)">x</div><p style='b:url(&quot;2&quot;);c:url("3")'><img src=4 style="b:url(5)"><a href=6 style=b:url(7)><my-x style="b:image-set('8' 1x"></my-x>`,
			"/dir/1 /dir/2 /dir/3 /dir/4 /dir/5 /dir/7 /dir/8"},
		{"style attributes have no rules", `<p style="@import 'n';a:url(1);}@import 'n';b:url(2)"><p style="a{b:url(3)}"><p data-style="b:url(n)" title="style=url(n)"><p style><p style="">`, "/dir/1 /dir/2 /dir/3"},
		{"CSS in templates and text", `<template><style>a{b:url(n)}</style><p style="b:url(n)"></template><textarea><style>a{b:url(n)}</style></textarea><!--<style>a{b:url(n)}</style>-->`, ""},
		{"CSS of SVG", `<svg style="a:url(1)"><style>a{b:url(2?x&amp;y)}<!-- c{d:url(n)} --><![CDATA[e{f:url(3?x&amp;y)}]]></style><style type=text/x>a{b:url(n)}</style><style/>e{f:url(n)}<style>@import "4"</style><path style="fill:url(#n);mask:url(5#x)"/></svg><style>a{b:url(6)}</style>`,
			"/dir/1 /dir/2?x&y /dir/3?x&amp;y /dir/4 /dir/5 /dir/6"},
		{"CSS of MathML", `<math style="a:url(1)"><style>a{b:url(n)}</style></math><svg><foreignObject><style>a{b:url(2)}<![CDATA[</style></foreignObject></svg>`, "/dir/1 /dir/2"},
		{"base of CSS", `<style>a{b:url(1)}</style><base href="/b/"><p style="b:url(2)"></p>`, "/b/1 /b/2"},
		{"other hosts", `<img src="//i/1"><img src="https://j/2#x">`, "http://i/1 https://j/2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := assets(t, page.Document{ContentType: "text/html", Body: []byte(tt.body)}); got != tt.want {
				t.Errorf("%s has the assets\n%q, want\n%q", tt.body, got, tt.want)
			}
		})
	}
}

func TestCSSOfXHTML(t *testing.T) {
	doc := page.Document{ContentType: "application/xhtml+xml", Body: []byte(`<html><head>
		<style>a{b:url(1?x&amp;y)}<!-- c{d:url(n)} --></style><style/>e{f:url(n)}<style><![CDATA[@import "2?x&amp;y";]]></style>
		</head><body style="a:url(3?x&amp;y)"/></html>`)}
	if got, _ := assets(t, doc); got != "/dir/1?x&y /dir/2?x&amp;y /dir/3?x&y" {
		t.Errorf("the assets are %q", got)
	}
}

// The queries of CSS are in UTF-8 whatever the encoding of the document, unlike those of elements.
func TestQueriesOfCSS(t *testing.T) {
	doc := page.Document{ContentType: "text/html; charset=latin1",
		Body: []byte("<p style='a:url(?\xe9)'><style>a{b:url(\xe9)}</style><img src='?\xe9'>")}
	if got, _ := assets(t, doc); got != "/dir/page?%C3%A9 /dir/%C3%A9 /dir/page?%E9" {
		t.Errorf("the assets are %q", got)
	}
}

func TestAssetsOfHeaders(t *testing.T) {
	doc := page.Document{ContentType: "text/html", Link: []string{
		`</1>; rel=preload; as=style, </2>; rel="stylesheet"; anchor="/other", </3>; rel=next, <4>; rel=icon`,
	}, Body: []byte(`<base href=/b/>`)}
	if got, _ := assets(t, doc); got != "/1 /dir/4" {
		t.Errorf("the assets are %q", got)
	}
	doc.ContentType, doc.Body = "text/plain", nil
	if got, _ := assets(t, doc); got != "" {
		t.Errorf("a text has the assets %q", got)
	}
}

// A page cannot name more bytes of assets than of links.
func TestAssetsAreBounded(t *testing.T) {
	base := "<base href='/" + strings.Repeat("b", 2000) + "/'>"
	n := 0
	doc := page.Document{URL: parseURL(t, "http://h/"), ContentType: "text/html",
		Body:  []byte(base + "<img srcset='" + strings.Repeat("a,\n", 100_000) + "'>"),
		Asset: func(weburl.URL) { n++ }}
	info := page.Links(doc, func(weburl.URL) {})
	if !info.TooMany || n == 0 || n*2000 > 64<<20 {
		t.Errorf("%d assets were added; %+v", n, info)
	}
}

var cssURL = regexp.MustCompile(`url\((.*?)\)`)

// treeAssets returns the assets of a document by the tree of another parser.
func treeAssets(t interface{ Fatal(...any) }, body []byte) (map[string]bool, bool) {
	root, err := html.ParseWithOptions(bytes.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, false
	}
	base, hasBase := parseURL(t, "http://h/dir/page"), false
	var refs []string
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[strings.TrimPrefix(a.Namespace+":"+a.Key, ":")] = a.Val
		}
		if n.Type == html.ElementNode && n.Namespace == "" && n.Data == "template" && attr["shadowrootmode"] == "" {
			return
		}
		add := func(names ...string) {
			for _, name := range names {
				for _, ref := range strings.Split(attr[name], ",") {
					if fields := strings.Fields(ref); len(fields) > 0 {
						refs = append(refs, fields[0])
					}
				}
			}
		}
		if n.Type == html.ElementNode {
			css := attr["style"]
			if n.Data == "style" && n.Namespace != "math" {
				for c := n.FirstChild; c != nil; c = c.NextSibling {
					if c.Type == html.TextNode {
						css += c.Data
					}
				}
			}
			for _, m := range cssURL.FindAllStringSubmatch(css, -1) {
				refs = append(refs, m[1])
			}
			switch n.Namespace + ":" + n.Data {
			case ":base":
				if ref, ok := attr["href"]; ok && !hasBase {
					hasBase = true
					if u, err := base.Resolve(ref); err == nil {
						base = u
					}
				}
			case ":img", ":source":
				add("src", "srcset")
			case ":script", ":embed", ":iframe", ":frame", ":input", ":audio", ":track":
				if n.Data != "input" || attr["type"] == "image" {
					add("src")
				}
			case ":video":
				add("src", "poster")
			case ":object":
				add("data")
			case ":td", ":body":
				add("background")
			case ":link":
				if attr["rel"] != "next" {
					add("href", "imagesrcset")
				}
			case "svg:image", "svg:feImage", "svg:use", "svg:script":
				if _, ok := attr["href"]; ok {
					add("href")
				} else {
					add("xlink:href")
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	set := map[string]bool{}
	for _, ref := range refs {
		if u, err := base.Resolve(ref); err == nil {
			set[u.String()] = true
		}
	}
	return set, true
}

// checkAssetsLikeTree compares the assets of a generated document with those of its tree.
func checkAssetsLikeTree(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, body []byte) {
	got := map[string]bool{}
	page.Links(page.Document{
		URL: parseURL(t, "http://h/dir/page"), ContentType: "text/html; charset=utf-8", Body: body,
		Asset: func(u weburl.URL) { got[u.String()] = true },
	}, func(weburl.URL) {})
	want, ok := treeAssets(t, body)
	if !ok {
		return
	}
	for u := range want {
		if !got[u] {
			t.Errorf("%s\nlacks the asset %v", body, u)
		}
	}
	for u := range got {
		if !want[u] {
			t.Errorf("%s\nhas the asset %v, which the tree lacks", body, u)
		}
	}
}
