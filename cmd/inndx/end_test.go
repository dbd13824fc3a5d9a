package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inndx/runs/internal/run"
)

// A crawl that fetches nothing prints the run and the reason, and has its own exit code.
func TestEmptyCrawl(t *testing.T) {
	t.Parallel()
	const closed = "http://127.0.0.1:1/"
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" && r.URL.Path != "/empty.xml" {
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	for name, tc := range map[string]struct {
		config string
		want   []string
	}{
		"dead host": {
			`{"seeds": [{"kind": "static_list", "params": {"urls": ["` + closed + `"]}}], "fetcher": {"max_retries": 0}}`,
			[]string{closed + " (refused"},
		},
		"mistyped host": {
			`{"seeds": [{"kind": "static_list", "params": {"urls": ["http://no-such-host.invalid/"]}}], "fetcher": {"max_retries": 0}}`,
			[]string{"http://no-such-host.invalid/ (dns"},
		},
		"no URL": {
			`{"seeds": [{"kind": "static_list", "params": {"urls": ["` + site.URL + `/a", "` + site.URL + `/b", "` + site.URL + `/c", "` + site.URL + `/d"]}}], "policies": []}`,
			[]string{site.URL + "/a (http_status: Not Found)", site.URL + "/c ", "and 1 more"},
		},
		"missing sitemap": {
			`{"seeds": [{"kind": "sitemap", "params": {"urls": ["` + site.URL + `/missing.xml"]}}], "policies": []}`,
			[]string{site.URL + "/missing.xml"},
		},
		"no seeds": {`{"seeds": []}`, []string{"the configuration has no seeds"}},
		"seed outside its own filter": {
			`{"seeds": [{"kind": "static_list", "params": {"urls": ["` + site.URL + `/"]}}],
			  "filters": [{"kind": "regex_patterns", "params": {"allow": ["^https://elsewhere"]}}], "policies": []}`,
			[]string{site.URL + "/ (regex_patterns"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestWith(t, tc.config)).start()
			p.wait(3)
			all := lines(p.errs.String())
			last := all[len(all)-1]
			if !strings.HasPrefix(last, "inndx: nothing was fetched: ") {
				t.Errorf("stderr ends with %q", last)
			}
			for _, want := range tc.want {
				if !strings.Contains(last, want) {
					t.Errorf("stderr ends with %q, want %q in it", last, want)
				}
			}
			if a := p.finished(); a.Status != run.Finished {
				t.Errorf("the run is %s", a.Status)
			}
		})
	}
}

// Each command fails when it cannot write its result.
func TestFullOutput(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	site := smallSite(t)
	for _, args := range [][]string{{"help"}, {"--help"}, {"version"}, {"crawl", "--version"}, {"serve"}, {"crawl", manifestFile(t, site.URL+"/")}} {
		t.Run("inndx "+args[0], func(t *testing.T) {
			p := command(t, []string{"PORT=0", "DATA_DIR=" + t.TempDir()}, args...)
			p.cmd.Stdout = full
			p.start().wait(1)
			if all := lines(p.errs.String()); !strings.HasPrefix(all[len(all)-1], "inndx: standard output cannot be written") {
				t.Errorf("stderr ends with %q", all[len(all)-1])
			}
		})
	}
}

// A closed terminal (SIGHUP) and a service manager (SIGTERM) end the command as Ctrl-C does: it
// stops and prints the run, and logs no fault.
func TestSignals(t *testing.T) {
	t.Parallel()
	// The tests may run under nohup. A command inherits an ignored SIGHUP, but not a handled one.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for _, signal := range []os.Signal{syscall.SIGHUP, syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			site := endlessSite(t)
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestFile(t, site.URL+"/0")).start()
			await(t, "the crawl to begin", func() bool { return strings.Contains(p.errs.String(), "running  fetched") })
			p.signal(signal)
			p.wait(130)
			if a := p.finished(); a.Status != run.Finished || a.StopReason != run.Manual {
				t.Errorf("the run is %s %s, want finished manual", a.Status, a.StopReason)
			}
			noFaults(t, p)

			s := serve(t, "DATA_DIR="+t.TempDir())
			_, id := s.startRun(site.URL + "/0")
			s.awaitRun(id, "the run to crawl", func(a response) bool { return a.Progress.URLsFetched > 0 })
			s.signal(signal)
			s.wait(0)
			noFaults(t, s.process)
		})
	}
}

// Ctrl-C during the start is not logged as a fault.
func TestCtrlCWhileStarting(t *testing.T) {
	t.Parallel()
	site := endlessSite(t)
	for _, output := range []string{"starting the database", "run "} {
		t.Run("after the output "+output, func(t *testing.T) {
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestFile(t, site.URL+"/0")).start()
			await(t, "the output", func() bool { return strings.Contains(p.errs.String(), output) })
			p.signal(os.Interrupt)
			p.wait(130)
			noFaults(t, p)
		})
	}
}

// nohup protects the command from SIGHUP.
func TestNohup(t *testing.T) {
	t.Parallel()
	p := command(t, nil, "serve")
	p.cmd.Path, p.cmd.Args = "/bin/sh", []string{"sh", "-c", `trap "" HUP; exec "$0" serve`, binary}
	p.cmd.Env = append(p.cmd.Env, "PORT=0", "DATA_DIR="+t.TempDir())
	p.start()
	await(t, "the service to be ready", func() bool { return strings.Contains(p.out.String(), "is ready at ") })
	p.signal(syscall.SIGHUP)
	_, url, _ := strings.Cut(p.out.String(), "is ready at ")
	url, _, _ = strings.Cut(url, "\n")
	for range 20 { // a SIGHUP that is not ignored would have ended the service by now
		resp, err := http.Get(url + "/.well-known/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	p.signal(syscall.SIGTERM)
	p.wait(0)
}

// A damaged database ends both commands with a line that names the file and the damage.
func TestDamagedDatabase(t *testing.T) {
	t.Parallel()
	site := smallSite(t)
	for _, args := range [][]string{{"serve"}, {"crawl", manifestFile(t, site.URL+"/")}} {
		t.Run("inndx "+args[0], func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "shared-local-instance.db")
			if err := os.WriteFile(file, []byte(strings.Repeat("no database ", 3000)), 0o600); err != nil {
				t.Fatal(err)
			}
			p := command(t, []string{"PORT=0", "DATA_DIR=" + dir}, args...).start()
			p.wait(1)
			all := lines(p.errs.String())
			if last := all[len(all)-1]; !strings.HasPrefix(last, fmt.Sprintf("inndx: the database %s is damaged", file)) {
				t.Errorf("stderr ends with %q", last)
			}
		})
	}
}

// A disk that fills up during a crawl ends the command with a line that says so.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	site := endlessSite(t)
	for _, size := range []string{"40k", "120k"} {
		t.Run(size, func(t *testing.T) {
			dir := smallDisk(t, size)
			p := command(t, []string{"DATA_DIR=" + dir + "/data"}, "crawl", manifestFile(t, site.URL+"/0")).start()
			p.wait(1)
			all := lines(p.errs.String())
			if last := all[len(all)-1]; !strings.HasPrefix(last, "inndx: the database "+dir) || !strings.Contains(last, "the disk is full") {
				t.Errorf("stderr ends with %q", last)
			}
			if strings.Contains(p.errs.String(), "commit failed") {
				t.Errorf("commits were attempted without a database:\n%s", p.errs.String())
			}
		})
	}
}
