package main_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"github.com/joshdk/go-junit"
)

// brokenSite serves a site with broken links: from eight pages to /gone, from one to a redirect
// that ends at /missing, and from one to a host that does not exist.
func brokenSite(t *testing.T) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/":
			links := []string{"old", "fine"}
			for i := range 8 {
				links = append(links, fmt.Sprintf("page/%d", i))
			}
			page(w, links...)
		case strings.HasPrefix(path, "/page/"):
			page(w, "/gone", "/")
		case path == "/old":
			http.Redirect(w, r, "/older", http.StatusFound)
		case path == "/older":
			http.Redirect(w, r, "/missing", http.StatusFound)
		case path == "/fine":
			http.Redirect(w, r, "/", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	return site
}

// A reportJSON is the part of a JSON report that the tests read.
type reportJSON struct {
	Run     response
	Summary struct {
		Partial bool
		Broken  int64
		Queued  int64
		Classes map[string]int64
	}
	URLs []struct {
		URL, Result, Problem string
		LinkedFrom           []struct {
			URL      string
			Redirect bool
		} `json:"referrers"`
		Count int `json:"referrer_count"`
	}
}

// report returns the JSON report that the command printed.
func (p *process) report() (r reportJSON) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.out.String()), &r); err != nil {
		p.t.Fatalf("stdout is no report: %v\n%s", err, p.out.String())
	}
	return r
}

// broken returns the broken URLs, each with what leads to it.
func (r reportJSON) broken(site string) map[string]string {
	all := map[string]string{}
	for _, u := range r.URLs {
		if u.Result != "broken" {
			continue
		}
		var from []string
		for _, referrer := range u.LinkedFrom {
			from = append(from, strings.TrimPrefix(referrer.URL, site))
		}
		slices.Sort(from)
		all[strings.TrimPrefix(u.URL, site)] = fmt.Sprintf("%s (%d)", strings.Join(from, " "), u.Count)
	}
	return all
}

// Each format reports the same crawl of a URL, and --fail-on broken has its exit code.
func TestReportFormats(t *testing.T) {
	t.Parallel()
	site := brokenSite(t)
	run := func(t *testing.T, code int, args ...string) *process {
		t.Helper()
		p := command(t, []string{"DATA_DIR=" + t.TempDir()}, append([]string{"crawl", site.URL, "--delay", "0s", "--concurrency", "4"}, args...)...).start()
		p.wait(code)
		return p
	}
	wantBroken := map[string]string{
		"/gone": "/page/0 /page/1 /page/2 /page/3 /page/4 /page/5 /page/6 /page/7 (8)",
		"/old":  "/ (1)", "/older": "/old (1)", "/missing": "/older (1)",
	}
	t.Run("json", func(t *testing.T) {
		p := run(t, 0, "--format", "json", "--referrers", "0")
		r := p.report()
		if diff := cmp.Diff(wantBroken, r.broken(site.URL)); diff != "" {
			t.Errorf("broken (-want +got):\n%s", diff)
		}
		wantClasses := map[string]int64{"2xx": 9, "3xx": 3, "4xx": 2, "5xx": 0, "other": 0, "no_response": 0, "excluded": 0}
		if diff := cmp.Diff(wantClasses, r.Summary.Classes); diff != "" {
			t.Errorf("classes (-want +got):\n%s", diff)
		}
		if p := r.Run.Progress; r.Run.Status != "finished" || p.URLsFetched != 12 || p.URLsFailed != 2 || r.Summary.Broken != 4 || len(r.URLs) != 14 || r.Summary.Partial {
			t.Errorf("the report is %+v", r)
		}
		if strings.Contains(p.errs.String(), "Broken URLs") {
			t.Error("the report is on stderr too")
		}
	})
	t.Run("text", func(t *testing.T) {
		p := run(t, 4, "--format", "text", "--fail-on", "broken")
		got := regexp.MustCompile(`run [0-9a-f-]{36}`).ReplaceAllString(strings.ReplaceAll(p.out.String(), site.URL, "SITE"), "run ID")
		got = regexp.MustCompile(`linked from SITE/page/\d`).ReplaceAllString(got, "linked from SITE/page/N")
		for _, want := range []string{
			"Report of 127.0.0.1:", "2xx 9  3xx 3  4xx 2  5xx 0  no response 0  excluded 0\n", "Slowest hosts",
			"\nBroken URLs (4)\n", "\n  SITE/old\n    redirects to SITE/missing, which failed: 404 Not Found\n    linked from SITE/\n",
			"\n  SITE/gone\n    404 Not Found\n" + strings.Repeat("    linked from SITE/page/N\n", 5) + "    and from 3 other pages\n",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the report lacks %q:\n%s", want, got)
			}
		}
		if strings.Contains(got, "\n  SITE/missing\n") || strings.Contains(got, "\n  SITE/older\n") {
			t.Errorf("a URL is listed to which only redirects lead:\n%s", got)
		}
		if all := lines(p.errs.String()); all[len(all)-1] != "inndx: 4 URLs are broken" {
			t.Errorf("stderr ends with %q", all[len(all)-1])
		}
	})
	t.Run("csv", func(t *testing.T) {
		p := run(t, 0, "--format", "csv", "--report", "broken", "--referrers", "0")
		all, err := csv.NewReader(strings.NewReader(p.out.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := func(name string) int { return slices.Index(all[0], name) }
		got := map[string]string{}
		for _, record := range all[1:] {
			from := strings.Fields(strings.ReplaceAll(record[column("referrers")], site.URL, ""))
			slices.Sort(from)
			got[strings.TrimPrefix(record[column("url")], site.URL)] = fmt.Sprintf("%s (%s)", strings.Join(from, " "), record[column("referrer_count")])
		}
		if diff := cmp.Diff(wantBroken, got); diff != "" {
			t.Errorf("broken (-want +got):\n%s", diff)
		}
	})
	t.Run("junit", func(t *testing.T) {
		p := run(t, 4, "--format", "junit", "--fail-on", "broken")
		suites, err := junit.Ingest([]byte(p.out.String()))
		if err != nil {
			t.Fatal(err)
		}
		var failed []string
		for _, test := range suites[0].Tests {
			if test.Status == junit.StatusFailed {
				failed = append(failed, strings.TrimPrefix(test.Name, site.URL))
			}
		}
		slices.Sort(failed)
		if want := slices.Sorted(maps.Keys(wantBroken)); !slices.Equal(failed, want) || suites[0].Totals.Tests != 14 {
			t.Errorf("failed %v of %+v, want %v of 14", failed, suites[0].Totals, want)
		}
	})
}

// A manifest that says whether to record edges is obeyed: without them, the first page is named.
func TestReportWithoutEdges(t *testing.T) {
	t.Parallel()
	site := brokenSite(t)
	for record, want := range map[string]string{
		`{"edges": false}`:   `^/page/\d \(1\)$`,
		`{"digests": false}`: `.* \(8\)$`,
	} {
		t.Run(record, func(t *testing.T) {
			config := `{"seeds": [{"kind": "static_list", "params": {"urls": ["` + site.URL + `/"]}}], "policies": [], "record": ` + record + `}`
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestWith(t, config), "--format", "json").start()
			p.wait(0)
			if got := p.report().broken(site.URL)["/gone"]; !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("/gone is linked from %s, want %s", got, want)
			}
		})
	}
}

