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

// README.md describes the command correctly.
func TestReadmeDescribesTheCommand(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	_, section, ok := strings.Cut(readme, "## One crawl, without the API")
	if !ok {
		t.Fatal("README.md has no section on a crawl without the API")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
	if example == nil {
		t.Fatal("README.md has no manifest")
	}
	if _, err := manifest.Parse("example.yaml", []byte(example[1]), pipeline.CheckConfig); err != nil {
		t.Error(err)
	}
	// The tenant of the crawl is that of the calls.
	for _, want := range []string{"make build/inndx\n", "DEFAULT_TENANT_ID=acme build/inndx crawl example.yaml"} {
		if !strings.Contains(section, want) {
			t.Errorf("README.md does not say %q", want)
		}
	}
	for _, tenant := range regexp.MustCompile(`X-Tenant-Id: (\w+)`).FindAllStringSubmatch(readme, -1) {
		if tenant[1] != "acme" {
			t.Errorf("README.md uses the tenant %s, want acme", tenant[1])
		}
	}
	for _, code := range []int{0, 1, 2, 3, 4, 130} {
		if !strings.Contains(section, "\n| "+strconv.Itoa(code)+" | ") {
			t.Errorf("README.md does not explain the exit code %d", code)
		}
	}
	p := command(t, nil, "crawl", "--help").start()
	p.wait(0)
	for _, flag := range regexp.MustCompile(`(?m)^ +(--[a-z-]+)`).FindAllStringSubmatch(p.out.String(), -1) {
		if flag[1] != "--version" && !strings.Contains(section, "`"+flag[1]) {
			t.Errorf("README.md does not describe the flag %s", flag[1])
		}
	}
	if want := "| the URLs of a `static_list`, the sitemaps of a `sitemap` | 1 to " + thousands(config.MaxListURLs) + " each |"; !strings.Contains(readme, want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// thousands returns a number from 1,000 to 999,999 with a comma.
func thousands(n int) string {
	return strconv.Itoa(n/1000) + "," + strconv.Itoa(1000 + n%1000)[1:]
}

// README.md contains the calls of testdata/calls.txt.
func TestReadmeShowsTheCalls(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	for call := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		if !strings.Contains(string(readme), call) {
			t.Errorf("README.md does not contain\n%s", call)
		}
	}
}

// The commands of the README's section on a terminal work as written, in their order.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(data), "\n## From a terminal\n")
	section, below, _ := strings.Cut(section, "\n## ")
	for _, code := range []int{0, 1, 2, 3, 5, 130} {
		if !strings.Contains(section, "\n| "+strconv.Itoa(code)+" | ") {
			t.Errorf("the section does not explain the exit code %d", code)
		}
	}
	script := regexp.MustCompile("(?s)```sh\nmake build/inndx\n(.*?)```").FindStringSubmatch(section)
	manifest := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(below)
	if script == nil || manifest == nil {
		t.Fatal("the section has no commands, or the next one no manifest")
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
