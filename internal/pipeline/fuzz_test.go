package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/pipeline"
)

// The fuzz targets apply any expression to any page. The page is repeated, so that what takes a
// time or a memory that grows with a power of its length is noticed.

// maxFuzzedTime bounds the time for one page in a fuzz target, whose context ends after a second.
const maxFuzzedTime = 20 * time.Second

// fuzzPage applies a step to a page that is repeated, if the step is valid.
func fuzzPage(t *testing.T, step config.Part, body string) pipeline.Result {
	set, err := pipeline.New([]config.Pipeline{keep(step)})
	if err != nil || len(body) > 1<<10 {
		t.Skip()
	}
	if body != "" {
		body = strings.Repeat(body, (32<<10)/len(body))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	res, err := set.Apply(ctx, htmlPage(t, body))
	if took := time.Since(began); took > maxFuzzedTime {
		t.Fatalf("it takes %v", took)
	}
	var failed *pipeline.Error
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	for _, c := range res.Contents {
		if !utf8.Valid(c.Body) {
			t.Errorf("the content is not UTF-8: %q", c.Body)
		}
	}
	return res
}

// addPages adds seeds with an expression and a page.
func addPages(f *testing.F, expressions ...string) {
	for i, e := range expressions {
		f.Add(e, []string{"<p class=a>a<b id=b>b</b>", "<div><ul><li>a<li>b</ul>", "<table><tr><td>a<td>b", "<div>a", "<a href=x>b"}[i%5])
	}
}

func FuzzXPath(f *testing.F) {
	addPages(f, "//p", "//a/@href", "count(//p[b])", "//*[.//*[.//*]]", "//li[position() < 3] | //b", "(//p)[last()]", "string(//td[2])",
		"//b/ancestor::*[@class='a']", "//li/following-sibling::*[1]", "translate(//b, 'ab', 'c')", "//*[contains(concat(' ', @class, ' '), ' a ')]", "sum(//p) div 2")
	f.Fuzz(func(t *testing.T, e, body string) {
		if len(e) > config.MaxExpressionBytes || e == "" {
			t.Skip()
		}
		fuzzPage(t, extractor("data_map", dataMap(field("a", "xpath", true, e), field("b", "xpath", false, e))), body)
	})
}

func FuzzSelector(f *testing.F) {
	addPages(f, "p", "p.a > b#b", "a[href^='x']", "li:nth-child(2n+1)", "li + li, li ~ li", "p:has(b)", "p:not(.a):contains('a')", "* * * *", "div:empty", "a\\:b", "/*c*/ p", "[a='b' i]")
	f.Fuzz(func(t *testing.T, e, body string) {
		if len(e) > config.MaxExpressionBytes || e == "" {
			t.Skip()
		}
		fuzzPage(t, extractor("data_map", dataMap(field("a", "selector", true, e), field("b", "selector", false, e))), body)
	})
}

func FuzzExpression(f *testing.F) {
	addPages(f, "content_type.subtype == 'html'", "url.pathname.startsWith('/docs/') && depth < 3", "content.matches('a(b|c)*')", "[1, 2, 3].exists(i, i == status)",
		"content_type.parameters.all(k, k != '')", "size(content + content) > redirects", "run_id.endsWith('1') ? true : false", "content.contains(string(1.5e3))",
		"duration('1h') > duration('3s')", "timestamp('2025-01-01T00:00:00Z') < timestamp(0)", "{'a': 1}.a == 1", "has(url.href)", "bytes(content) == b'a'", "dyn(url).x == 1")
	f.Fuzz(func(t *testing.T, e, body string) {
		if len(e) > config.MaxExpressionBytes || e == "" {
			t.Skip()
		}
		fuzzPage(t, expression(e), body)
	})
}

func FuzzMarkdown(f *testing.F) {
	addPages(f, "", "//p", "//body", "//li", "//*")
	for _, p := range pieces {
		f.Add("", p+"<b>"+p+"<p>")
	}
	f.Fuzz(func(t *testing.T, xpath, body string) {
		fuzzPage(t, extractor("markdown", &config.Markdown{ContentXPath: xpath, SkipTags: []string{"nav"}}), body)
		fuzzPage(t, extractor("text", &config.Text{}), body)
	})
}
