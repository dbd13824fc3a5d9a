package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/run"
)

// runURL matches a line that is the URL of a run and nothing else.
var runURL = regexp.MustCompile(`^http://localhost:[0-9]+/v1/runs/[0-9a-f-]{36}$`)

func TestCrawl(t *testing.T) {
	t.Parallel()
	site := smallSite(t)
	data := "DATA_DIR=" + t.TempDir()
	p := command(t, []string{data, "DEFAULT_TENANT_ID=acme"}, "crawl", manifestFile(t, site.URL+"/")).start()
	p.wait(0)
	a := p.finished()
	want := run.Progress{URLsFetched: 3, URLsFailed: 1, URLsExcluded: 1, Depth: 1, BytesFetched: a.Progress.BytesFetched}
	if a.Status != run.Finished || a.StopReason != run.MaxEmptyEvaluations || a.Progress != want || a.Labels["team"] != "research" {
		t.Errorf("the run is %+v, want finished, max_empty_evaluations, %+v", a, want)
	}
	progress := lines(p.errs.String())
	if len(progress) < 4 || progress[0] != "starting the database" || !strings.Contains(progress[1], a.ID) || !runURL.MatchString(progress[2]) || !strings.Contains(p.errs.String(), "\nfinished  fetched 3  failed 1  excluded 1  queued 0") {
		t.Errorf("the progress lines are\n%s", p.errs.String())
	}

	// Standard output is no terminal, so the report is on standard error.
	if !strings.Contains(p.errs.String(), "\n  "+site.URL+"/gone\n    404 Not Found\n") {
		t.Errorf("the report is\n%s", p.errs.String())
	}

	// The service finds the run in the data folder, under the tenant of the crawl.
	s := serve(t, data)
	if found := s.call("GET", "/v1/runs/"+a.ID, "", 200); found.StopReason != a.StopReason || found.Progress != a.Progress {
		t.Errorf("the service has the run %+v, want %+v", found, a)
	}
}

func TestCrawlInterrupted(t *testing.T) {
	t.Parallel()
	site := endlessSite(t)
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestFile(t, site.URL+"/0")).start()
	await(t, "the crawl to begin", func() bool { return strings.Contains(p.errs.String(), "running  fetched") })
	p.signal(os.Interrupt)
	p.wait(130)
	if a := p.finished(); a.Status != run.Finished || a.StopReason != run.Manual {
		t.Errorf("the run is %s %s, want finished manual", a.Status, a.StopReason)
	}
	if last := lines(p.errs.String()); last[len(last)-1] != "inndx: interrupted" {
		t.Errorf("stderr ends with %q", last[len(last)-1])
	}
}

func TestCrawlBadManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		text string
		want []string // prefixes of the lines
	}{
		"fields.yaml": {
			"name: ''\nlabel: {}\nconfig:\n  seeds:\n    - kind: static_list\n      params: {urls: ['not a url']}\n  speed: {concurrency: 0}\n",
			[]string{
				"inndx: FILE:1:1: name must ",
				"inndx: FILE:2:1: label is not known",
				"inndx: FILE:6:23: config.seeds[0].params.urls[0] ",
				"inndx: FILE:7:11: config.speed.concurrency must be between 1 and 256",
			},
		},
		"text.yaml":    {"name: [", []string{"inndx: FILE:2:1: neither YAML nor JSON: "}},
		"empty.yaml":   {"", []string{"inndx: FILE"}},
		"missing.yaml": {"-", []string{"inndx: open FILE: no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, name)
			if tc.text != "-" {
				if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", file).start()
			p.wait(2)
			got := lines(p.errs.String())
			slices.Sort(got)
			if len(got) != len(tc.want) {
				t.Fatalf("stderr has %d lines, want %d:\n%s", len(got), len(tc.want), p.errs.String())
			}
			for i, want := range tc.want {
				if want = strings.Replace(want, "FILE", file, 1); !strings.HasPrefix(got[i], want) {
					t.Errorf("line %q, want %q…", got[i], want)
				}
			}
			if p.out.String() != "" {
				t.Errorf("stdout: %s", p.out.String())
			}
		})
	}
}
