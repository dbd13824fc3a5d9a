package local_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// On one machine the objects of a run are files in the data folder, and go with the run. A start
// removes what a process was writing when it was killed.
func TestObjectsInTheDataFolder(t *testing.T) {
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") }))
	dir := t.TempDir()
	objects := filepath.Join(dir, "objects")
	killed := filepath.Join(objects, "acme", "run-1", "warc", "x.warc.gz.18fb2a8e7c3d4e5f.tmp")
	if err := os.MkdirAll(filepath.Dir(killed), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(killed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(killed, time.Time{}, time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, uuid.Nil)
	cfg, err := config.Parse(fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [],
		"pipelines": [{
			"steps": [{"kind": "extractor", "params": {"kind": "raw"}}],
			"actions": [{"kind": "to_blob", "params": {"directory": "pages"}}]
		}]
	}`, site.URL), "config")
	if err != nil {
		t.Fatal(err)
	}
	_, r, err := s.Store.CreateJobAndRun(t.Context(), tenant.Default, job.Job{Name: "keeps"}, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	ref := run.Ref{Tenant: tenant.Default, ID: r.ID}
	until(t, "the run is finished", func() bool {
		r, err := s.Store.Run(t.Context(), ref)
		return err == nil && r.Status == run.Finished
	})
	if got := filesBelow(t, filepath.Join(objects, "default")); len(got) != 1 || !strings.HasSuffix(got[0], ".warc.gz") {
		t.Errorf("the objects of the run are %v", got)
	}
	if err := s.Store.DeleteRun(t.Context(), ref, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "nothing is left", func() bool { return len(filesBelow(t, objects)) == 0 })
}
