package page_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"github.com/inndx/runs/internal/page"
)

func gzipped(s string) string {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	zw.Write([]byte(s))
	zw.Close()
	return b.String()
}

// sitemap returns the URLs of a sitemap, those of an index with an * in front.
func sitemap(body string) (string, error) {
	var got []string
	err := page.Sitemap([]byte(body), func(loc string, isIndex bool) bool {
		if isIndex {
			loc = "*" + loc
		}
		got = append(got, loc)
		return true
	})
	return strings.Join(got, " "), err
}

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
	for _, c := range []struct {
		name, body, want string
		err              error
	}{
		{"urlset", urlset, "http://h/1?a=1&b=2 http://h/2", nil},
		{"gzip", gzipped(urlset), "http://h/1?a=1&b=2 http://h/2", nil},
		{"byte order mark", "\ufeff" + urlset, "http://h/1?a=1&b=2 http://h/2", nil},
		{"index", `<sitemapindex><sitemap><loc>http://h/1.xml</loc></sitemap><sitemap><loc>http://h/2.xml.gz</loc></sitemap></sitemapindex>`, "*http://h/1.xml *http://h/2.xml.gz", nil},
		{"no namespace", `<urlset><url><loc>http://h/1</loc></url></urlset>`, "http://h/1", nil},
		{"prefix", `<s:urlset xmlns:s="x"><s:url><s:loc>http://h/1</s:loc></s:url></s:urlset>`, "http://h/1", nil},
		{"CDATA and comments", `<urlset><!-- <url><loc>x</loc></url> --><url><loc><![CDATA[http://h/?a&b]]><!-- x --></loc></url></urlset>`, "http://h/?a&b", nil},
		{"bare ampersand", `<urlset><url><loc>http://h/?a=1&b=2&nbsp;</loc></url></urlset>`, "http://h/?a=1&b=2&nbsp;", nil},
		{"Latin", "<?xml version='1.0' encoding='iso-8859-1'?><urlset><url><loc>http://h/\xe4</loc></url></urlset>", "http://h/ä", nil},
		{"UTF-16", utf16, "http://h/ä", nil},
		{"empty urlset", `<urlset></urlset>`, "", nil},
		{"empty loc", `<urlset><url><loc></loc></url><url><loc/></url><url/></urlset>`, "", nil},
		{"loc elsewhere", `<urlset><loc>http://h/1</loc><url><x><loc>http://h/2</loc></x></url><sitemap><loc>http://h/3</loc></sitemap></urlset>`, "", nil},
		{"something behind", `<urlset><url><loc>http://h/1</loc></url></urlset><p>`, "http://h/1", nil},

		{"entities", entities, "http://h/&b;&f;", nil},
		{"text", "http://h/1\r\n\n  https://h/2  \nftp://h/3\n# x\nHTTP://h/4", "http://h/1 https://h/2 HTTP://h/4", nil},
		{"text with a mark", "\ufeffhttp://h/1\n", "http://h/1", nil},
		{"text with a long line", "http://h/1\nhttp://h/" + strings.Repeat("a", 100_000) + "\nhttp://h/2", "http://h/1 http://h/2", nil},
		{"gzipped text", gzipped("http://h/1\n"), "http://h/1", nil},

		{"nothing", "", "", page.ErrNotSitemap},
		{"white space", " \n", "", page.ErrNotSitemap},
		{"other text", "Not found", "", page.ErrNotSitemap},
		{"HTML", "<!doctype html><html><p>Not found", "", page.ErrNotSitemap},
		{"XML without elements", "<?xml version='1.0'?>", "", page.ErrNotSitemap},
		{"a feed", "<rss><channel><link>http://h/</link></channel></rss>", "", page.ErrNotSitemap},
		{"half a sitemap", `<urlset><url><loc>http://h/1</loc></url><url><loc>http://h/2</l`, "http://h/1", page.ErrSitemapBroken},
		{"half a gzip", gzipped(urlset)[:60], "", page.ErrSitemapBroken},
		{"no gzip", "\x1f\x8bfoo", "", page.ErrSitemapBroken},
		{"wrong nesting", `<urlset><url><loc>http://h/1</loc></url></url><url><loc>http://h/2</url><url><loc>http://h/3</loc></url></urlset>`, "http://h/1 http://h/2 http://h/3", nil},
		{"broken tag", `<urlset><url><loc>http://h/1</loc></url><<</urlset>`, "http://h/1", page.ErrSitemapBroken},
		{"unknown encoding", `<?xml version="1.0" encoding="foo"?><urlset/>`, "", page.ErrSitemapBroken},
		{"deep", `<urlset><url><loc>http://h/1</loc></url>` + strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100) + `</urlset>`, "http://h/1", page.ErrSitemapBroken},
		{"many attributes", `<urlset><url><loc>http://h/1</loc></url><url ` + strings.Repeat("a ", 1<<20) + `></url></urlset>`, "http://h/1", page.ErrSitemapBroken},
		{"long text", `<urlset><url><loc>http://h/1</loc></url><url><loc>` + strings.Repeat("a", 1<<20) + `</loc></url></urlset>`, "http://h/1", page.ErrSitemapBroken},
		{"too large", gzipped("http://h/1\n") + strings.Repeat(gzipped(strings.Repeat("a", 1<<20)), 51), "http://h/1", page.ErrSitemapTooLarge},
	} {
		got, err := sitemap(c.body)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: the URLs are %.200q with the error %v, want %q, %v", c.name, got, err, c.want, c.err)
		}
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
