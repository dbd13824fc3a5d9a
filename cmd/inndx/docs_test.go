package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/pipeline"
)

// docs/command.md and docs/limits.md describe the command correctly.
func TestDocsDescribeTheCommand(t *testing.T) {
	section := commandSection(t, "Crawl a site")
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
	if example == nil {
		t.Fatal("the section has no manifest")
	}
	if _, err := manifest.Parse("example.yaml", []byte(example[1]), pipeline.CheckConfig); err != nil {
		t.Error(err)
	}
	// The tenant of the crawl is that of the calls.
	for _, want := range []string{"make build/inndx\n", "DEFAULT_TENANT_ID=acme build/inndx crawl example.yaml"} {
		if !strings.Contains(section, want) {
			t.Errorf("docs/command.md does not say %q", want)
		}
	}
	for _, file := range []string{"../../README.md", "../../docs/api.md"} {
		for _, tenant := range regexp.MustCompile(`X-Tenant-Id: (\w+)`).FindAllStringSubmatch(document(t, file), -1) {
			if tenant[1] != "acme" {
				t.Errorf("%s uses the tenant %s, want acme", file, tenant[1])
			}
		}
	}
	for _, code := range []int{0, 1, 2, 3, 4, 130} {
		if !strings.Contains(section, "\n| "+strconv.Itoa(code)+" | ") {
			t.Errorf("docs/command.md does not explain the exit code %d", code)
		}
	}
	p := command(t, nil, "crawl", "--help").start()
	p.wait(0)
	for _, flag := range regexp.MustCompile(`(?m)^ +(--[a-z-]+)`).FindAllStringSubmatch(p.out.String(), -1) {
		if flag[1] != "--version" && !strings.Contains(section, "`"+flag[1]) {
			t.Errorf("docs/command.md does not describe the flag %s", flag[1])
		}
	}
	if want := "| the URLs of a `static_list`, the sitemaps of a `sitemap` | 1 to " + thousands(config.MaxListURLs) + " each |"; !strings.Contains(document(t, "../../docs/limits.md"), want) {
		t.Errorf("docs/limits.md does not say %q", want)
	}
}

// thousands returns a number from 1,000 to 999,999 with a comma.
func thousands(n int) string {
	return strconv.Itoa(n/1000) + "," + strconv.Itoa(1000 + n%1000)[1:]
}

// document returns a file.
func document(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// commandSection returns a section of docs/command.md.
func commandSection(t *testing.T, heading string) string {
	t.Helper()
	_, section, ok := strings.Cut(document(t, "../../docs/command.md"), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("docs/command.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// docs/api.md contains the calls of testdata/calls.txt.
func TestDocsShowTheCalls(t *testing.T) {
	calls := document(t, "../../docs/api.md")
	text, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	for call := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		if !strings.Contains(calls, call) {
			t.Errorf("docs/api.md does not contain\n%s", call)
		}
	}
}

// The commands of docs/command.md for a service work as written, in their order.
func TestDocsCommands(t *testing.T) {
	t.Parallel()
	section := commandSection(t, "Control a service")
	for _, code := range []int{0, 1, 2, 3, 5, 130} {
		if !strings.Contains(section, "\n| "+strconv.Itoa(code)+" | ") {
			t.Errorf("the section does not explain the exit code %d", code)
		}
	}
	script := regexp.MustCompile("(?s)```sh\nmake build/inndx\n(.*?)```").FindStringSubmatch(section)
	manifest := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(commandSection(t, "Crawl a site"))
	if script == nil || manifest == nil {
		t.Fatal("the section has no commands, or the one on a crawl no manifest")
	}
	s := serve(t, "DATA_DIR="+t.TempDir())
	dir := t.TempDir()
	site := strings.ReplaceAll(manifest[1], "https://example.com", threePages(t))
	if err := os.WriteFile(filepath.Join(dir, "example.yaml"), []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-e", "-x", "-c", strings.ReplaceAll(script[1], "build/inndx", binary))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "INNDX_URL="+s.url)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "max_empty_evaluations") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
	lines, err := os.ReadFile(filepath.Join(dir, "runs.jsonl"))
	if err != nil || strings.Count(string(lines), "\n") != 1 {
		t.Errorf("runs.jsonl has %s, %v", lines, err)
	}
	// Each command and each subcommand is described.
	p := command(t, nil, "--help").start()
	p.wait(0)
	for _, name := range regexp.MustCompile(`(?m)^  ([a-z]+)(?:, [a-z]+)?  +[A-Z]`).FindAllStringSubmatch(p.out.String(), -1) {
		if !strings.Contains(section, "inndx "+name[1]) && name[1] != "help" && name[1] != "version" {
			t.Errorf("the section does not describe inndx %s", name[1])
		}
		sub := command(t, nil, name[1], "--help").start()
		sub.wait(0)
		_, list, _ := strings.Cut(sub.out.String(), "\ncommands:\n")
		list, _, _ = strings.Cut(list, "\n\n")
		for _, n := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(list, -1) {
			if !strings.Contains(section, "`"+n[1]+"`") && !strings.Contains(section, name[1]+" "+n[1]) {
				t.Errorf("the section does not describe inndx %s %s", name[1], n[1])
			}
		}
	}
}
