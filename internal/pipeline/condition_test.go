package pipeline_test

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/config"
)

func TestExpressions(t *testing.T) {
	page := htmlPage(t, "<h1>Caf\xc3\xa9</h1>")
	for e, want := range map[string]bool{
		"true": true, "false": false,
		"url.href == 'https://www.example.com/docs/index.html?q=1'":    true,
		"url.protocol == 'https' && url.hostname == 'www.example.com'": true,
		"url.port == '' && url.pathname == '/docs/index.html'":         true,
		"url.search == 'q=1'": true,
		"content_type.type == 'text' && content_type.subtype == 'html'":            true,
		"content_type.parameters['charset'] == 'utf-8'":                            true,
		"'boundary' in content_type.parameters":                                    false,
		"content.contains('Café') && !content.matches('(?i)price')":                true,
		"content.matches('<h[12]>')":                                               true,
		"matches(url.pathname, '^/docs/')":                                         true,
		"status == 200 && redirects == 1 && depth == 2":                            true,
		"run_id == '0192f8a0-0000-7000-8000-000000000001'":                         true,
		"['a', 'docs'].exists(s, url.pathname.startsWith('/' + s + '/'))":          true,
		"size(content) == 13":                                                      true,
		"url.pathname.endsWith('.html') ? depth < 3 : depth < 2":                   true,
		"content_type == content_type && type(url) == type(url) && url.href != ''": true,
	} {
		t.Run(e, func(t *testing.T) {
			if got := passes(t, expression(e), page); got != want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	const field = "config.pipelines[0].steps[0].params[0].params.expression format is not a CEL expression whose value is a bool: "
	for e, want := range map[string]string{
		"status":                          "its value is of type int",
		"status = 200":                    "at character 8",
		"url.hash == ''":                  "undefined field 'hash'",
		"url == 'https://example.com/'":   "no matching overload",
		"heuristics == 1":                 "undeclared reference to 'heuristics'",
		"status == 200 &&":                "Syntax error",
		"content.matches('(')":            "missing closing )",
		"content.matches('a{900}b{900}')": "compiles to",
		"content.matches(url.href)":       "must be a string literal",
		"content.matches(1)":              "no matching overload",
		strings.Repeat("(", 300) + "true" + strings.Repeat(")", 300): "",
	} {
		t.Run(e, func(t *testing.T) {
			got := faultsOf(keep(expression(e), extractor("raw", &config.Raw{})))
			if !strings.HasPrefix(got, field) || !strings.Contains(got, want) || strings.Contains(got, "\n") {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
