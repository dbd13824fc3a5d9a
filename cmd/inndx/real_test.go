//go:build real

package main_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/realsite"
)

// A manual of a real site, in which links are broken on purpose.
const manual = "/users_guide/"

// breakLinks removes some pages of the manual, and makes others redirect, to pages that exist and
// to one that does not.
func breakLinks(t *testing.T, site *realsite.Site, base string) {
	t.Helper()
	statuses := site.Walk(t, base+manual+"index.html", base+manual).Statuses
	var pages []string
	for u, status := range statuses {
		if path := strings.TrimPrefix(u, base); status == 200 && strings.HasSuffix(path, ".html") && path != manual+"index.html" {
			pages = append(pages, path)
		}
	}
	slices.Sort(pages)
	if len(pages) < 100 {
		t.Fatalf("the manual has only %d pages: the package has changed", len(pages))
	}
	for i := 5; i < len(pages); i += 12 {
		site.Missing[pages[i]] = true
	}
	site.Redirects[pages[1]] = manual + "removed.html"
	site.Redirects[pages[2]] = manual + "moved.html"
	site.Redirects[manual+"moved.html"] = manual + "removed.html"
	site.Redirects[pages[3]] = pages[4]
}

// A link leads from a page to a URL. The URLs are in the spelling of realsite.Spelling.
type link struct{ page, to string }

// brokenLinks returns the links of a walk that end broken.
func brokenLinks(w realsite.Walk) map[link]bool {
	all := map[link]bool{}
	for page, targets := range w.Targets {
		if w.Statuses[page] != 200 {
			continue
		}
		for _, to := range targets {
			end := to
			for w.Statuses[end] == 301 {
				end = w.Targets[end][0]
			}
			if w.Statuses[end] != 200 {
				all[link{page, to}] = true
			}
		}
	}
	return all
}

// The report of a real site lists exactly the broken links that a walk of its files finds, each
// with every page that has it. A link checker that others wrote finds the same URLs, and names one
// of the pages for each.
func TestRealBrokenLinks(t *testing.T) {
	files := realsite.Open(t)
	site := httptest.NewServer(files)
	defer site.Close()
	breakLinks(t, files, site.URL)
	want := brokenLinks(files.Walk(t, site.URL+manual+"index.html", site.URL+manual))
	t.Logf("%d links are broken", len(want))
	if len(want) < 100 {
		t.Errorf("only %d links are broken: the package has changed", len(want))
	}

	began := time.Now()
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", site.URL+manual+"index.html", "--delay", "0s", "--concurrency", "8",
		"--include", "^"+site.URL+manual, "--format", "json", "--referrers", "0", "--fail-on", "broken").start()
	p.wait(4)
	t.Logf("the crawl took %s", time.Since(began).Round(time.Millisecond))
	got := map[link]bool{}
	for _, u := range p.report().URLs {
		if u.Result != "broken" {
			continue
		}
		if len(u.LinkedFrom) != u.Count {
			t.Errorf("%s has %d of %d referrers", u.URL, len(u.LinkedFrom), u.Count)
		}
		for _, from := range u.LinkedFrom {
			if !from.Redirect {
				got[link{spelled(t, from.URL), spelled(t, u.URL)}] = true
			}
		}
	}
	if diff := cmp.Diff(readable(want), readable(got)); diff != "" {
		t.Errorf("the report differs from the walk (-walk +report):\n%s", diff)
	}

	began = time.Now()
	theirs := linkchecker(t, site.URL)
	t.Logf("linkchecker took %s and found %d broken links", time.Since(began).Round(time.Millisecond), len(theirs))
	for l := range theirs {
		if !got[l] {
			t.Errorf("linkchecker found the broken link %s -> %s, which the report lacks", l.page, l.to)
		}
	}
	if diff := cmp.Diff(targets(theirs), targets(got)); diff != "" {
		t.Errorf("the report differs from linkchecker's (-linkchecker +report):\n%s", diff)
	}
}

// targets returns the URLs to which the links lead.
func targets(links map[link]bool) []string {
	var all []string
	for l := range links {
		all = append(all, l.to)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func spelled(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	u.Fragment = ""
	return realsite.Spelling(u)
}

func readable(links map[link]bool) (all []string) {
	for l := range maps.Keys(links) {
		all = append(all, l.page+" -> "+l.to)
	}
	slices.Sort(all)
	return all
}

// As root, linkchecker becomes nobody, who may not be able to read the environment.
const linkcheckerProgram = `
import sys
from linkcheck.command import linkchecker
linkchecker.drop_privileges = lambda: None
sys.exit(linkchecker.linkchecker())
`

const linkcheckerConfig = `
[checking]
threads=4
maxrequestspersecond=1000
[output]
log=csv
status=0
warnings=0
[filtering]
ignore=
  !^%s
[csv]
separator=,
parts=parentname,urlname,result,valid,url
`

// linkchecker returns the broken links between pages of the manual that linkchecker reports: the
// first to each URL that it finds.
func linkchecker(t *testing.T, base string) map[link]bool {
	t.Helper()
	config := filepath.Join(t.TempDir(), "linkcheckerrc")
	if err := os.WriteFile(config, fmt.Appendf(nil, linkcheckerConfig, strings.ReplaceAll(base+manual, ".", `\.`)), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), venv(t, "linkchecker")+"/bin/python", "-c", linkcheckerProgram, "-f", config, base+manual+"index.html")
	cmd.Stderr = &errs
	output, err := cmd.Output() // the exit code is 1 if it finds broken links
	if len(output) == 0 {
		t.Fatalf("linkchecker: %v\n%s", err, errs.String())
	}
	r := csv.NewReader(bytes.NewReader(output))
	r.FieldsPerRecord, r.Comment = -1, '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all, names := map[link]bool{}, records[0]
	for _, record := range records[1:] {
		column := func(name string) string { return record[slices.Index(names, name)] }
		page, err := url.Parse(column("parentname"))
		if err != nil {
			t.Fatal(err)
		}
		to, err := page.Parse(column("urlname"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(page.Path, ".html") && strings.HasSuffix(to.Path, ".html") { // no stylesheets and images
			all[link{spelled(t, page.String()), spelled(t, to.String())}] = true
		}
	}
	return all
}

// venv returns the folder of a Python environment.
func venv(t *testing.T, name string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "../../localstack/venv", name)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("the environment %s: %v\n%s", name, err, errs.String())
	}
	return strings.TrimSpace(string(output))
}

// The JUnit report of a real crawl is valid by the schemas of Jenkins and of JUnit's reports.
func TestRealJUnitSchema(t *testing.T) {
	site := brokenSite(t)
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", site.URL, "--delay", "0s", "--format", "junit").start()
	p.wait(0)
	reports := []string{"../../internal/report/testdata/all.xml", "../../internal/report/testdata/broken.xml", filepath.Join(t.TempDir(), "report.xml")}
	if err := os.WriteFile(reports[2], []byte(p.out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	const program = "import sys; from lxml import etree\n" +
		"etree.XMLSchema(etree.parse(sys.argv[1])).assertValid(etree.parse(sys.argv[2]))"
	for _, schema := range []string{"jenkins-junit-10.xsd", "junit.xsd"} {
		for _, file := range reports {
			cmd := exec.CommandContext(t.Context(), venv(t, "linkchecker")+"/bin/python", "-c", program, "../../internal/report/testdata/"+schema, file)
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s is not valid by %s: %v\n%s", file, schema, err, output)
			}
		}
	}
}
