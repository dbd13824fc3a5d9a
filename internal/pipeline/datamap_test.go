package pipeline_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/pipeline"
)

// shop returns the page testdata/shop.html.
func shop(t testing.TB) pipeline.Page {
	t.Helper()
	body, err := os.ReadFile("testdata/shop.html")
	if err != nil {
		t.Fatal(err)
	}
	return htmlPage(t, string(body))
}

// mapped returns the data map of a page as Go values.
func mapped(t testing.TB, page pipeline.Page, fields ...config.DataField) map[string]any {
	t.Helper()
	body, ok := extract(t, extractor("data_map", dataMap(fields...)), page)
	if !ok {
		t.Fatal("the page has no data map")
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return got
}

// The expected values come from lxml and cssselect, on a tree by html5lib.
func TestExpressionsOfDataMaps(t *testing.T) {
	raw, err := os.ReadFile("testdata/expressions.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Kind, Expression string
		Values           []any
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	page := shop(t)
	for _, tt := range cases {
		t.Run(tt.Expression, func(t *testing.T) {
			got := mapped(t, page, field("all", tt.Kind, true, tt.Expression), field("first", tt.Kind, false, tt.Expression))
			if diff := cmp.Diff(any(tt.Values), got["all"]); diff != "" {
				t.Errorf("all values (-want +got):\n%s", diff)
			}
			var first any
			if len(tt.Values) > 0 {
				first = tt.Values[0]
			}
			if got["first"] != first {
				t.Errorf("the first value is %v, want %v", got["first"], first)
			}
		})
	}
}

func TestDataMap(t *testing.T) {
	body, _ := extract(t, extractor("data_map", dataMap(
		field("title", "xpath", false, "//h1"),
		field("price", "xpath", false, "number(//p[@class='price'])"),
		field("tags", "selector", true, "ul.tags li"),
		field("name", "selector", false, "h4", "h3", "h2"),
		field("rating", "selector", false, ".rating"),
		field("ratings", "selector", true, ".rating"),
		field("sold <out>", "xpath", false, "//h1 = 'sold out'"),
		field("markup", "xpath", false, "concat('<', //h2, '>&')"),
	)), shop(t))
	want := `{"title":"Anvil, 50 kg","price":199,"tags":["heavy","forged","black"],"name":"Reviews","rating":null,"ratings":[],` +
		`"sold <out>":false,"markup":"<Reviews>&"}`
	if body != want {
		t.Errorf("got %s, want %s", body, want)
	}
}

func TestExpressionsOfFieldsThatAreRefused(t *testing.T) {
	const path = "config.pipelines[0].steps[0].params.params.map.fields[1].source.params.expressions[1] format "
	for _, tt := range []struct{ kind, expression, want string }{
		{"xpath", "//a[", "is not an XPath expression: expression must evaluate"},
		{"xpath", "", "is not an XPath expression: "},
		{"xpath", "//a[@href", "is not an XPath expression: "},
		{"xpath", "$x", "is not an XPath expression: "},
		{"xpath", "matches(//a, '(a*)*')", "the function matches is not supported; supported: boolean, "},
		{"xpath", "//a[replace(., 'a', //b)]", "the function replace is not supported"},
		{"xpath", "id('a')", "the function id is not supported"},
		{"xpath", "x:a()", "the function x:a is not supported"},
		{"xpath", "//a[@href][2]", "put what comes before into parentheses"},
		{"xpath", "//a[@href] [position() < 3]", "put what comes before into parentheses"},
		{"xpath", "//a[b[c]][last()]", "a position such as [last()] after another predicate"},
		{"xpath", "//a/following::b[1]", "on the axes following and preceding"},
		{"xpath", strings.Repeat("(", 300) + "//a" + strings.Repeat(")", 300), "too complex"},
		{"selector", "a[", "is not a CSS selector: "},
		{"selector", "", "is not a CSS selector: "},
		{"selector", "a >", "is not a CSS selector: "},
		{"selector", "> a", "is not a CSS selector: "},
		{"selector", "a > > b", "is not a CSS selector: "},
		{"selector", "a,", "is not a CSS selector: "},
		{"selector", "a::before", "is not a CSS selector: "},
		{"selector", "a:matches(x)", ":matches is not supported"},
		{"selector", "a:not(b:MatchesOwn(x))", ":matchesown is not supported"},
		{"selector", "a:has(b c)", "combinators inside :has are not supported"},
		{"selector", "a:not(b > c)", "combinators inside :not are not supported"},
		{"selector", "a:has(b:has(c))", ":has inside :has is not supported"},
		{"selector", "a:has(b:not(c:first-child))", ":first-child inside :has is not supported"},
		{"selector", strings.Repeat("a:has(b) ", 5), "more than 4 of :has"},
		{"selector", strings.Repeat("a ", 33), "more than 32 parts"},
	} {
		t.Run(tt.expression, func(t *testing.T) {
			got := faultsOf(keep(extractor("data_map", dataMap(field("a", "xpath", false, "//a"), field("b", tt.kind, false, "a", tt.expression)))))
			if !strings.HasPrefix(got, path) || !strings.Contains(got, tt.want) || strings.Contains(got, "\n") {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// What looks like syntax in strings, brackets and parentheses does not count.
func TestExpressionsWithMisleadingText(t *testing.T) {
	page := htmlPage(t, `<a title="x > y, z">1</a><a title="matches(">2</a><b title="][2">3</b><p>a:has(b)<i id="a.b">4</i></p>`)
	for _, tt := range []struct{ kind, expression, want string }{
		{"selector", `a[title="x > y, z"]`, "1"},
		{"selector", `a[title='matches(']`, "2"},
		{"selector", `b[title="][2"]`, "3"},
		{"selector", `p /* , > */ > i`, "4"},
		{"selector", `#a\.b`, "4"},
		{"selector", "\tp\n i ", "4"},
		{"selector", `a:not([title*="z"])`, "2"},
		{"xpath", `//a[@title='x > y, z']`, "1"},
		{"xpath", `//a[@title="matches("]`, "2"},
		{"xpath", `//b[@title='][2']`, "3"},
		{"xpath", `//i[@id = 'a.b' and (true())]`, "4"},
		{"xpath", `(//a[@title])[2]`, "2"},
	} {
		if got := mapped(t, page, field("v", tt.kind, false, tt.expression)); got["v"] != tt.want {
			t.Errorf("%s: got %v, want %s", tt.expression, got["v"], tt.want)
		}
	}
}

// A function that gets an argument of a wrong type fails on the page.
func TestFailingXPath(t *testing.T) {
	_, err := compile(t, keep(extractor("data_map", dataMap(field("a", "xpath", false, "substring(//a, //b)"))))).Apply(t.Context(), htmlPage(t, "<a>1<b>2"))
	if err == nil || !strings.Contains(err.Error(), "substring()") {
		t.Errorf("got %v", err)
	}
}
