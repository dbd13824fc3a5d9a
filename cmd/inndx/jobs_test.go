package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	file := manifestFile(t, threePages(t))

	// A manifest becomes a job, by flags too.
	out, _ := s.control(0, "", "jobs", "create", "-f", file, "--name", "docs", "--label", "env=a=b")
	id := strings.TrimSpace(out)
	if a := s.call("GET", "/v1/jobs/"+id, "", 200); a.Labels["team"] != "research" || a.Labels["env"] != "a=b" {
		t.Errorf("the job has the labels %v", a.Labels)
	}
	out, _ = s.control(0, `{"name": "twice", "config": {"seeds": []}}`, "jobs", "create", "-f", "-", "--json")
	var created struct{ ID, Name string }
	if err := json.Unmarshal([]byte(out), &created); err != nil || created.Name != "twice" {
		t.Errorf("created %s, %v", out, err)
	}
	s.control(0, `{"name": "twice", "config": {"seeds": []}}`, "jobs", "create", "-f", "-")

	t.Run("list", func(t *testing.T) {
		for args, want := range map[string]int{
			"": 3, "--name docs": 1, "--name docs --name twice": 3, "--label team=research": 1, "--label team=x": 0, "--id " + id: 1,
			"--exclude-id " + id: 2, "--created-after 2026-01-01": 3, "--created-before 1h": 0, "--limit 2": 2, "--limit 0": 3, "--tenant rival": 0,
		} {
			out, _ := s.control(0, "", append([]string{"jobs", "list", "--ids"}, strings.Fields(args)...)...)
			if got := len(lines(out)); got != want {
				t.Errorf("jobs list %s has %d ids, want %d", args, got, want)
			}
		}
		if out, _ := s.control(0, "", "jobs", "list"); len(lines(out)) != 4 || !strings.HasPrefix(out, "ID ") || !strings.Contains(out, id) ||
			!strings.Contains(out, "env=a=b,team=research") {
			t.Errorf("the table is\n%s", out)
		}
	})
	t.Run("the manifest of a job makes the same job", func(t *testing.T) {
		text, _ := s.control(0, "", "jobs", "get", "docs", "--manifest")
		out, _ := s.control(0, text, "jobs", "create", "-f", "-")
		again, _ := s.control(0, "", "jobs", "get", strings.TrimSpace(out), "--manifest")
		if again != text || !strings.HasPrefix(text, "name: docs\n") {
			t.Errorf("the manifests are\n%s\n%s", text, again)
		}
		s.control(0, "", "jobs", "delete", strings.TrimSpace(out))
	})
	t.Run("update", func(t *testing.T) {
		s.control(0, "", "jobs", "update", "docs", "--label", "owner=me", "--remove-label", "env")
		if a := s.call("GET", "/v1/jobs/"+id, "", 200); len(a.Labels) != 2 || a.Labels["team"] != "research" || a.Labels["owner"] != "me" {
			t.Errorf("the job has the labels %v", a.Labels)
		}
		s.control(0, "", "jobs", "update", id, "-f", file, "--name", "docs")
		if a := s.call("GET", "/v1/jobs/"+id, "", 200); len(a.Labels) != 1 {
			t.Errorf("the job has the labels %v, not those of the manifest", a.Labels)
		}
		s.control(2, "", "jobs", "update", id)
	})
	t.Run("run", func(t *testing.T) {
		out, errs := s.control(0, "", "jobs", "run", "docs", "--wait")
		a := s.call("GET", "/v1/runs/"+strings.TrimSpace(out), "", 200)
		if a.Status != "finished" || a.Progress.URLsFetched != 3 || !strings.Contains(errs, "finished  fetched 3") {
			t.Errorf("the run is %+v, standard error has %s", a, errs)
		}
		if _, errs := s.control(3, "", "jobs", "run", created.ID, "--wait"); !strings.Contains(errs, "nothing was fetched: inndx logs ") {
			t.Errorf("the run without seeds: %s", errs)
		}
		out, _ = s.control(0, "name: new\nconfig: {seeds: []}", "jobs", "create", "-f", "-", "--run")
		ids := lines(out)
		if len(ids) != 2 {
			t.Fatalf("created %q", out)
		}
		s.call("GET", "/v1/jobs/"+ids[0], "", 200)
		s.call("GET", "/v1/runs/"+ids[1], "", 200)
	})
	t.Run("what is wrong is named", func(t *testing.T) {
		testWrongJobs(t, s)
	})
}

