package page_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"github.com/inndx/runs/internal/page"
)

func TestSitemap(t *testing.T) {
	const urlset = `<?xml version="1.0" encoding="UTF-8"?>
		<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
		<url><loc>http://h/1?a=1&amp;b=2</loc><lastmod>2024-05-01</lastmod></url>
		<url><image:image><image:loc>http://h/image</image:loc></image:image><loc>
			http://h/2
		</loc></url></urlset>`
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().
		String(`<?xml version="1.0" encoding="UTF-16"?><urlset><url><loc>http://h/ä</loc></url></urlset>`)
	entities := `<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
		<urlset><url><loc>http://h/&b;&f;</loc></url></urlset>`
	utf16At := func(e unicode.Endianness, s string) string {
		s, _ = unicode.UTF16(e, unicode.IgnoreBOM).NewEncoder().String(s)
		return s
	}
	const two = `<url><loc>http://h/1</loc></url><url><loc>http://h/2</loc></url>`
	// Bytes that do not compress, so that half of the file contains half of the URLs.
	var many, manyURLs strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "http://h/%x\n", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	zipped := gzipped(many.String())
	for _, line := range strings.SplitAfter(many.String(), "\n")[:500] {
		manyURLs.WriteString(strings.TrimSpace(line) + " ")
	}

	notSitemap, skipped, truncated := []error{page.ErrNotSitemap}, []error{page.ErrSitemapSkipped}, []error{page.ErrSitemapTruncated}
	for _, tt := range []struct {
		name, body, want string
		reasons          []error
	}{
		{"urlset", urlset, "http://h/1?a=1&b=2 http://h/2", nil},
		{"gzip", gzipped(urlset), "http://h/1?a=1&b=2 http://h/2", nil},
		{"bytes after gzip", gzipped(urlset) + "x\x00\x00", "http://h/1?a=1&b=2 http://h/2", nil},
		{"byte order mark", "\ufeff" + urlset, "http://h/1?a=1&b=2 http://h/2", nil},
		{"index", `<sitemapindex><sitemap><loc>http://h/1.xml</loc></sitemap><sitemap><loc>http://h/2.xml.gz</loc></sitemap></sitemapindex>`, "*http://h/1.xml *http://h/2.xml.gz", nil},
		{"pages in an index", `<sitemapindex><sitemap><loc>http://h/1.xml</loc></sitemap><url><loc>http://h/2</loc></url></sitemapindex>`, "*http://h/1.xml http://h/2", nil},
		{"no namespace", `<urlset><url><loc>http://h/1</loc></url></urlset>`, "http://h/1", nil},
		{"prefix", `<s:urlset xmlns:s="x"><s:url><s:loc>http://h/1</s:loc></s:url></s:urlset>`, "http://h/1", nil},
		{"upper case", `<?XML version="1.0"?><URLSET><URL><LOC>http://h/1</LOC></URL><Url><Loc>http://h/2</loc></Url></UrlSet>`, "http://h/1 http://h/2", nil},
		{"CDATA and comments", `<urlset><!-- <url><loc>x</loc></url> --><url><loc><![CDATA[http://h/?a&b&amp;c]]><!-- x --></loc></url></urlset>`, "http://h/?a&b&amp;c", nil},
		{"parts of CDATA", `<urlset><url><loc> http://h/?<![CDATA[a]]>&amp;<![CDATA[b]]]></loc></url></urlset>`, "http://h/?a&b]", nil},
		{"CDATA without its end", `<urlset><url><loc><![CDATA[http://h/1]></loc></url><url><loc><![CDATA[http://h/2]]></loc></url><url><loc><![CDATA[http://h/3</loc></url></urlset>`, "http://h/1 http://h/2 http://h/3", nil},
		{"bare ampersand", `<urlset><url><loc>http://h/?a=1&b=2&nbsp;</loc></url></urlset>`, "http://h/?a=1&b=2&nbsp;", nil},
		{"entities of XML", `<urlset><url><loc>http://h/&#x41;&#66;&lt;&gt;&quot;&apos;&#;&#xzz;&#99999999;&amp</loc></url></urlset>`, `http://h/AB<>"'&#;&#xzz;&#99999999;&amp`, nil},
		{"Latin", "<?xml version='1.0' encoding='iso-8859-1'?><urlset><url><loc>http://h/\xe4</loc></url></urlset>", "http://h/ä", nil},
		{"UTF-16", utf16, "http://h/ä", nil},
		{"UTF-16 without a byte order mark", utf16At(unicode.LittleEndian, urlset), "http://h/1?a=1&b=2 http://h/2", nil},
		{"big-endian UTF-16 without a byte order mark", utf16At(unicode.BigEndian, "\n<urlset>"+two+"</urlset>"), "http://h/1 http://h/2", nil},
		{"UTF-8 that is declared as UTF-16", "<?xml version='1.0' encoding='utf-16'?><urlset>" + two + "</urlset>", "http://h/1 http://h/2", nil},
		{"text in UTF-16 without a byte order mark", utf16At(unicode.LittleEndian, "http://h/1\r\nhttp://h/ä"), "http://h/1 http://h/ä", nil},
		{"dangerous encoding", "<?xml version='1.0' encoding='iso-2022-kr'?><urlset>" + two + "</urlset>", "http://h/1 http://h/2", nil},
		{"empty urlset", `<urlset></urlset>`, "", nil},
		{"empty loc", `<urlset><url><loc></loc></url><url><loc/></url><url/></urlset>`, "", nil},
		{"loc elsewhere", `<urlset><url><x><loc>http://h/1</loc></x><image:loc>http://h/2</image:loc><loc>http://h/3</loc></url></urlset>`, "http://h/3", nil},
		{"extensions", `<urlset><url><loc>http://h/1</loc><image:image><image:loc>http://h/2</image:loc></image:image><video:video><video:thumbnail_loc>http://h/3</video:thumbnail_loc><video:content_loc>http://h/4</video:content_loc><video:player_loc>http://h/5</video:player_loc></video:video><xhtml:link rel="alternate" hreflang="de" href="http://h/6"/></url></urlset>`, "http://h/1", nil},
		{"markup after it", `<urlset><url><loc>http://h/1</loc></url></urlset><p>`, "http://h/1", nil},
		{"two documents", `<urlset><url><loc>http://h/1</loc></url></urlset><?xml version="1.0"?><urlset><url><loc>http://h/2</loc></url></urlset>`, "http://h/1 http://h/2", nil},

		// not well-formed
		{"a warning before it", "<br />\n<b>Warning</b>: foo() in <b>/x.php</b> on line <b>3</b><br />\n" + urlset, "http://h/1?a=1&b=2 http://h/2", nil},
		{"forbidden characters", "<urlset>\x00\x01\xff\ufffe<url><loc>http://h/1</loc><x>\x0b</x></url>\x1b<url><loc>http://h/2</loc></url></urlset>", "http://h/1 http://h/2", nil},
		{"a forbidden byte in a URL", "<urlset><url><loc>http://h/\xe4</loc></url></urlset>", "http://h/\xe4", nil},
		{"unescaped markup", `<urlset><url><x>a<b</x><x>1<2 & 3 <3</x><y z="a<b">c</y><loc>http://h/1</loc></url><url><loc>http://h/2?a<b</loc></url><<></></ ></urlset>`, "http://h/1 http://h/2?a<b", nil},
		{"a bracket in an attribute", `<urlset a=">" b='>'><url><loc title="a > b">http://h/1</loc></url></urlset>`, "http://h/1", nil},
		{"an unpaired quotation mark", `<urlset><x a="><url b=it's><loc>http://h/1</loc></url></urlset>`, "http://h/1", nil},
		{"an unpaired quotation mark before a URL", `<urlset><url><loc a="x>http://h/1</loc></url></urlset>`, "http://h/1", nil},
		{"missing end tags", `<urlset><url><loc>http://h/1<lastmod>x</lastmod><url><loc>http://h/2</url><url><loc>http://h/3</loc></urlset>`, "http://h/1 http://h/2 http://h/3", nil},
		{"missing start tags", `<urlset><loc>http://h/1</loc></url><url><loc>http://h/2</loc></url></urlset>`, "http://h/1 http://h/2", nil},
		{"a missing root", two, "http://h/1 http://h/2", nil},
		{"missing brackets", `<urlset><url><loc>http://h/1</loc</url><url><loc>http://h/2</loc</url></urls`, "http://h/1 http://h/2", truncated},
		{"a missing root and end tags", strings.Repeat(`<url><loc>http://h/1</loc>`, 100), strings.TrimSpace(strings.Repeat("http://h/1 ", 100)), truncated},
		{"misspelt end tags", `<urlset><url><loc>http://h/1</lco></ulr><url><loc>http://h/2</loc></url></urlset>`, "http://h/1 http://h/2", nil},
		{"a declaration without its end", `<?xml version="1.0"><urlset>` + two + `</urlset>`, "http://h/1 http://h/2", nil},
		{"wrong nesting", `<urlset><url><loc>http://h/1</loc></url></url><url><loc>http://h/2</url><url><loc>http://h/3</loc></url></urlset>`, "http://h/1 http://h/2 http://h/3", nil},
		{"unknown encoding", `<?xml version="1.0" encoding="foo"?><urlset>` + two + `</urlset>`, "http://h/1 http://h/2", nil},
		{"deep", `<urlset>` + strings.Repeat("<a>", 100) + two + strings.Repeat("</a>", 100) + `</urlset>`, "http://h/1 http://h/2", nil},
		{"many attributes", `<urlset><url><loc>http://h/1</loc></url><url ` + strings.Repeat("a ", 1<<20) + `></url><url><loc>http://h/2</loc></url></urlset>`, "http://h/1 http://h/2", nil},
		{"long text", `<urlset><url><loc>http://h/1</loc></url><url><loc>` + strings.Repeat("a", 1<<20) + `</loc></url><url><loc>http://h/2</loc></url></urlset>`, "http://h/1 http://h/2", skipped},

		// feeds
		{"RSS", `<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>x</title><link>http://h/</link><atom:link href="http://h/feed" rel="self"/><image><url>http://h/i</url><link>http://h/</link></image>
			<item><title/><link> http://h/1?a&amp;b </link><guid>http://h/?p=1</guid><description><![CDATA[<link>http://h/x</link>]]></description><comments>http://h/1#c</comments><media:link>http://h/y</media:link></item>
			<item><guid isPermaLink="true">http://h/2</guid><enclosure url="http://h/z"/></item><item><guid isPermaLink="false">http://h/x</guid></item><item><guid>123</guid></item>
			<item><guid>http://h/?p=3</guid><atom:link rel="replies" href="http://h/x"/><atom:link rel="alternate" href="http://h/3"/><source url="http://h/x"><link>http://h/x</link></source></item></channel></rss>`,
			"http://h/1?a&b http://h/2 http://h/3", nil},
		{"RSS with CDATA", `<rss><channel><item><title><![CDATA[<item>]]></title><link><![CDATA[ http://h/1?a&b ]]></link></item></channel></rss>`, "http://h/1?a&b", nil},
		{"RSS with missing tags", `<channel><item><link>http://h/1<item><guid>http://h/2</guid></item><item><guid>http://h/3</guid>`, "http://h/1 http://h/2 http://h/3", truncated},
		{"RSS 1.0", `<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><link>http://h/</link></channel><item rdf:about="y"><link>http://h/1</link></item></rdf:RDF>`, "http://h/1", nil},
		{"Atom", `<feed xmlns="http://www.w3.org/2005/Atom"><link href="http://h/"/><link rel="next" href="http://h/n"/><entry><link rel="self" href="http://h/x"/><link href='http://h/1?a&amp;b'/><link rel="alternate" hreflang="de" href="/2"></link><content type="xhtml"><a href="http://h/y"/></content><source><link href="http://h/z"/></source></entry></feed>`, "http://h/1?a&b /2", nil},
		{"Atom with a prefix", `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:link title="a>b" href="http://h/1"/></a:entry></a:feed>`, "http://h/1", nil},
		{"a feed without entries", "<rss><channel><link>http://h/</link></channel></rss>", "", nil},

		{"entities", entities, "http://h/&b;&f;", nil},
		{"text", "http://h/1\r\n\n  https://h/2  \n# x\nHTTP://h/4", "http://h/1 https://h/2 HTTP://h/4", nil},
		{"text with other lines", "http://h/1\nftp://h/3\nwww.h", "http://h/1", skipped},
		{"text with a byte order mark", "\ufeffhttp://h/1\n", "http://h/1", nil},
		{"text with a long line", "http://h/1\nhttp://h/" + strings.Repeat("a", 100_000) + "\nhttp://h/2", "http://h/1 http://h/2", skipped},
		{"gzipped text", gzipped("http://h/1\n"), "http://h/1", nil},

		{"empty", "", "", notSitemap},
		{"white space", " \n", "", notSitemap},
		{"other text", "Not found", "", notSitemap},
		{"HTML", "<!doctype html><html><p>Not found", "", notSitemap},
		{"HTML without its type", "<head><title>Not found</title></head><html><url><loc>x</loc></url></html>", "", notSitemap},
		{"other XML", "<foo><url>x</url></foo>", "", notSitemap},
		{"XML without elements", "<?xml version='1.0'?>", "", notSitemap},
		{"half a sitemap", `<urlset><url><loc>http://h/1</loc></url><url><loc>http://h/2</l`, "http://h/1 http://h/2", truncated},
		{"half a URL", `<urlset><url><loc>http://h/1</loc></url><url><loc>http://h/2`, "http://h/1", truncated},
		{"half a gzip", zipped[:len(zipped)/2], manyURLs.String(), truncated},
		{"a damaged gzip", zipped[:len(zipped)-8] + "\x00" + zipped[len(zipped)-7:], strings.TrimSpace(strings.ReplaceAll(many.String(), "\n", " ")), []error{page.ErrSitemapBroken}},
		{"not gzip", "\x1f\x8bfoo", "", []error{page.ErrNotSitemap, page.ErrSitemapTruncated}},
		{"too large", gzipped("http://h/1\n") + strings.Repeat(gzipped(strings.Repeat("a", 1<<20)), 51), "http://h/1", []error{page.ErrSitemapTooLarge}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sitemap(tt.body)
			var e *page.SitemapError
			var reasons []error
			if errors.As(err, &e) {
				reasons = e.Reasons
			}
			if len(tt.want) > 10_000 { // how much of the rest is read depends on the compressor
				got = got[:min(len(got), len(tt.want))]
			}
			if got != tt.want || !slices.Equal(reasons, tt.reasons) || (err == nil) != (len(tt.reasons) == 0) {
				t.Errorf("the URLs are\n%.300q with the error %v, want\n%.300q, %v", got, err, tt.want, tt.reasons)
			}
		})
	}
}

