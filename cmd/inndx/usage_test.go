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
		{"crawl -- --help", 2, "", "open --help"},
		{"crawl --quick a.yaml", 2, "", "not defined: -quick"},
		{"crawl", 2, "", "usage:"},
		{"crawl a b", 2, "", "usage:"},
		{"serve now", 2, "", "usage:"},
		{"dance", 2, "", `there is no command "dance"`},
	} {
		t.Run("inndx "+tc.args, func(t *testing.T) {
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, strings.Fields(tc.args)...).start()
			p.wait(tc.code)
			if !strings.Contains(p.out.String(), tc.out) || !strings.Contains(p.errs.String(), tc.errs) {
				t.Errorf("stdout %q, stderr %q", p.out.String(), p.errs.String())
			}
		})
	}
}