// testWrongJobs checks the errors of a service with two jobs twice.
func testWrongJobs(t *testing.T, s *server) {
	for name, tc := range map[string]struct {
		stdin, args string
		code        int
		want        []string
	}{
		"a name of two jobs": {"", "jobs get twice", 2, []string{`inndx: 2 or more jobs have the name "twice": name one by its id: `}},
		"no such name":       {"", "jobs run nope", 5, []string{`inndx: no job has the name "nope"`}},
		"no such id":         {"", "jobs get 0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071", 5, []string{"(no_such_job)"}},
		"no file":            {"", "jobs create", 2, []string{"jobs create needs -f FILE"}},
		"no such file":       {"", "jobs create -f missing.yaml", 2, []string{"open missing.yaml: no such file"}},
		"no YAML":            {"a: [", "jobs create -f -", 2, []string{"inndx: -:2:1: neither YAML nor JSON"}},
		"a list":             {"[]", "jobs create -f -", 2, []string{"-: the manifest must be an object"}},
		"wrong fields": {
			"name: a\nlabels: {team: 1}\nconfig:\n  seeds:\n    - kind: url\n  speed: 3\n", "jobs create -f -", 2,
			[]string{"inndx: -:2:10: labels.team must be a string", "inndx: -:5:7: config.seeds[0].kind is not known", "inndx: -:6:3: config.speed must be an object"},
		},
		"a wrong expression": {
			"name: a\nconfig:\n  filters:\n    - kind: regex_patterns\n      params: {allow: ['(']}\n", "jobs create -f -", 2, []string{"inndx: -:5:", "config.filters[0].params.allow[0]"},
		},
		"a wrong label":          {"", "jobs list --label team", 2, []string{`--label must be KEY=VALUE, not "team"`}},
		"a wrong filter":         {"", "jobs list --created-after soon --id x", 2, []string{"inndx: --created-after must be a timestamp such as 2026-01-02T15:04:05Z, a date such as 2026-01-02, or a duration", "inndx: --id must"}},
		"two forms":              {"", "jobs list --json --csv", 2, []string{"exclude each other"}},
		"an empty flag":          {"", "jobs list --name=", 2, []string{"--name must not be empty"}},
		"an empty word":          {"", "jobs list --id=,", 2, []string{"--id must not be empty"}},
		"a wait without a run":   {"", "jobs create -f x --wait", 2, []string{"need --run"}},
		"a filter without a log": {"", "jobs run twice --status error", 2, []string{"need --follow"}},
		"no command":             {"", "jobs lits", 2, []string{`there is no command "jobs lits": did you mean inndx jobs list?`}},
		"no subcommand":          {"", "jobs", 2, []string{"usage:", "create", "--tenant"}},
		"a wrong tenant":         {"", "jobs list --tenant=#", 2, []string{"--tenant must be"}},
		"a wrong URL":            {"", "jobs list --url=localhost:8022", 2, []string{"--url must be an http or https URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs := s.control(tc.code, tc.stdin, strings.Fields(tc.args)...)
			if out != "" || slices.ContainsFunc(tc.want, func(w string) bool { return !strings.Contains(errs, w) }) {
				t.Errorf("stdout %q, stderr\n%s", out, errs)
			}
		})
	}
}

// The manifests of the examples are accepted.
func TestJobsOfExamples(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	files, err := filepath.Glob("../../examples/manifests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out, _ := s.control(0, string(text), "jobs", "create", "-f", "-")
		shown, _ := s.control(0, "", "jobs", "get", strings.TrimSpace(out), "--manifest")
		if !strings.Contains(shown, "***") { // which stands for a secret
			s.control(0, shown, "jobs", "create", "-f", "-")
		}
	}
}
