package main_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/manifest"
)

// What README says of the command is true.
func TestReadmeDescribesTheCommand(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	_, section, ok := strings.Cut(readme, "## One crawl, without the API")
	if !ok {
		t.Fatal("README.md does not show a crawl without the API")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
	if example == nil {
		t.Fatal("README.md shows no manifest")
	}
	if _, err := manifest.Parse("example.yaml", []byte(example[1])); err != nil {
		t.Error(err)
	}
	// The run is one of the tenant whose runs the calls read.
	for _, want := range []string{"make build/inndx\n", "DEFAULT_TENANT_ID=acme build/inndx crawl example.yaml"} {
		if !strings.Contains(section, want) {
			t.Errorf("README.md does not say %q", want)
		}
	}
	for _, tenant := range regexp.MustCompile(`X-Tenant-Id: (\w+)`).FindAllStringSubmatch(readme, -1) {
		if tenant[1] != "acme" {
			t.Errorf("README.md uses the tenants acme and %s", tenant[1])
		}
	}
	for _, code := range []int{0, 1, 2, 3, 130} {
		if !strings.Contains(section, "\n| "+strconv.Itoa(code)+" | ") {
			t.Errorf("README.md does not say what the exit code %d means", code)
		}
	}
	if want := "| the URLs of a `static_list`, the sitemaps of a `sitemap` | 1 to " + thousands(config.MaxListURLs) + " each |"; !strings.Contains(readme, want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// thousands writes a number below a million with a comma.
func thousands(n int) string {
	return strconv.Itoa(n/1000) + "," + strconv.Itoa(1000 + n%1000)[1:]
}
