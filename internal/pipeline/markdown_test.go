package pipeline_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/pipeline"
)

func markdown(t testing.TB, m config.Markdown, page pipeline.Page) string {
	t.Helper()
	s, _ := extract(t, extractor("markdown", &m), page)
	return s
}

func TestMarkdownOfAPage(t *testing.T) {
	want, err := os.ReadFile("testdata/shop.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), markdown(t, config.Markdown{}, shop(t))+"\n"); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMarkdown(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"formatting", "<p>a <b>b</b> <i>c</i> <strong>d</strong> <em>e</em>", "a **b** *c* **d** *e*"},
		{"unknown elements", "<my-card><p>a<u>b</u></my-card><section>c</section>d", "ab\n\nc\n\nd"},
		{"always skipped", "<p>a<script>x</script><style>x</style><noscript>x</noscript><template>x</template><svg><text>x</text></svg><form>x</form><button>x</button><dialog>x</dialog>", "a"},
		{"relative link", "<a href='b?c=d&amp;e#f'>a</a>", "[a](https://www.example.com/docs/b?c=d&e#f)"},
		{"link to the page itself", "<a href='#x'>a</a>", "[a](https://www.example.com/docs/index.html?q=1#x)"},
		{"link with spaces", "<a href=' b c(d) '>a</a>", "[a](https://www.example.com/docs/b%20c%28d%29)"},
		{"base", "<base href='//e.example/x/'><a href='b'>a</a><base href='/y/'>", "[a](https://e.example/x/b)"},
		{"scripts are no links", "<a href='JavaScript:x()'>a</a> <a href='data:text/html,x'>b</a> <a>c</a>", "a b c"},
		{"mail", "<a href='MAILTO:a@b.example'>a</a>", "[a](mailto:a@b.example)"},
		{"image", "<img src='/i.png' alt='[b]' title='t'>", `![\[b\]](https://www.example.com/i.png "t")`},
		{"image in the page", "<img src='data:image/png;base64,AAAA' alt='b*c'>", "b\\*c"},
		{"code", "<pre><code class='language-go'>a\n\n  b</code></pre>", "```go\na\n\n  b\n```"},
		{"code with backticks", "<code>a`b</code>", "``a`b``"},
		{"syntax in text", "<p># a<p>1. b<p>- c<p>* d * e<p>&lt;b&gt;<p>[a](b)<p>_a_ ![c](d)",
			"\\# a\n\n1\\. b\n\n\\- c\n\n\\* d * e\n\n&lt;b&gt;\n\n\\[a](b)\n\n\\_a_ !\\[c](d)"},
		{"a table without head", "<table><tr><td>a<td>b</table>", "|  |  |\n|---|---|\n| a | b |"},
		{"spans of a table", "<table><tr><th colspan=2>a<tr><td>b<td>c</table>", "| a |  |\n|---|---|\n| b | c |"},
		{"a table that is too large", "<table><tr><th colspan=30000>a<tr><td>b</table>", "a\n\nb"},
		{"only elements without content", "<div><p></p><br></div>", ""},
		{"bytes that the converter uses", "<p>a\ab\uf002c\x00d", "abcd"},
		{"lists", "<ul><li>a<ol start=7><li>b<li>c</ol><li>d</ul>", "- a\n  \n  7. b\n  8. c\n- d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, markdown(t, config.Markdown{}, htmlPage(t, tt.body))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMarkdownParams(t *testing.T) {
	body := "<nav>n</nav><main><p>a<main>b</main></main><aside>c</aside><main>d</main>"
	for _, tt := range []struct {
		name   string
		params config.Markdown
		want   string
	}{
		{"all", config.Markdown{}, "n\n\na\n\nb\n\nc\n\nd"},
		{"elements inside others are not repeated", config.Markdown{ContentXPath: "//main"}, "a\n\nb\n\nd"},
		{"several", config.Markdown{ContentXPath: "//aside|//nav"}, "n\n\nc"},
		{"nothing matches", config.Markdown{ContentXPath: "//article"}, ""},
		{"attributes have no content", config.Markdown{ContentXPath: "//@id"}, ""},
		{"skipped tags", config.Markdown{SkipTags: []string{"nav", "p"}}, "b\n\nc\n\nd"},
		{"skipped content", config.Markdown{ContentXPath: "//nav", SkipTags: []string{"nav"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := markdown(t, tt.params, htmlPage(t, body)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	p := compile(t, keep(extractor("markdown", &config.Markdown{ContentXPath: "count(//main)"})))
	if _, err := p.Apply(t.Context(), htmlPage(t, body)); err == nil || !strings.Contains(err.Error(), "not a set of nodes") {
		t.Errorf("got %v", err)
	}
	want := "config.pipelines[0].steps[0].params.params.content_xpath format is not an XPath expression: "
	if got := faultsOf(keep(extractor("markdown", &config.Markdown{ContentXPath: "//["}))); !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}

// A reader of the Markdown sees the words of the page, in order: nothing of the text is read as
// syntax, and nothing is lost.
func TestMarkdownHasTheTextOfThePage(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, tb testing.TB, body string) {
		md := markdown(tb, config.Markdown{}, htmlPage(tb, body))
		var rendered bytes.Buffer
		if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert([]byte(md), &rendered); err != nil {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff(letters(tb, body), letters(tb, rendered.String())); diff != "" {
			t.Fatalf("%s\nbecomes\n%s\n(-want +got):\n%s", body, md, diff)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		check(rt, t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(rt, "pieces"), ""))
	})
}

// pieces are the parts of generated pages.
var pieces = strings.Split("<p>|</p>|<div>|</div>|<b>|</b>|<i>|</i>|<em>|<h2>|</h2>|<ul>|<li>|</ul>|<ol>|</ol>|<blockquote>|</blockquote>|<br>|"+
	"<a href=x>|</a>|<code>|</code>|<pre>|</pre>|<span>|</span>|<hr>|<table><tr><td>|<td>|<tr>|<th>|</table>|<img src=i>|<!--c-->|"+
	"word|two words|1. a|- b|# c|*d*|_e_|`f`|[g](h)|![i](j)|&lt;k&gt;|&amp;amp;|l\\m|+ n|~~o~~|p ~q|r|s\n\nt|  u  |v!|=w|--x|> y|z.", "|")

// letters returns the letters and digits of the text of a page, without what never becomes
// Markdown.
func letters(t testing.TB, body string) string {
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	skipped := map[string]bool{"head": true, "script": true, "form": true}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type != html.TextNode {
			continue
		}
		skip := false
		for p := n.Parent; p != nil; p = p.Parent {
			skip = skip || skipped[p.Data]
		}
		if !skip {
			b.WriteString(n.Data)
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, b.String())
}
