package page_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// BenchmarkLinks reads the links of a page of 50 links and 10 KB. It reports the time as a ratio to
// that of a bare loop of the tokenizer, and to that of a loop that also reads the attributes of
// links.
func BenchmarkLinks(b *testing.B) {
	var s strings.Builder
	s.WriteString(`<!doctype html><html lang=en><head><meta charset="utf-8"><title>A page</title><link rel="stylesheet" href="/s.css"></head><body>`)
	for i := range 50 {
		fmt.Fprintf(&s, `<div class="item" id="item-%d"><h2>Item %d</h2><p>Some <b>text</b> about the thing, `+
			`as pages have it.</p><a class="more" href="/articles/2024/05/item-%d.html" title="Read on">more</a></div>`+"\n", i, i, i)
	}
	s.WriteString(`</body></html>`)
	body := []byte(s.String())
	base := parseURL(b, "https://www.example.com/articles/index.html")
	doc := page.Document{URL: base, ContentType: "text/html; charset=utf-8", Body: body}

	var ours, bare, withAttributes time.Duration
	for b.Loop() { // alternating, so that load on the machine affects all alike
		start := time.Now()
		if info := page.Links(doc, func(weburl.URL) {}); info.Links != 50 {
			b.Fatal(info)
		}
		ours += time.Since(start)
		start = time.Now()
		tokenize(body, false)
		bare += time.Since(start)
		start = time.Now()
		tokenize(body, true)
		withAttributes += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(b.N), "ns/op")
	b.ReportMetric(float64(ours)/float64(bare), "of-bare")
	b.ReportMetric(float64(ours)/float64(withAttributes), "of-attributes")
}

func tokenize(body []byte, withAttributes bool) (hrefs int) {
	z := html.NewTokenizer(bytes.NewReader(body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return hrefs
		case html.StartTagToken:
			name, more := z.TagName()
			if !withAttributes || string(name) != "a" {
				continue
			}
			for more {
				var key []byte
				if key, _, more = z.TagAttr(); string(key) == "href" {
					hrefs++
				}
			}
		}
	}
}

func BenchmarkSitemap(b *testing.B) {
	var s strings.Builder
	s.WriteString(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`)
	for i := range 1000 {
		fmt.Fprintf(&s, "<url><loc>https://www.example.com/articles/item-%d.html</loc><lastmod>2024-05-01</lastmod></url>\n", i)
	}
	s.WriteString(`</urlset>`)
	body := []byte(s.String())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := page.Sitemap(body, func(string, bool) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
