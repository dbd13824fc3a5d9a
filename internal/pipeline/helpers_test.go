package pipeline_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/weburl"
)

// compile compiles pipelines.
func compile(t testing.TB, pipelines ...config.Pipeline) *pipeline.Set {
	t.Helper()
	s, err := pipeline.New(pipelines)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// htmlPage returns a page with the given body.
func htmlPage(t testing.TB, body string) pipeline.Page {
	t.Helper()
	return pipeline.Page{
		URL: parseURL(t, "https://www.example.com/docs/index.html?q=1"), Status: 200,
		ContentType: "text/html; charset=utf-8", Body: []byte(body),
		RunID: uuid.MustParse("0192f8a0-0000-7000-8000-000000000001"), Redirects: 1, Depth: 2,
	}
}

func parseURL(t testing.TB, raw string) weburl.URL {
	t.Helper()
	u, err := weburl.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// condition returns a step with one condition.
func condition(kind string, params any) config.Part {
	return config.Part{Kind: "condition", Params: config.Conditions{{Kind: kind, Params: params}}}
}

func expression(e string) config.Part {
	return condition("expression", &config.Expression{Expression: e})
}

func extractor(kind string, params any) config.Part {
	return config.Part{Kind: "extractor", Params: &config.Extractor{Kind: kind, Params: params}}
}

// keep returns a pipeline with the steps, which keeps what they extract.
func keep(steps ...config.Part) config.Pipeline {
	return config.Pipeline{ID: "p", Steps: steps, Actions: []config.Part{
		{Kind: "to_blob", Params: &config.ToBlob{Directory: "out", KeyStrategy: "hash"}},
	}}
}

// apply applies one pipeline to a page.
func apply(t testing.TB, p config.Pipeline, page pipeline.Page) pipeline.Result {
	t.Helper()
	res, err := compile(t, p).Apply(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// passes reports whether a page passes a step.
func passes(t testing.TB, step config.Part, page pipeline.Page) bool {
	t.Helper()
	return len(apply(t, keep(step, extractor("raw", &config.Raw{})), page).Contents) == 1
}

// extract returns what an extractor makes of a page, and false if it makes nothing.
func extract(t testing.TB, step config.Part, page pipeline.Page) (string, bool) {
	t.Helper()
	res := apply(t, keep(step), page)
	if len(res.Contents) == 0 {
		return "", false
	}
	return string(res.Contents[0].Body), true
}

// faultsOf returns what Check says about a pipeline, a line for each rule.
func faultsOf(p config.Pipeline) string {
	var faults fault.Fields
	pipeline.Check([]config.Pipeline{p}, "config.pipelines", &faults)
	var lines []string
	for _, f := range faults {
		for _, r := range f.Errors {
			lines = append(lines, f.Field+" "+r.Code+" "+r.Message)
		}
	}
	return strings.Join(lines, "\n")
}

// field returns a field of a data map.
func field(name, kind string, all bool, expressions ...string) config.DataField {
	return config.DataField{Name: name, Source: config.DataSource{
		Type: "extractor", Kind: kind, Params: config.DataSourceParams{Expressions: expressions, All: all},
	}}
}

func dataMap(fields ...config.DataField) *config.DataMap {
	return &config.DataMap{Map: config.DataFields{Fields: fields}}
}