// A crawl that nothing is wrong with ends well, and one that is interrupted has a report that says
// that it is partial.
func TestFailOnBroken(t *testing.T) {
	t.Parallel()
	fine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { page(w, "/") }))
	t.Cleanup(fine.Close)
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", fine.URL, "--delay", "0s", "--fail-on", "broken", "--format", "text").start()
	p.wait(0)
	if !strings.Contains(p.out.String(), "Nothing is broken.") {
		t.Errorf("the report is\n%s", p.out.String())
	}
	// The code for a crawl that fetched nothing stays.
	missing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(missing.Close)
	command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", missing.URL, "--fail-on", "broken").start().wait(3)
}

func TestPartialReport(t *testing.T) {
	t.Parallel()
	site := endlessSite(t)
	for format, check := range map[string]func(t *testing.T, p *process){
		"json": func(t *testing.T, p *process) {
			r := p.report()
			if !r.Summary.Partial || r.Summary.Queued == 0 || int64(len(r.URLs)) < r.Run.Progress.URLsFetched {
				t.Errorf("the summary is %+v with %d URLs", r.Summary, len(r.URLs))
			}
		},
		"text": func(t *testing.T, p *process) {
			if !strings.HasPrefix(p.out.String(), "PARTIAL REPORT: ") {
				t.Errorf("the report is\n%s", p.out.String())
			}
		},
	} {
		t.Run(format, func(t *testing.T) {
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestFile(t, site.URL+"/0"), "--format", format, "--fail-on", "broken").start()
			await(t, "the crawl to begin", func() bool { return regexp.MustCompile(`running  fetched [1-9]`).MatchString(p.errs.String()) })
			p.signal(os.Interrupt)
			p.wait(130)
			check(t, p)
			noFaults(t, p)
		})
	}
}

// A terminal shows the text report and no JSON, and nothing that a manifest or a site chooses
// commands it.
func TestReportOnATerminal(t *testing.T) {
	t.Parallel()
	site := brokenSite(t)
	file := filepath.Join(t.TempDir(), "manifest.json")
	text := `{"name": "a\u202eb\u2066c", "config": {"seeds": [{"kind": "static_list", "params": {"urls": ["` + site.URL + `/"]}}], "policies": []}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", file)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	p.cmd.Stdout = slave
	p.start()
	slave.Close()
	go func() {
		for buf := make([]byte, 4096); ; {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			p.out.Write(buf[:n])
		}
	}()
	p.wait(0)
	await(t, "the end of the report", func() bool { return strings.Contains(p.out.String(), "and from 3 other pages") })
	if out := p.out.String(); !strings.Contains(out, `Report of a\u202eb\u2066c, run`) || strings.Contains(out, "{") || strings.ContainsAny(out, "\u202e\u2066") {
		t.Errorf("the terminal shows\n%q", out)
	}
	if strings.ContainsAny(p.errs.String(), "\u202e\u2066") {
		t.Errorf("stderr is\n%q", p.errs.String())
	}
}
