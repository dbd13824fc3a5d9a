package pipeline_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/pipeline"
)

func TestFollowsLinksAndKeeps(t *testing.T) {
	anchor := config.Pipeline{ID: "a", Navigator: &config.Part{Kind: "anchor", Params: &config.Anchor{}}}
	for _, tt := range []struct {
		name           string
		pipelines      []config.Pipeline
		follows, keeps bool
	}{
		{"no pipelines", nil, true, false},
		{"a pipeline that does nothing", []config.Pipeline{{ID: "a"}}, false, false},
		{"an extractor without action", []config.Pipeline{{ID: "a", Steps: []config.Part{extractor("raw", &config.Raw{})}}}, false, false},
		{"anchor", []config.Pipeline{{ID: "b"}, anchor}, true, false},
		{"to_blob", []config.Pipeline{anchor, keep(extractor("raw", &config.Raw{}))}, true, true},
	} {
		s := compile(t, tt.pipelines...)
		if s.FollowsLinks() != tt.follows || s.Keeps() != tt.keeps {
			t.Errorf("%s: follows links: %t, keeps: %t", tt.name, s.FollowsLinks(), s.Keeps())
		}
	}
	var none *pipeline.Set
	if res, err := none.Apply(t.Context(), htmlPage(t, "")); !none.FollowsLinks() || none.Keeps() || err != nil || len(res.Contents) > 0 {
		t.Error("a nil set is not like no pipelines")
	}
}

func TestActions(t *testing.T) {
	log := func(level, event string) config.Part {
		return config.Part{Kind: "log", Params: &config.LogEvent{Level: level, Event: event}}
	}
	first := keep(expression("depth == 2"), extractor("raw", &config.Raw{}))
	first.Actions = append(first.Actions, log("info", "Kept"))
	second := config.Pipeline{ID: "q", Actions: []config.Part{log("error", "Seen"), log("debug", "Seen too")}}
	third := config.Pipeline{ID: "r", Steps: []config.Part{expression("depth == 3")}, Actions: []config.Part{log("info", "Deep")}}
	fourth := config.Pipeline{ID: "s", Steps: []config.Part{extractor("text", &config.Text{})}, Actions: []config.Part{log("warn", "Read")}}
	set := compile(t, first, second, third, fourth)
	res, err := set.Apply(t.Context(), htmlPage(t, "<p>Hello"))
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Result{
		Contents: []pipeline.Content{{PipelineID: "p", Kind: crawllog.Raw, ContentType: "text/html; charset=utf-8", Directory: "out", KeyStrategy: "hash"}},
		Events: []pipeline.Event{
			{PipelineID: "p", Level: slog.LevelInfo, Event: "Kept"}, {PipelineID: "q", Level: slog.LevelError, Event: "Seen"},
			{PipelineID: "q", Level: slog.LevelDebug, Event: "Seen too"}, {PipelineID: "s", Level: slog.LevelWarn, Event: "Read"},
		},
	}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	image := htmlPage(t, "")
	image.ContentType = "image/png"
	res, err = set.Apply(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	want.Contents[0].ContentType = "image/png"
	want.Events = want.Events[:3] // nothing was extracted
	if diff := cmp.Diff(want, res); diff != "" {
		t.Errorf("an image (-want +got):\n%s", diff)
	}
}

// Only HTML pages have parsed content. Other responses have none, which is no error.
func TestParsedContent(t *testing.T) {
	steps := map[string]config.Part{
		"markdown": extractor("markdown", &config.Markdown{}), "text": extractor("text", &config.Text{}),
		"data_map": extractor("data_map", dataMap(field("a", "xpath", false, "//p"))),
	}
	types := map[string]string{"markdown": "text/markdown; charset=utf-8", "text": "text/plain; charset=utf-8", "data_map": "application/json"}
	bodies := map[string]string{"markdown": "Café", "text": "Café", "data_map": `{"a":"Café"}`}
	for kind, step := range steps {
		for _, tt := range []struct {
			name, contentType, body string
			status                  int
			has                     bool
		}{
			{"HTML", "text/html; charset=utf-8", "<p>Café", 200, true},
			{"XHTML", "application/xhtml+xml", "<p>Café</p>", 200, true},
			{"Latin", "text/html; charset=iso-8859-1", "<p>Caf\xe9", 200, true},
			{"by a meta element", "text/html", "<meta charset=iso-8859-1><p>Caf\xe9</p>", 200, true},
			{"without a type", "", "<!doctype html><p>Café", 200, true},
			{"XML", "application/xml", "<p>Café</p>", 200, false},
			{"plain text", "text/plain", "<p>Café", 200, false},
			{"an image", "image/png", "\x89PNG", 200, false},
			{"a redirect", "text/html", "<p>Café", 301, false},
		} {
			t.Run(kind+"/"+tt.name, func(t *testing.T) {
				p := htmlPage(t, tt.body)
				p.ContentType, p.Status = tt.contentType, tt.status
				res := apply(t, keep(step), p)
				if len(res.Contents) == 0 {
					if tt.has {
						t.Error("there is no content")
					}
					return
				}
				want := pipeline.Content{PipelineID: "p", Kind: crawllog.Parsed, ContentType: types[kind], Body: []byte(bodies[kind]), Directory: "out", KeyStrategy: "hash"}
				if diff := cmp.Diff(want, res.Contents[0]); !tt.has || diff != "" {
					t.Errorf("there is content, want it: %t (-want +got):\n%s", tt.has, diff)
				}
			})
		}
	}
}

func TestText(t *testing.T) {
	paragraph := strings.Repeat("The anvil is heavy, and it has been heavy for a long time. ", 5)
	got, _ := extract(t, extractor("text", &config.Text{}), htmlPage(t, "<title>Anvils</title><nav><a href=/>Home</a> <a href=/b>Catalogue</a></nav>"+
		"<article><h1>Anvils</h1><p>"+paragraph+"</p><p>"+paragraph+"</p></article><footer><a href=/c>Contact</a></footer>"))
	want := strings.TrimSpace(paragraph) + "\n\n" + strings.TrimSpace(paragraph)
	if !strings.Contains(got, want) || strings.Contains(got, "Home") || strings.Contains(got, "Contact") {
		t.Errorf("got %q", got)
	}
	if _, ok := extract(t, extractor("text", &config.Text{}), htmlPage(t, "")); ok {
		t.Error("an empty page has a text")
	}
}

// All conditions must hold. Later steps do not run on a page that does not pass.
func TestConditions(t *testing.T) {
	yes, no := true, false
	page := htmlPage(t, strings.Repeat("<div>", 600)+"x")
	fails := extractor("markdown", &config.Markdown{})
	regex := func(allow string) config.Part {
		return condition("regex_patterns", &config.RegexPatterns{Allow: []string{allow}, DefaultAllow: &no})
	}
	for _, tt := range []struct {
		name   string
		steps  []config.Part
		passes bool
	}{
		{"a regex matches", []config.Part{regex(`/docs/.+\.html`)}, true},
		{"a regex does not match", []config.Part{regex(`/shop/`)}, false},
		{"a pattern denies", []config.Part{condition("url_patterns", &config.URLPatterns{Deny: []config.URLPattern{{Pathname: "/docs/*"}}, DefaultAllow: &yes})}, false},
		{"all hold", []config.Part{regex(`/docs/`), expression("true")}, true},
		{"one does not hold", []config.Part{regex(`/docs/`), expression("false"), expression("true")}, false},
		{"none", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compile(t, keep(append(tt.steps, fails)...)).Apply(t.Context(), page)
			var failed *pipeline.Error
			if passed := errors.As(err, &failed); passed != tt.passes {
				t.Errorf("got %v, want the page to pass: %t", err, tt.passes)
			}
		})
	}
}

func TestCanceledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := compile(t, keep(extractor("markdown", &config.Markdown{}))).Apply(ctx, htmlPage(t, strings.Repeat("<p>a", 100_000)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The end of a match ends the expression, even if a later match decides its value.
func TestCanceledContextInAnExpression(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, e := range []string{
		"url.href.matches('^x') || url.href.matches('example')", "url.href.matches('^h') && url.href.matches('^x')", "url.href.matches('^x') || true",
	} {
		res, err := compile(t, keep(expression(e), extractor("raw", &config.Raw{}))).Apply(ctx, htmlPage(t, ""))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, %v", e, res, err)
		}
	}
}

// A set may be used by many goroutines at once.
func TestConcurrentUse(t *testing.T) {
	set := compile(t, keep(expression("content.matches('Anvil')"), extractor("data_map", dataMap(
		field("a", "xpath", true, "//li[position() < 3] | //h2[last()]"), field("b", "selector", true, "ul > li:first-child"), field("c", "xpath", false, "count(//a[contains(@href, '.html')])"),
	))), keep(extractor("markdown", &config.Markdown{ContentXPath: "//main"})), keep(extractor("text", &config.Text{})))
	page := shop(t)
	want, err := set.Apply(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				got, err := set.Apply(t.Context(), page)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
			}
		})
	}
	wg.Wait()
}

func TestUnknownParts(t *testing.T) {
	for _, p := range []config.Pipeline{
		{Steps: []config.Part{{Kind: "new", Params: 1}}}, {Actions: []config.Part{{Kind: "new", Params: 1}}},
		{Steps: []config.Part{condition("new", 1)}}, {Steps: []config.Part{extractor("new", 1)}},
		{Actions: []config.Part{{Kind: "log", Params: &config.LogEvent{Level: "loud"}}}},
	} {
		if _, err := pipeline.New([]config.Pipeline{p}); err == nil || !strings.Contains(err.Error(), "is not known") {
			t.Errorf("%+v: got %v", p, err)
		}
	}
}
