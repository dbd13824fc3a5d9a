package page_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/page"
)

// TestSitemapLikeXML compares well-formed sitemaps with an XML decoder.
func TestSitemapLikeXML(t *testing.T) {
	texts := rapid.SampledFrom([]string{
		"http://h/", "a", " ", "\n", "&amp;", "&lt;", "&#x2F;", "&#228;", "ä", "<!-- <loc>x</loc> -->", "<![CDATA[&amp;]]>", "<![CDATA[<x>y]]>", "<?x y?>", "]]", "'", "\"", "=", "/",
	})
	others := rapid.SampledFrom([]string{
		"<lastmod>x</lastmod>", "<x/>", "<x a='>' b=\"'>\"/>", "<x><loc>y</loc></x>", "<!-- </url> -->", "\n", "<priority>1</priority>", "<x\n/>",
	})
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "<?xml version='1.0'?>\n", "<!DOCTYPE urlset>", "<!-- > -->"}).Draw(t, "prolog") + "<urlset>")
		for range rapid.IntRange(0, 5).Draw(t, "entries") {
			b.WriteString("<url>" + others.Draw(t, "other") + "<loc>" + strings.Join(rapid.SliceOf(texts).Draw(t, "loc"), "") + "</loc\n>" + others.Draw(t, "other") + "</url>")
		}
		b.WriteString("</urlset>")
		var want struct {
			URL []struct {
				Loc string `xml:"loc"`
			} `xml:"url"`
		}
		if err := xml.Unmarshal([]byte(b.String()), &want); err != nil {
			t.Fatal(err)
		}
		var wanted []string
		for _, u := range want.URL {
			if loc := strings.TrimSpace(u.Loc); loc != "" {
				wanted = append(wanted, loc)
			}
		}
		var got []string
		if err := page.Sitemap([]byte(b.String()), func(loc string, _ bool) bool { got = append(got, loc); return true }); err != nil || !slices.Equal(got, wanted) {
			t.Fatalf("%s\nhas the URLs %q with the error %v, want %q", b.String(), got, err, wanted)
		}
	})
}

// A wrong byte loses at most the URLs next to it.
func TestSitemapWithWrongByte(t *testing.T) {
	const urls = 4
	for _, format := range []struct{ head, entry, foot string }{
		{"<?xml version='1.0' encoding='UTF-8'?><urlset xmlns='x'>", "<url><loc>http://h/%d?</loc><x a='b' c=\"d\"/></url>\n", "</urlset>"},
		{"<sitemapindex>", "<sitemap><loc>http://h/%d?</loc></sitemap>", "</sitemapindex>"},
		{"<rss><channel><link>http://h/</link>", "<item><title>t</title><link>http://h/%d?</link><guid isPermaLink='false'>g</guid></item>", "</channel></rss>"},
		{"<feed><link href='http://h/'/>", "<entry><link rel='alternate' href='http://h/%d?'/><title>t</title></entry>", "</feed>"},
		{"", "http://h/%d?\n", ""},
	} {
		whole := format.head
		for i := range urls {
			whole += fmt.Sprintf(format.entry, i)
		}
		whole += format.foot
		for i := range whole {
			for _, b := range []byte("<>&\"'/=x!?\n\x00\x0b\xff") {
				if format.head == "" && i == 0 && b == '<' {
					continue // the text is read as XML
				}
				body := []byte(whole)
				body[i] = b
				got, err := sitemap(string(body))
				found := 0
				for n := range urls {
					if strings.Contains(got, fmt.Sprintf("//h/%d?", n)) {
						found++
					}
				}
				if found < urls-2 {
					t.Errorf("with %q instead of %q at %d there are %d URLs with the error %v: %s…", b, whole[i], i, found, err, body[:i+1])
				}
			}
		}
	}
}

func FuzzSitemap(f *testing.F) {
	for _, seed := range []string{
		"<urlset><url><loc>http://h/&amp;</loc></url></urlset>", "<sitemapindex><sitemap><loc><![CDATA[x]]></loc></sitemap>",
		"http://h/1\nhttps://h/2", gzipped("http://h/"), "\xff\xfe<\x00", "<?xml version='1.0' encoding='gbk'?><urlset>",
		"<!DOCTYPE a [<!ENTITY b 'c'>]><urlset><url><loc>&b;",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n := 0
		err := page.Sitemap(body, func(loc string, _ bool) bool {
			if n++; strings.TrimSpace(loc) != loc || loc == "" {
				t.Errorf("the URL %q", loc)
			}
			return true
		})
		if n > page.MaxSitemapURLs || n > 0 && errors.Is(err, page.ErrNotSitemap) {
			t.Errorf("%d URLs with the error %v", n, err)
		}
	})
}
