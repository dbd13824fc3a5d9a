// Package layering holds the rules of what packages may depend on.
package layering

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/inndx/runs/"

// deps returns every package that the one with the given path in this module depends on, as the
// Makefile builds functions.
func deps(t *testing.T, path string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "lambda.norpc", module+path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// The rules: none of the packages depends, directly or not, on a package whose path begins with one
// of the forbidden ones.
func TestDependencies(t *testing.T) {
	aws := []string{"github.com/aws/", "github.com/guregu/dynamo"}
	io := append([]string{"net/http", module + "internal/store"}, aws...)
	for _, rule := range []struct {
		name      string
		packages  string
		forbidden []string
	}{
		{"types and rules do no I/O", "config crawllog fault idempotency job meter objects paging pattern report rollup run strictjson " +
			"tenant weburl artifact logjson export visible watch budget", io},
		{"the engine and the API know no AWS and no store", "api contents crawl housekeeping pipeline wake page robots fetch",
			append([]string{module + "internal/store"}, aws...)},
	} {
		t.Run(rule.name, func(t *testing.T) {
			for name := range strings.FieldsSeq(rule.packages) {
				check(t, "internal/"+name, rule.forbidden)
			}
		})
	}
	t.Run("the commands of a service know its API only", func(t *testing.T) {
		for _, name := range []string{"client", "control"} {
			check(t, "internal/"+name, []string{module + "internal/store", module + "internal/api", module + "internal/local"})
		}
	})
	t.Run("only functions that use the bucket hold its driver", func(t *testing.T) {
		for _, name := range []string{"sweep", "publish-changes", "create-run", "delete-run"} {
			check(t, "functions/"+name, []string{"gocloud.dev", "github.com/aws/aws-sdk-go-v2/service/s3"})
		}
	})
	t.Run("the dashboard knows nothing of the service but its API", func(t *testing.T) {
		check(t, "internal/dashboard", append([]string{module + "internal/api", module + "internal/local"}, io...))
		for _, name := range []string{"get-run", "create-job", "crawl", "no-route"} {
			check(t, "functions/"+name, []string{module + "internal/dashboard"})
		}
		check(t, "functions/get-dashboard", []string{module + "internal/page", module + "internal/crawl", "gocloud.dev"})
	})
	t.Run("no program holds a browser", func(t *testing.T) {
		for _, path := range []string{"cmd/inndx", "functions/get-dashboard"} {
			check(t, path, []string{module + "internal/chromium", "github.com/chromedp"})
		}
	})
	t.Run("only functions that read configurations hold their expressions", func(t *testing.T) {
		for _, name := range []string{"create-run", "get-job", "list-runs", "delete-job"} {
			check(t, "functions/"+name, []string{module + "internal/pipeline", "cel.dev/cel-go", "golang.org/x/net/html"})
		}
	})
	t.Run("only the crawl function reads secrets", func(t *testing.T) {
		for _, name := range []string{"create-job", "update-job", "create-run", "sweep", "publish-changes"} {
			check(t, "functions/"+name, []string{"github.com/aws/aws-sdk-go-v2/service/secretsmanager"})
		}
	})
	t.Run("the sweep holds no crawler", func(t *testing.T) {
		check(t, "functions/sweep", []string{
			module + "internal/crawl/", module + "internal/page", module + "internal/fetch", module + "internal/robots",
			module + "internal/pipeline", "cel.dev/cel-go", "golang.org/x/net/html",
		})
	})
}

func check(t *testing.T, path string, forbidden []string) {
	t.Helper()
	for _, dep := range deps(t, path) {
		for _, prefix := range forbidden {
			if strings.HasPrefix(dep+"/", strings.TrimSuffix(prefix, "/")+"/") {
				t.Errorf("%s depends on %s", path, dep)
			}
		}
	}
}
