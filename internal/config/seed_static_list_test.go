package config

import (
	"encoding/json"
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
		given, err := json.Marshal(map[string]any{"seeds": []any{map[string]any{"kind": "static_list", "params": map[string]any{"urls": []string{seed}}}}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse(given, "config")
		if err != nil {
			t.Errorf("%q is refused: %v", seed, err)
		} else if got := c.Seeds[0].Params.(*StaticList).URLs[0]; got != seed {
			t.Errorf("%q is kept as %q", seed, got)
		}
	}
}

// A stored configuration is read even if its URLs are no longer valid.
func TestParseStoredURLs(t *testing.T) {
	for _, seed := range []string{"http://xn--a-yoc/", "http://a..b/", "http://h/" + strings.Repeat("ä", 1000)} {
		given := []byte(`{"seeds":[{"kind":"static_list","params":{"urls":["` + seed + `"]}}]}`)
		if _, err := Parse(given, "config"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a new configuration with %.30q gives %v", seed, err)
		}
		c, err := ParseStored(given)
		if err != nil || c.Seeds[0].Params.(*StaticList).URLs[0] != seed {
			t.Errorf("a stored configuration with %.30q is read as %v, %v", seed, c, err)
		}
	}
	if _, err := ParseStored([]byte(`{"seeds":[{"kind":"static_list","params":{"urls":[]}}]}`)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a list without URLs gives %v", err)
	}
}

func drawStaticList(t *rapid.T) any {
	return &StaticList{drawURLs(t)}
}

func drawURLs(t *rapid.T) []string {
	url := rapid.StringMatching(`https?://[a-z]{1,9}(\.[a-z]{2,3})?(:8[0-9]{0,3})?(/[a-zé&<"]{0,9})?`)
	return rapid.SliceOfN(url, 1, 5).Draw(t, "urls")
}
