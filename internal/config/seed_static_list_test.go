package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/fault"
)

func TestStaticListInvalid(t *testing.T) {
	url := func(u string) string { return part("seeds", "static_list", `{"urls":["http://ok/",`+u+`]}`) }
	const inURL = "config.seeds[0].params.urls[1]"
	checkInvalid(t, []invalidCase{
		{"no urls", `{"seeds":[{"kind":"static_list"},{"kind":"sitemap","params":{"urls":[]}}]}`,
			[]string{"config.seeds[0].params.urls required given", "config.seeds[1].params.urls empty empty"}},
		{"too many urls", part("seeds", "static_list", `{"urls":`+many(1001, `"http://a/"`)+`}`), []string{"config.seeds[0].params.urls too_many 1000"}},
		{"url is not a string", url(`1`), []string{inURL + " type a string"}},
		{"empty url", url(`""`), []string{inURL + " length between 1 and 2048 bytes"}},
		{"long url", url(`"http://a/` + long + `"`), []string{inURL + " length between 1 and 2048 bytes"}},
		{"relative url", url(`"/a"`), []string{inURL + " format absolute http or https"}},
		{"url without scheme", url(`"example.com/a"`), []string{inURL + " format absolute http or https"}},
		{"ftp url", url(`"ftp://a/"`), []string{inURL + " format absolute http or https"}},
		{"url without host", url(`"http:///"`), []string{inURL + " format host"}},
		{"url with a space in its host", url(`"http://a b/"`), []string{inURL + " format host"}},
		{"url whose host breaks IDNA's Bidi rule", url(`"http://xn--a-yoc/"`), []string{inURL + " format host"}},
		{"url with credentials", url(`"http://u:p@a/"`), []string{inURL + " format user name or password"}},
		{"url with a large port", url(`"http://a:65536/"`), []string{inURL + " format port"}},
		{"url that is long when it is encoded", url(`"http://a/` + strings.Repeat("ä", 1000) + `"`), []string{inURL + " format 2048 bytes"}},
	})
}

// A seed may have any spelling that a link of a page may have, and keeps it.
func TestSeedsAreParsedAsLinks(t *testing.T) {
	for _, seed := range []string{
		"http://h/100%", "http://h/%zz?%", "http:h", "http:///h", "HTTPS:\\\\h\\a", " http://h/ \n", "ht\ntp://h/", "http://h/a b?c|d", "http://bücher.example",
		"http://0x7f.1/", "http://[::1]:8080", "http://a_b/", "http://h:/",
	} {
		t.Run(fmt.Sprintf("%q", seed), func(t *testing.T) {
			urls, err := json.Marshal([]string{seed})
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse([]byte(part("seeds", "static_list", `{"urls":`+string(urls)+`}`)), "config")
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Seeds[0].Params.(*StaticList).URLs[0]; got != seed {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A stored configuration is read even if its URLs are no longer valid.
func TestParseStoredURLs(t *testing.T) {
	for _, seed := range []string{"http://xn--a-yoc/", "http://a..b/", "http://h/" + strings.Repeat("ä", 1000)} {
		t.Run(fmt.Sprintf("%.30q", seed), func(t *testing.T) {
			given := []byte(part("seeds", "static_list", `{"urls":["`+seed+`"]}`))
			if _, err := Parse(given, "config"); !fault.Is(err, fault.Invalid) {
				t.Errorf("Parse: got %v, want an error of kind Invalid", err)
			}
			c, err := ParseStored(given)
			if err != nil || c.Seeds[0].Params.(*StaticList).URLs[0] != seed {
				t.Errorf("ParseStored: got %v, %v", c, err)
			}
		})
	}
	t.Run("no URLs", func(t *testing.T) {
		if _, err := ParseStored([]byte(part("seeds", "static_list", `{"urls":[]}`))); !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v, want an error of kind Invalid", err)
		}
	})
}

func init() {
	drawParams["static_list"] = func(t *rapid.T) any {
		return &StaticList{drawURLs(t)}
	}
}

func drawURLs(t *rapid.T) []string {
	url := rapid.StringMatching(`https?://[a-z]{1,9}(\.[a-z]{2,3})?(:8[0-9]{0,3})?(/[a-zé&<"]{0,9})?`)
	return rapid.SliceOfN(url, 1, 5).Draw(t, "urls")
}
