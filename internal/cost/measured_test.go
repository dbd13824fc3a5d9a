package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestMissingBenchmark(t *testing.T) {
	output, err := os.ReadFile("benchmarks.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range measurements {
		t.Run(m.name, func(t *testing.T) {
			name := strings.TrimPrefix(m.benchmark, reportOf)
			without := regexp.MustCompile(`(?m)^.*\b`+regexp.QuoteMeta(name)+`[- ].*\n`).ReplaceAll(output, nil)
			if bytes.Equal(without, output) {
				t.Fatalf("no line of %s", name)
			}
			file := filepath.Join(t.TempDir(), "output.txt")
			if err := os.WriteFile(file, without, 0o600); err != nil {
				t.Fatal(err)
			}
			err := run(&bytes.Buffer{}, root, file, "")
			if err == nil || !strings.Contains(err.Error(), m.benchmark) {
				t.Errorf("error %v does not name %s", err, m.benchmark)
			}
		})
	}
}

func TestReadBenchmarks(t *testing.T) {
	const output = `goos: linux
pkg: github.com/inndx/runs/internal/bench
BenchmarkPoliteCrawl-2      	       1	         1.2170 RCU/url	 6.5 WCU/url	 30.00 pages
BenchmarkRecord/polite/{"digests":_false}-2   2   101.5 log-B/url
BenchmarkRecord/polite/{}-2   2   133.0 log-B/url
BenchmarkRecord/polite/{}-2   2   134.0 log-B/url
PASS
    bootstrap_test.go:32: function         zip (KB) start (ms)     memory  log (B)
    bootstrap_test.go:47: stream-run-events     5361       19.7   17284 kB      559
`
	results, err := readBenchmarks([]byte(output), "output")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, metric, want string }{
		{"BenchmarkPoliteCrawl", "RCU/url", "1.217"},
		{"BenchmarkPoliteCrawl", "pages", "30"},
		{"BenchmarkRecord/polite/{}", "log-B/url", "133 134"},
		{reportOf + "stream-run-events", "log-B", "559"},
		{reportOf + "stream-run-events", "memory-MB", "17.284"},
		{reportOf + "function", "log-B", ""},
	} {
		var got []string
		for _, v := range results[test.name][test.metric] {
			got = append(got, exact(v, 0))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s of %s is %s, want %s", test.metric, test.name, got, test.want)
		}
	}
	if _, err := readBenchmarks([]byte("BenchmarkPoliteCrawl-2 1 x RCU/url\n"), "output"); err == nil {
		t.Error("a damaged line is read")
	}
}
