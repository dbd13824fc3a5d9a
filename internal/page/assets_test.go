package page_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// assets returns the assets of a document at http://h/dir/page. It trims "http://h" from them.
func assets(t *testing.T, doc page.Document) (string, page.Info) {
	t.Helper()
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
		{"other hosts", `<img src="//i/1"><img src="https://j/2#x">`, "http://i/1 https://j/2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := assets(t, page.Document{ContentType: "text/html", Body: []byte(tt.body)}); got != tt.want {
				t.Errorf("%s has the assets\n%q, want\n%q", tt.body, got, tt.want)
			}
		})
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
