package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestArtifacts(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	const body = "<!doctype html><title>kept</title>"
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, body)
	}))
	t.Cleanup(site.Close)
	manifest := fmt.Sprintf(`{"name": "kept", "config": {"policies": [], "seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"pipelines": [{"steps": [{"kind": "extractor", "params": {"kind": "raw"}}], "actions": [{"kind": "to_blob", "params": {}}]}]}}`, site.URL)
	out, _ := s.control(0, manifest, "jobs", "create", "-f", "-", "--run", "--wait")
	run := lines(out)[1]
	out, _ = s.control(0, "", "artifacts", "list", "--run", run, "--kind", "raw", "--content-type", "text/html", "--ids")
	id := strings.TrimSpace(out)
	if !strings.HasPrefix(id, run+".") {
		t.Fatalf("the artifacts are %q", out)
	}
	if out, _ := s.control(0, "", "artifacts", "get", id); !strings.Contains(out, "url       "+site.URL+"/\n") || !strings.Contains(out, fmt.Sprintf("size      %d bytes\n", len(body))) {
		t.Errorf("the summary is\n%s", out)
	}
	if out, _ := s.control(0, "", "artifacts", "download", id, "-o", "-"); out != body {
		t.Errorf("the content is %q", out)
	}
	p := command(t, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}, "artifacts", "download", id)
	p.cmd.Dir = t.TempDir()
	p.start().wait(0)
	if got, err := os.ReadFile(filepath.Join(p.cmd.Dir, id+".html")); err != nil || string(got) != body || p.out.String() != id+".html\n" {
		t.Errorf("the file has %q, %v; stdout %q", got, err, p.out.String())
	}
	s.control(5, "", "artifacts", "get", id, "--tenant", "rival")
	s.control(5, "", "artifacts", "delete", id, "--tenant", "rival")
	s.control(0, "", "artifacts", "delete", id)
	s.control(5, "", "artifacts", "download", id, "-o", "-")
}
