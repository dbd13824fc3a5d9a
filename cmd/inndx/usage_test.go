package main_test

import (
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args string
		code int
		out  string
		errs string
	}{
		{"", 2, "", "usage:"},
		{"help", 0, "usage:", ""},
		{"--help", 0, "usage:", ""},
		{"version", 0, "inndx 0.1.0", ""},
		{"--version", 0, "inndx 0.1.0", ""},
		{"-h", 0, "usage:", ""},
		{"serve --help", 0, "usage:", ""},
		{"serve --version", 0, "inndx 0.1.0", ""},
		{"crawl -h", 0, "usage:", ""},
		{"crawl --version", 0, "inndx 0.1.0", ""},
		{"version --help", 0, "usage:", ""},
		{"help --version", 0, "inndx 0.1.0", ""},
		{"crawl a.yaml --help", 0, "usage:", ""},
		{"crawl a.yaml --version", 0, "inndx 0.1.0", ""},
		{"crawl -- --help", 2, "", `there is no file "--help"`},
		{"crawl --quick a.yaml", 2, "", "there is no flag --quick\n"},
		{"crawl a.yaml -q", 2, "", "there is no flag -q\n"},
		{"crawl a.yaml --max 3", 2, "", "there is no flag --max: did you mean --max-urls?"},
		{"crawl a.yaml --print-manifest=maybe", 2, "", `--print-manifest must be true or false, not "maybe"`},
		{"crawl", 2, "", "inndx: crawl needs FILE|URL\nusage:"},
		{"crawl a b", 2, "", `inndx: crawl does not take the operand "b"` + "\nusage:"},
		{"serve now", 2, "", `inndx: serve does not take the operand "now"` + "\nusage:"},
		{"jobs get", 2, "", "inndx: jobs get needs JOB\nusage:"},
		{"jobs list --limit x", 2, "", `--limit must be a whole number, not "x"`},
		{"top --interval x", 2, "", `--interval must be a duration such as 2s, not "x"`},
		{"jobs list docs", 2, "", `inndx: jobs list does not take the operand "docs"`},
		{"runs metrics x --hosts a", 2, "", "there is no flag --hosts: did you mean --host?"},
		{"runs stop", 2, "", "inndx: runs stop needs RUN"},
		{"dance", 2, "", `there is no command "dance"`},
		{"-help", 0, "usage:", ""},
		{"crawl a.yaml -version", 0, "inndx 0.1.0", ""},
		{"run", 2, "", "usage: inndx crawl FILE|URL"},
		{"run --help", 0, "--print-manifest", ""},
		{"run missing.yaml", 2, "", "open missing.yaml: no such file"},
		{"dev --help", 0, "dev is another name", ""},
		{"start", 2, "", `there is no command "start": did you mean inndx crawl?`},
		{"help crwal", 2, "", `there is no command "crwal": did you mean inndx crawl?`},
		{"https://me:secret@example.com/", 2, "", `there is no command "https://***@example.com/": did you mean inndx crawl URL?`},
		{"help crawl", 0, "--fail-on", ""},
		{"help dance", 2, "", `there is no command "dance"`},
		{"crawl --help", 0, "--print-manifest", ""},
		{"export --help", 0, "--format", ""},
		{"export", 2, "", "usage:"},
		{"export x --format csv", 2, "", `"x" is not the id of a run`},
		{"export 0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071 --format pdf", 2, "", `--format must be ndjson, csv, warc or wacz, not "pdf"`},
		{"crawl a.yaml --format yaml", 2, "", `--format must be text, json, csv or junit, not "yaml"`},
		{"crawl a.yaml --report some", 2, "", `--report must be broken or all, not "some"`},
		{"crawl a.yaml --fail-on all", 2, "", `--fail-on must be broken, not "all"`},
		{"crawl a.yaml --referrers -1", 2, "", "--referrers must be at least 0"},
		{"crawl a.yaml --depth", 2, "", "flag needs an argument: --depth"},
		{"crawl a.yaml --depth x", 2, "", `"x"`},
		{"crawl example.com", 2, "", `there is no file "example.com", and the URL of a site begins with http:// or https://`},
		{"crawl 127.0.0.1:9101", 2, "", `there is no file "127.0.0.1:9101", and the URL of a site begins with http:// or https://`},
		{"crawl ftp://me:secret@example.com/", 2, "", `there is no file "ftp://***@example.com/", and the URL`},
		{"crawl me:secret@example.com/a.json", 2, "", "open ***@example.com/a.json: no such file"},
		{"crawl a.yaml --overwrite", 2, "", "--overwrite needs --output"},
		{"crawl missing.yaml", 2, "", "open missing.yaml: no such file"},
		{"crawl a.yaml --output=", 2, "", "--output must not be empty"},
		{"crawl a.yaml --keep=", 2, "", "--keep must not be empty"},
		{"crawl a.yaml --fail-on=", 2, "", "--fail-on must not be empty"},
		{"export 0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071 --format csv --output=", 2, "", "--output must not be empty"},
		{"crawl http://[::1", 2, "", "http://[::1: the URL's host is not valid"},
		{"crawl https://me:secret@example.com/ --print-manifest", 2, "", "https://***@example.com/: the URL contains credentials: fetcher.basic_auth"},
		{"crawl http://me:secret/@example.com/", 2, "", "http://***@example.com/: the URL's"},
	} {
		t.Run("inndx "+tc.args, func(t *testing.T) {
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, strings.Fields(tc.args)...).start()
			p.wait(tc.code)
			if !strings.Contains(p.out.String(), tc.out) || !strings.Contains(p.errs.String(), tc.errs) {
				t.Errorf("stdout %q, stderr %q", p.out.String(), p.errs.String())
			}
			if strings.Contains(p.errs.String(), "secret") {
				t.Errorf("the password is in %q", p.errs.String())
			}
		})
	}
}
