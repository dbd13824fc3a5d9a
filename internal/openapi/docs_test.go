package openapi

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestDocs checks that the docs page loads nothing, that its internal links have targets, and that
// it is rendered completely.
func TestDocs(t *testing.T) {
	page := string(Docs(""))
	for _, tag := range []string{"<script", "<link", "<img", "<iframe", "@import", "url(", " src="} {
		if strings.Contains(page, tag) {
			t.Errorf("the page has %s", tag)
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, fmt.Sprintf(`id="%s"`, m[1])) {
			t.Errorf("the link to #%s has no target", m[1])
		}
	}
	for _, want := range []string{
		`id="error-405"`, `id="schema-Config"`, `<span class="name">static_list</span>`, `<code>statuses[]</code>`,
		"curl -X PUT &#39;http://localhost:8022/v1/runs/",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "`limit`") {
		t.Error("the page contains Markdown that was not rendered")
	}
	if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "<nil>") {
		t.Error("the page contains values that could not be rendered")
	}
}

// TestDocsBase checks that the curl lines call the given base.
func TestDocsBase(t *testing.T) {
	const base = "https://api.example/prod"
	for given, want := range map[string]string{"": sampleURL, sampleURL: sampleURL, base: base} {
		t.Run(given, func(t *testing.T) {
			page := string(Docs(given))
			if !strings.Contains(page, "curl -X PUT &#39;"+want+"/v1/runs/") {
				t.Errorf("no curl line calls %s", want)
			}
			if want != sampleURL && strings.Contains(page, sampleURL) {
				t.Errorf("a curl line calls %s", sampleURL)
			}
		})
	}
}
