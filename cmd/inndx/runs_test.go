package main_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/run"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	job, first := s.startRun(endlessSite(t).URL + "/1")
	second := s.call("POST", "/v1/jobs/"+job+"/runs", "{}", 201).ID
	s.awaitRun(first, "the run to crawl", func(a response) bool { return a.Progress.URLsFetched > 0 })
	status := func(id string) run.Status { return s.call("GET", "/v1/runs/"+id, "", 200).Status }

	t.Run("actions", func(t *testing.T) {
		out, _ := s.control(0, "", "runs", "pause", first)
		if out != first+" paused\n" || status(first) != run.Paused {
			t.Errorf("pause printed %q", out)
		}
		out, _ = s.control(0, "", "runs", "resume", first, "--json")
		var resumed response
		if err := json.Unmarshal([]byte(out), &resumed); err != nil || resumed.ID != first || len(lines(out)) != 1 {
			t.Errorf("resume printed %q, %v", out, err)
		}
	})
	t.Run("list", func(t *testing.T) {
		out, _ := s.control(0, "", "runs", "list", "--job", "test", "--status", "running,pending", "--label", "team=research", "--ids")
		if out != second+"\n"+first+"\n" {
			t.Errorf("the ids are %q", out)
		}
		out, _ = s.control(0, "", "runs", "list", "--json", "--limit", "0")
		for _, line := range lines(out) {
			if strings.Contains(line, `"config"`) || !json.Valid([]byte(line)) {
				t.Errorf("a line is %s", line)
			}
		}
		out, _ = s.control(0, "", "runs", "list", "--json", "--full", "--limit", "1")
		if len(lines(out)) != 1 || !strings.Contains(out, `"config"`) {
			t.Errorf("one run with its configuration: %s", out)
		}
		out, _ = s.control(0, "", "runs", "list", "--csv")
		if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || len(rows) != 3 || rows[0][0] != "id" || rows[1][0] != second || rows[2][5] != `{"team":"research"}` {
			t.Errorf("the CSV is %q, %v", out, err)
		}
		_, errs := s.control(2, "", "runs", "list", "--status", "walking", "--stop-reason", "boredom")
		if !strings.Contains(errs, "inndx: --status must be one of: pending,") || !strings.Contains(errs, "inndx: --stop-reason must be") {
			t.Errorf("stderr: %s", errs)
		}
		s.control(5, "", "runs", "list", "--job", "nope")
	})
	t.Run("several, from another command", func(t *testing.T) {
		ids, _ := s.control(0, "", "runs", "list", "--status", "running,pending", "--ids")
		s.control(0, ids, "runs", "stop", "-")
		if status(first) != run.Finished || status(second) != run.Finished {
			t.Error("the runs are not stopped")
		}
		const none = "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"
		out, errs := s.control(1, "", "runs", "pause", first, none)
		if out != "" || !strings.Contains(errs, "inndx: "+first+": the service responded with status 409 (wrong_state): ") ||
			!strings.Contains(errs, "inndx: "+none+": the service responded with status 404 (no_such_run): ") || !strings.Contains(errs, "inndx: 2 of 2 failed\n") {
			t.Errorf("stdout %q, stderr %s", out, errs)
		}
		s.control(5, "", "runs", "pause", none, none)
		s.control(2, "", "runs", "pause", "../jobs")
	})
	t.Run("get", func(t *testing.T) {
		out, _ := s.control(0, "", "runs", "get", first)
		for _, want := range []string{"run       " + first, "name      test", "status    finished (manual)", "labels    team=research", "duration", " fetched, "} {
			if !strings.Contains(out, want) {
				t.Errorf("the summary lacks %q:\n%s", want, out)
			}
		}
		out, _ = s.control(0, "", "runs", "get", first, "--json")
		var a struct{ Config map[string]any }
		if err := json.Unmarshal([]byte(out), &a); err != nil || a.Config["seeds"] == nil {
			t.Errorf("the run is %s, %v", out, err)
		}
		s.control(5, "", "runs", "get", first, "--tenant", "rival")
		s.control(1, "", "runs", "wait", first) // it was stopped
	})
	t.Run("delete", func(t *testing.T) {
		for answer, left := range map[string]int{"n\n": 1, "\n": 1, "yes\n": 0} {
			code := left // 1 if nothing was deleted
			p := onFullTerminal(t, 100, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}, "runs", "delete", second)
			await(t, "the question", func() bool { return strings.Contains(p.errs.String(), "delete the run "+second) })
			p.keys(answer)
			p.wait(code)
			if out, _ := s.control(0, "", "runs", "list", "--id", second, "--ids"); len(lines(out)) != left {
				t.Errorf("after the answer %q, %d runs are left", answer, len(lines(out)))
			}
			if left == 0 {
				second = s.call("POST", "/v1/jobs/"+job+"/runs", "{}", 201).ID
			}
		}
		s.control(0, "", "runs", "stop", second)
		p := onFullTerminal(t, 100, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}, "runs", "delete", "--yes", second)
		p.wait(0)
		out, _ := s.control(0, first+"\n", "runs", "delete", "-")
		if out != first+" deleted\n" {
			t.Errorf("delete printed %q", out)
		}
	})
	noFaults(t, s.process)
}

// Ctrl-C ends the waiting, and not the run.
func TestInterruptedWait(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	site := newChain(t, 10, 5)
	s.startRun(site.URL + "/0")
	for _, flag := range []string{"--wait", "--follow"} {
		p := command(t, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}, "jobs", "run", "test", flag).start()
		id := ""
		await(t, "the id of the run", func() bool {
			all := append(lines(p.out.String()), lines(p.errs.String())...)
			for _, line := range all {
				if len(line) == 36 {
					id = line
				}
			}
			return id != "" && (flag == "--follow" || strings.Contains(p.errs.String(), "fetched"))
		})
		p.signal(os.Interrupt)
		p.wait(130)
		if !strings.Contains(p.errs.String(), "inndx: interrupted: the run goes on; inndx runs stop "+id+" ends it\n") {
			t.Errorf("stderr: %s", p.errs.String())
		}
		if a := s.call("GET", "/v1/runs/"+id, "", 200); a.Status == run.Finished {
			t.Error("the run is finished")
		}
	}
	site.open()
}
