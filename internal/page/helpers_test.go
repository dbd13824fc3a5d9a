package page_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

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

// links returns the links of a document, by default at http://h/dir/page. It trims "http://h" from
// them.
func links(t interface{ Fatal(...any) }, doc page.Document) (string, page.Info) {
	if doc.URL.IsZero() {
		doc.URL = parseURL(t, "http://h/dir/page")
	}
	var got []string
	info := page.Links(doc, func(u weburl.URL) { got = append(got, strings.TrimPrefix(u.String(), "http://h")) })
	if info.Links != len(got) {
		t.Fatal(fmt.Sprintf("Info.Links is %d, but %d links were added", info.Links, len(got)))
	}
	return strings.Join(got, " "), info
}

// linkSet returns the different links of an HTML document.
func linkSet(t interface{ Fatal(...any) }, body []byte) (map[weburl.URL]bool, page.Info) {
	set := map[weburl.URL]bool{}
	info := page.Links(page.Document{URL: parseURL(t, "http://h/dir/page"), ContentType: "text/html; charset=utf-8", Body: body},
		func(u weburl.URL) { set[u] = true })
	return set, info
}

// sitemap returns the URLs of a sitemap. Those of other sitemaps begin with *.
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

func gzipped(s string) string {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	zw.Write([]byte(s))
	zw.Close()
	return b.String()
}

// readCases reads cases from a JSON file.
func readCases(t *testing.T, file string, cases any) {
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, cases)
	}
	if err != nil {
		t.Fatal(err)
	}
}
