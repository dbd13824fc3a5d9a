package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/run"
)

// largeSite serves pages that no compression makes smaller.
func largeSite(t *testing.T, pages, size int) *sitetest.Server {
	t.Helper()
	routes := sitetest.Routes{}
	var links []string
	for i := range pages {
		path := fmt.Sprint("/large/", i)
		links = append(links, path)
		routes[path] = func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, size)
			_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(body)
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(body)
		}
	}
	routes["/"] = sitetest.Page(links...)
	return sitetest.Start(t, routes)
}

// The moments at which the service is killed while it makes an export of two pieces, by the files
// of the export.
var exportMoments = []string{
	`/piece-00000000.*\.tmp$`, // it writes the first piece
	`/piece-00000000$`,        // the piece is complete, and perhaps the progress is not saved
	`/piece-00000001.*\.tmp$`, // it continues after the piece
	`/file.*\.tmp$`,           // it joins the pieces
	`/file$`,                  // the file is complete, and perhaps the export is not finished
}

// An export of several pieces that is made by services which are killed has the bytes of one that
// is made by one service, and nothing else is left.
func TestExportsSurviveKills(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := []string{"PORT=0", "DATA_DIR=" + dir, "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1"}
	site := largeSite(t, 18, 5<<20)
	s := serve(t, env...)
	created := s.call("POST", "/v1/jobs?create_run=true", fmt.Sprintf(`{"name": "large", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "policies": [],
		"pipelines": [{"id": "pages", "navigator": {"kind": "anchor"},
			"steps": [{"kind": "extractor", "params": {"kind": "raw"}}], "actions": [{"kind": "to_blob", "params": {}}]}]}}`, site.URL+"/"), 201)
	id := created.Run.ID
	s.awaitRun(id, "the run to finish", func(a response) bool { return a.Status == run.Finished })

	for _, format := range []export.Format{export.WARC, export.WACZ} {
		e := s.call("POST", "/v1/runs/"+id+"/exports", fmt.Sprintf(`{"format": %q}`, format), 201)
		unfinished := 0
		for _, moment := range exportMoments {
			if !killAt(s, filepath.Join(dir, "objects"), e.ID, moment) {
				t.Logf("%s: the moment %s was missed", format, moment)
			}
			s = serve(t, env...)
			if a := s.call("GET", "/v1/runs/"+id+"/exports/"+e.ID, "", 200); a.State != export.Finished {
				unfinished++
			}
		}
		if unfinished < 3 {
			t.Errorf("%s: the export was unfinished after only %d kills", format, unfinished)
		}
		await(t, "the export to finish", func() bool {
			a := s.call("GET", "/v1/runs/"+id+"/exports/"+e.ID, "", 200)
			return a.State == export.Finished || a.State == export.Failed
		})
		t.Logf("%s: unfinished after %d kills of %d", format, unfinished, len(exportMoments))
	}
	s.signal(syscall.SIGTERM)
	s.wait(0)

	f := openFolder(t, dir)
	if n := f.checkExports(run.Ref{Tenant: "acme", ID: uuid.MustParse(id)}); n != 2 {
		t.Errorf("the run has %d exports, want 2", n)
	}
	f.close()
	s = serve(t, env...)
	expectNothingLeft(s, id, dir)
}

// killAt kills the service and its database when the export has a file whose path matches the
// expression. It reports false if the export has finished before.
func killAt(s *server, objects, exportID, expression string) bool {
	s.t.Helper()
	moment := regexp.MustCompile(expression)
	reached := false
	for end := time.Now().Add(patience); !reached; time.Sleep(time.Millisecond / 4) {
		if time.Now().After(end) {
			s.t.Fatalf("waited %s for %s", patience, expression)
		}
		var names []string
		for _, path := range filesBelow(s.t, objects) {
			if strings.Contains(path, exportID) {
				names = append(names, path)
				reached = reached || moment.MatchString(path)
			}
		}
		if len(names) == 1 && strings.HasSuffix(names[0], "/file") && !reached {
			break // only the file is left
		}
	}
	for _, pid := range append(children(s.cmd.Process.Pid), s.cmd.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // the database ends with the process
	}
	<-s.exited
	return reached
}
