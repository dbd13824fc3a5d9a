package main_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/run"
)

// The log of a run is printed while it crawls, each entry once and in its order, until the end.
func TestFollowLogs(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	site := newChain(t, 40, 20)
	file := manifestFile(t, site.URL+"/0")
	env := []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}
	p := command(t, env, "jobs", "create", "-f", file, "--run", "--follow", "--json").start()
	await(t, "the entries before the gate", func() bool { return len(lines(p.out.String())) == 20 })
	id := lines(p.errs.String())[1]
	// Others begin in the middle.
	late := command(t, env, "logs", id, "--follow", "--limit", "5", "--json").start()
	failed := command(t, env, "logs", id, "--follow", "--status", "error").start()
	await(t, "the last entries", func() bool { return len(lines(late.out.String())) == 5 })
	site.open()
	p.wait(0)
	late.wait(0)
	failed.wait(0)
	check := func(out string, from int) {
		t.Helper()
		all := lines(out)
		if len(all) != 40-from {
			t.Fatalf("%d lines, want %d:\n%s", len(all), 40-from, out)
		}
		for n, line := range all {
			var e struct{ URL string }
			if err := json.Unmarshal([]byte(line), &e); err != nil || e.URL != fmt.Sprintf("%s/%d", site.URL, n+from) {
				t.Errorf("line %d is %s", n, line)
			}
		}
	}
	check(p.out.String(), 0)
	check(late.out.String(), 15)
	if failed.out.String() != "" {
		t.Errorf("entries with errors: %s", failed.out.String())
	}
	if a := s.call("GET", "/v1/runs/"+id, "", 200); a.Status != run.Finished {
		t.Errorf("the run is %s", a.Status)
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	site := smallSite(t)
	out, errs := s.control(0, "", "jobs", "create", "-f", manifestFile(t, site.URL+"/"), "--run", "--follow", "--status", "error")
	if all := lines(out); len(all) != 2 || !strings.HasPrefix(all[0], "TIME ") || !strings.Contains(all[1], "http_status  "+site.URL+"/gone (Not Found)") {
		t.Errorf("the failures are\n%s", out)
	}
	id := lines(errs)[1]
	for args, want := range map[string]int{
		"": 5, "--status ok": 3, "--status error,excluded": 2, "--reason http_status": 1, "--http-status 4xx": 1, "--url-prefix " + site.URL + "/g": 1,
		"--exact-url " + site.URL + "/a": 1, "--limit 2": 2, "--host elsewhere.invalid": 1, "--depth 0": 1, "--content-type text/html": 3, "--step schedule": 1,
		"--occurred-after 1h": 5, "--occurred-before 1h": 0,
	} {
		out, _ := s.control(0, "", append([]string{"logs", id, "--json"}, strings.Fields(args)...)...)
		if got := len(lines(out)); got != want {
			t.Errorf("logs %s has %d entries, want %d", args, got, want)
		}
	}
	if _, errs := s.control(2, "", "logs", id, "--status", "bad", "--follow"); !strings.Contains(errs, "inndx: --status must be one of: ok, error, excluded") {
		t.Errorf("stderr: %s", errs)
	}
	s.control(2, "", "logs", id, "--follow", "--csv")
	s.control(5, "", "logs", "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071", "--follow")
	out, _ = s.control(0, "", "links", id, "--state", "failed", "--csv")
	if all := lines(out); len(all) != 2 || !strings.Contains(all[1], ",failed,1,"+site.URL+"/,404,http_status,") {
		t.Errorf("the links are\n%s", out)
	}
	for command, want := range map[string]int{"metrics": 5, "latency": 4} { // an excluded URL has no latency
		out, _ := s.control(0, "", "runs", command, id, "--csv")
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		urls := 0
		for _, row := range rows[min(len(rows), 1):] {
			for n, name := range rows[0] {
				if strings.HasPrefix(name, "urls_") && name != "urls_queued" || name == "count" {
					count, _ := strconv.Atoi(row[n])
					urls += count
				}
			}
		}
		if err != nil || urls != want || rows[0][0] != "started_at" {
			t.Errorf("the %s have %d URLs, want %d, %v:\n%s", command, urls, want, err, out)
		}
		s.control(2, "", "runs", command, id, "--csv", "--json")
	}
}

// A run that is deleted while it is followed ends the command with an error.
func TestFollowDeletedRun(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	site := newChain(t, 10, 5)
	_, id := s.startRun(site.URL + "/0")
	p := command(t, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}, "logs", id, "--follow").start()
	await(t, "an entry", func() bool { return len(lines(p.out.String())) > 1 })
	s.control(0, "", "runs", "delete", id)
	p.wait(5)
	site.open()
}