// TestSitemapCases reads sitemaps like those of real sites.
func TestSitemapCases(t *testing.T) {
	var cases []struct {
		Name, Body string
		URLs       []string
	}
	readCases(t, "testdata/sitemaps.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got, err := sitemap(c.Body)
			if got = strings.ReplaceAll(got, "*", ""); got != strings.Join(c.URLs, " ") || errors.Is(err, page.ErrNotSitemap) {
				t.Errorf("the URLs are %q with the error %v, want %q", got, err, c.URLs)
			}
		})
	}
}

func TestSitemapError(t *testing.T) {
	_, err := sitemap("http://h/1\nx\ny\n")
	var e *page.SitemapError
	if !errors.As(err, &e) || e.Skipped != 2 || e.Error() != "the sitemap has entries that are not URLs: 2" {
		t.Errorf("the error is %v: %+v", err, e)
	}
	_, err = sitemap("<urlset><url><loc>" + strings.Repeat("a", 1<<20) + "</loc>")
	if want := "the sitemap ends early; the sitemap has entries that are not URLs: 1"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func TestSitemapCount(t *testing.T) {
	var b strings.Builder
	for i := range page.MaxSitemapURLs + 1 {
		fmt.Fprintf(&b, "http://h/%d\n", i)
	}
	n := 0
	err := page.Sitemap([]byte(b.String()), func(string, bool) bool { n++; return true })
	if n != page.MaxSitemapURLs || !errors.Is(err, page.ErrSitemapTooMany) {
		t.Errorf("%d URLs were added, the error is %v", n, err)
	}
	n = 0
	if err := page.Sitemap([]byte(b.String()), func(string, bool) bool { n++; return n < 3 }); n != 3 || err != nil {
		t.Errorf("%d URLs were added, the error is %v; want to stop at 3", n, err)
	}
}
