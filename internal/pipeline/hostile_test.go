package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/pipeline"
)

// maxPageTime bounds the time for one page whose context ends early. It leaves room for slow
// machines: what cannot be interrupted takes some seconds.
const maxPageTime = 60 * time.Second

// hostile are pages of some hundred kilobytes that take a parser or an extractor long. Pages of ten
// megabytes were tried too.
var hostile = map[string]string{
	"nested elements":            strings.Repeat("<div>", 62000),
	"nested inline elements":     strings.Repeat("<span>", 62000),
	"511 nested elements":        strings.Repeat("<div>", 505) + strings.Repeat("<p>a", 6000),
	"paragraphs":                 strings.Repeat("<p>", 103000),
	"lines":                      strings.Repeat("a<br>", 62000),
	"formatting that is open":    "<p>" + manyTags("b", 490) + strings.Repeat("<p>x", 31000),
	"formatting with attributes": "<p>" + manyTags("b "+numbered("a", 800), 40) + strings.Repeat("<p>x", 3000),
	"misplaced end tags":         "<p>" + manyTags("i", 200) + strings.Repeat("<b><p></b>", 3000),
	"a tag of attributes":        "<b " + strings.Repeat("a ", 125000) + ">",
	"a script of tags":           "<script>" + strings.Repeat("<b>", 62000),
	"a comment of tags":          "<!--" + strings.Repeat("<b>", 62000),
	"siblings":                   "<ul>" + strings.Repeat("<li>", 15000),
	"nested lists":               strings.Repeat("<ul><li>", 240) + strings.Repeat("a<br>", 6000),
	"nested quotes":              strings.Repeat("<blockquote>", 480) + strings.Repeat("<p>a", 6000),
	"brackets":                   strings.Repeat("[", 156000),
	"punctuation":                strings.Repeat("*_`#>-+.!()[]{}~|\\ ", 12000),
	"comments between texts":     strings.Repeat("a<!---->", 25000),
	"spans":                      strings.Repeat("<b></b><span>", 250) + strings.Repeat("<b>a</b><span></span>", 6000),
	"wide spans":                 "<table>" + strings.Repeat("<tr><td colspan=999999999 rowspan=999999999>a", 1000),
	"a large table":              "<table><tr>" + strings.Repeat("<td>a", 1250) + strings.Repeat("<tr><td>a", 6000),
	"nested tables":              strings.Repeat("<table><tr><td>", 160) + strings.Repeat("<p>a", 3000),
	"headings":                   strings.Repeat("<h1>a", 25000),
	"links":                      strings.Repeat("<a href=x>a</a>", 12000),
	"options":                    strings.Repeat("<select><option>", 12000),
	"templates":                  strings.Repeat("<template>", 15000),
	"svg":                        strings.Repeat("<svg><desc>", 15000),
	"NUL":                        strings.Repeat("\x00", 156000),
	"not UTF-8":                  strings.Repeat("\xff", 156000),
}

// numbered returns n different words.
func numbered(word string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%d ", word, i)
	}
	return b.String()
}

// manyTags returns start tags of one element with different attributes.
func manyTags(tag string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<%s i%d>", tag, i)
	}
	return b.String()
}

// Pages cannot make an extractor take long, exhaust the memory or overflow the stack, whatever the
// expressions.
func TestHostilePages(t *testing.T) {
	xpaths, selectors := dataMap(), dataMap()
	for _, e := range []string{
		"//*[.//*[.//*]]", "//*[following::*[preceding::*]]", "//a | //b | //p | //li", "//*[count(ancestor::*) > count(//*)]", "(//*[contains(., 'x')])[last()]",
		"string-length(concat(//body, //body, //body, translate(//body, 'a', 'b')))", "//*[. = //*]", "//li[position() mod 2 = 1]/following-sibling::li[1]",
	} {
		xpaths.Map.Fields = append(xpaths.Map.Fields, field(e, "xpath", true, e))
	}
	for _, e := range []string{
		"* * * * * * .x", "p ~ p ~ p ~ .x", "*:nth-last-child(2n+1)", "*:has(.x)", "*:contains('zzz')", "*:not(:has(b))", "li:only-of-type",
	} {
		selectors.Map.Fields = append(selectors.Map.Fields, field(e, "selector", true, e))
	}
	for name, body := range hostile {
		for kind, step := range map[string]config.Part{
			"xpath":    extractor("data_map", xpaths),
			"selector": extractor("data_map", selectors),
			"markdown": extractor("markdown", &config.Markdown{}),
			"text":     extractor("text", &config.Text{}),
			"cel":      expression(`content.matches('(a|b|c|d)*e(a|b)*x[0-9]{200}') || [1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, content.contains('zz'))))`),
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				p := htmlPage(t, body)
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := compile(t, keep(step)).Apply(ctx, p)
				took := time.Since(began)
				var failed *pipeline.Error
				if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &failed) {
					t.Fatal(err)
				}
				if took > maxPageTime {
					t.Errorf("it takes %v", took)
				}
			})
		}
	}
}

// Expressions that take too long end, even if the context does not.
func TestTimeIsBounded(t *testing.T) {
	t.Parallel()
	p := htmlPage(t, strings.Repeat("<p>", 20_000))
	_, err := compile(t, keep(extractor("data_map", dataMap(field("a", "xpath", true, "//p[count(following-sibling::p) = 0]"))))).Apply(t.Context(), p)
	var failed *pipeline.Error
	if !errors.As(err, &failed) || failed.Reason != "extract_too_slow" || failed.PipelineID != "p" {
		t.Errorf("got %v", err)
	}
}

// A page whose tree would be too large is not parsed.
func TestParsingIsBounded(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"depth", strings.Repeat("<div>", 600), "exceeds 512"},
		{"nodes", strings.Repeat("<p>", 2_000_000), "too many elements"},
		{"nodes of open formatting", "<p>" + manyTags("b", 490) + strings.Repeat("<p>x", 100_000), "too many elements"},
		{"attributes of open formatting", "<p>" + manyTags("b "+numbered("a", 800), 40) + strings.Repeat("<p>x", 10_000), "too many elements"},
		{"attributes", "<b " + numbered("a", 3000) + ">", "2000 attributes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compile(t, keep(extractor("markdown", &config.Markdown{}))).Apply(t.Context(), htmlPage(t, tt.body))
			var failed *pipeline.Error
			if !errors.As(err, &failed) || failed.Reason != "extract_failed" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
