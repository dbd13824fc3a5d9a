package main_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/inndx/runs/internal/visible"
)

// evil commands terminals, turns text around, is a formula, and breaks lines.
const evil = "=1\x1b]0;owned\a\x1b[2J\u202eevil\r\nrm -rf\u2028\t\x9b31m"

// hostileService responds to everything with strings that harm a terminal.
func hostileService(t *testing.T) *httptest.Server {
	t.Helper()
	const id = "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"
	object := map[string]any{
		"id": id, "job_id": evil, "run_id": evil, "name": evil, "job_name": evil, "status": "finished" + evil, "stop_reason": evil,
		"labels": map[string]any{evil: evil}, "created_at": "2026-03-01T12:00:00Z", "url": evil, "error_reason": evil, "error_detail": evil,
		"redirect_url": evil, "content_type": evil, "kind": evil, "state": evil, "referrer": evil, "host": evil, "title": evil, "size": 7,
		"pipeline_id": evil, "blob_key": evil, "digest": evil, "config": map[string]any{evil: []any{evil}},
		"occurred_at": evil, "progress": map[string]any{"urls_fetched": 7}, "buckets": []any{map[string]any{"started_at": evil}},
	}
	list := map[string]any{
		"items": []any{object, object}, "next_page": nil, "searched_until": nil,
		"others": map[string]any{"urls_fetched": 7, "urls_failed": 3},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/resume"):
			w.WriteHeader(http.StatusUnprocessableEntity)
			_ = json.NewEncoder(w).Encode(map[string]any{
				"code": 422, "reason": evil, "message": evil, "fields": []any{map[string]any{"field": evil, "errors": []any{map[string]any{"message": evil}}}},
			})
		case r.URL.Path == "/v1/runs", r.URL.Path == "/v1/jobs" && r.URL.Query().Get("names") == "", r.URL.Path == "/v1/artifacts",
			strings.HasSuffix(r.URL.Path, "/logs"), strings.HasSuffix(r.URL.Path, "/links"), strings.HasSuffix(r.URL.Path, "/hosts"):
			_ = json.NewEncoder(w).Encode(list)
		default:
			_ = json.NewEncoder(w).Encode(object)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// Nothing that a service says harms the terminal or a spreadsheet, and JSON keeps its meaning.
func TestHostileService(t *testing.T) {
	t.Parallel()
	s := hostileService(t)
	const id = "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"
	var manifest struct{ Name string }
	for _, args := range []string{
		"runs list", "runs list --json", "runs list --csv", "runs list --ids", "runs get " + id, "runs get --json " + id, "runs pause " + id,
		"runs stop --json " + id, "runs resume " + id, "jobs run --json " + id, "jobs update --name x " + id, "runs hosts " + id, "runs hosts --ids " + id, "runs metrics " + id, "runs metrics --json " + id, "runs latency " + id,
		"jobs list", "jobs get " + id, "jobs get --json " + id, "jobs get --manifest " + id, "jobs run " + id, "logs " + id, "logs --json " + id,
		"logs --csv " + id, "links " + id, "artifacts list", "artifacts get x", "top", "__complete runs get ", "__complete jobs get ", "runs delete x\x1b[2J",
	} {
		t.Run(args, func(t *testing.T) {
			p := command(t, []string{"INNDX_URL=" + s.URL}, strings.Split(args, " ")...).start()
			<-p.exited
			for _, line := range append(lines(p.out.String()), lines(p.errs.String())...) {
				shown := strings.ReplaceAll(line, "\t", "") // separates descriptions of completions
				if visible.Text(shown) != shown {
					t.Errorf("a line is %q", line)
				}
			}
			if p.out.String() == "" && !strings.HasPrefix(args, "runs resume") && !strings.HasPrefix(args, "runs delete") {
				t.Errorf("nothing is printed: %s", p.errs.String())
			}
			switch {
			case strings.Contains(args, "--csv"):
				rows, err := csv.NewReader(strings.NewReader(p.out.String())).ReadAll()
				if err != nil || len(rows) != 3 || strings.ContainsAny(fmt.Sprint(rows), "\x1b\r\n") {
					t.Errorf("the CSV is %q, %v", rows, err)
				}
				for _, cell := range rows[1] {
					if strings.HasPrefix(cell, "=") {
						t.Errorf("a cell is the formula %q", cell)
					}
				}
			case strings.Contains(args, "--json") && !strings.Contains(args, "metrics"), strings.Contains(args, "--manifest"):
				if err := json.NewDecoder(strings.NewReader(p.out.String())).Decode(&manifest); err != nil || manifest.Name != strings.ToValidUTF8(evil, "\ufffd") {
					t.Errorf("the JSON has the name %q, %v", manifest.Name, err)
				}
			}
		})
	}
}

// The list of hosts says that it is not complete.
func TestOtherHosts(t *testing.T) {
	t.Parallel()
	p := command(t, []string{"INNDX_URL=" + hostileService(t).URL}, "runs", "hosts", "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071").start()
	p.wait(0)
	if !strings.Contains(p.errs.String(), "together they have 7 fetched and 3 failed URLs") {
		t.Errorf("standard error has %q", p.errs.String())
	}
}

// On a terminal, no line of a table is wider than it. In a pipe, tables have everything.
func TestTablesFitTheTerminal(t *testing.T) {
	t.Parallel()
	s := hostileService(t)
	for _, args := range []string{"runs list", "jobs list", "artifacts list", "logs 0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"} {
		p := onFullTerminal(t, 40, []string{"INNDX_URL=" + s.URL}, strings.Fields(args)...)
		p.wait(0)
		await(t, "three lines", func() bool { return strings.Count(p.errs.String(), "\n") == 3 })
		for _, line := range lines(p.errs.String()) {
			if uniseg.StringWidth(line) > 40 {
				t.Errorf("inndx %s prints %q", args, line)
			}
		}
		piped := command(t, []string{"INNDX_URL=" + s.URL}, strings.Fields(args)...).start()
		piped.wait(0)
		if !strings.Contains(piped.out.String(), "rm -rf") {
			t.Errorf("in a pipe, inndx %s prints %s", args, piped.out.String())
		}
	}
}
