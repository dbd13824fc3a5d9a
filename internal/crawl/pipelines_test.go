package crawl_test

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// Links are followed only if a pipeline says so.
func TestNavigator(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pipelines string
		want      map[string]string
	}{
		"no pipelines":        {`[]`, map[string]string{"/": "ok 200", "/a": "ok 200"}},
		"a pipeline follows":  {`[{"id":"p"},{"id":"q","navigator":{"kind":"anchor"}}]`, map[string]string{"/": "ok 200", "/a": "ok 200"}},
		"no pipeline follows": {`[{"id":"p"}]`, map[string]string{"/": "ok 200"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a"), "/a": sitetest.Page()})
			s := newStack(t)
			r := s.crawl(fastConfig(site.URL+"/", `{"pipelines": `+tt.pipelines+`}`))
			if diff := cmp.Diff(tt.want, outcomesByPath(site, s.history(r))); diff != "" {
				t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
			}
		})
	}
}

// A page whose expressions fail ends with an error, and its links are followed. The events of other
// pages are logged.
func TestPipelinesOfPages(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a", "/moved"), "/a": sitetest.Page("/b"), "/b": sitetest.Page(), "/moved": sitetest.Redirect("/b")})
	s := newStack(t, func(o *crawl.Options) {
		o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	})
	r := s.crawl(fastConfig(site.URL+"/", `{'pipelines': [{'id': 'pages', 'navigator': {'kind': 'anchor'}, `+
		`'steps': [{'kind': 'condition', 'params': [{'kind': 'expression', 'params': {`+
		`'expression': 'url.pathname != \"/a\" || content_type.parameters[\"x\"] == \"y\"'}}]}], `+
		`'actions': [{'kind': 'log', 'params': {'level': 'warn', 'event': 'Seen'}}, {'kind': 'log', 'params': {'level': 'debug', 'event': 'Hidden'}}]}]}`))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
	want := map[string]string{"/": "ok 200", "/a": "error extract_failed 200", "/b": "ok 200", "/moved": "ok 302"}
	if diff := cmp.Diff(want, outcomesByPath(site, s.history(r))); diff != "" {
		t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
	}
	var events []string
	for line := range strings.Lines(log.text()) {
		var l struct{ Level, Tenant, Event, URL, RunID, PipelineID string }
		if err := json.Unmarshal([]byte(strings.NewReplacer("run_id", "runid", "pipeline_id", "pipelineid").Replace(line)), &l); err != nil {
			t.Fatal(err)
		}
		if l.Event != "" {
			events = append(events, strings.Join([]string{l.Level, l.Event, l.PipelineID, strings.TrimPrefix(l.URL, site.URL)}, " "))
			if l.Tenant != string(acme) || l.RunID != r.ID.String() {
				t.Errorf("the event does not name its run: %s", line)
			}
		}
	}
	slices.Sort(events)
	if diff := cmp.Diff([]string{"WARN Seen pages /", "WARN Seen pages /b", "WARN Seen pages /moved"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
