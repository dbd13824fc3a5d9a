package pipeline_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/pipeline"
)

// The examples of docs/pipelines.md make of its page what they say.
func TestExamplesOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/pipelines.md")
	if err != nil {
		t.Fatal(err)
	}
	var page pipeline.Page
	var examples int
	blocks := regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	for i, block := range blocks {
		switch block[1] {
		case "html":
			page = htmlPage(t, block[2])
			page.URL = parseURL(t, "https://shop.example/catalogue/anvil")
		case "yaml":
			examples++
			res, err := compile(t, parsePipelines(t, block[2])...).Apply(t.Context(), page)
			if err != nil || len(res.Contents)+len(res.Assets) != 1 {
				t.Fatalf("%s\n%v, %+v", block[2], err, res)
			}
			if res.Navigated != 0 { // it keeps the page and its assets
				continue
			}
			var made []byte
			for _, c := range res.Contents {
				made = c.Body
			}
			for _, a := range res.Assets {
				made = []byte(a.URL.String())
			}
			if diff := cmp.Diff(strings.TrimSpace(blocks[i+1][2]), string(made)); diff != "" {
				t.Errorf("%s\n(-docs +got):\n%s", block[2], diff)
			}
		}
	}
	if examples != 6 {
		t.Errorf("the docs have %d examples", examples)
	}
}

// parsePipelines reads pipelines from YAML as they are read from a manifest.
func parsePipelines(t *testing.T, text string) []config.Pipeline {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte("pipelines:\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(data, "config")
	if err != nil {
		t.Fatal(err)
	}
	var faults fault.Fields
	pipeline.CheckConfig(c, "config", &faults)
	if faults.Err() != nil {
		t.Fatal(faults.Err())
	}
	return c.Resolve().Pipelines
}
