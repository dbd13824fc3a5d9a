package main

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// A measurement is a quantity that a benchmark reports.
type measurement struct {
	name      string
	unit      string // of the quantity
	benchmark string // without the number of processors
	metric    string // the unit that the benchmark reports it in
	text      string // for docs/cost.md; empty if the quantity is only part of another one
}

// Lines of the report of functions are read as those of benchmarks with this name.
const reportOf = "TestBootstraps/"

var measurements = []measurement{
	{"crawl-writes", "write units a page", "BenchmarkPoliteCrawl", "WCU/url", "write units a page, one host, a page a second, with the start and the end of the run"},
	{"crawl-reads", "read units a page", "BenchmarkPoliteCrawl", "RCU/url", "read units a page, the same"},
	{"crawl-pages", "pages", "BenchmarkPoliteCrawl", "pages", "pages of that run"},
	{"fast-writes", "write units a page", "BenchmarkCrawl", "WCU/url", "write units a page, as fast as possible"},
	{"log-bytes", "bytes a page", "BenchmarkRecord/polite/{}", "log-B/url", "log bytes a page, polite"},
	{"fast-log-bytes", "bytes a page", "BenchmarkRecord/fast/{}", "log-B/url", "log bytes a page, fast"},
	{"create-writes", "write units a run", "BenchmarkWriteUnits/create", "WCU", "write units of a run with one label that is created"},
	{"start-writes", "write units a run", "BenchmarkWriteUnits/start", "WCU", "that is started"},
	{"stop-writes", "write units a run", "BenchmarkWriteUnits/stop", "WCU", "that is stopped; finishing takes as many"},
	{"start-reads", "read units a run", "BenchmarkWriteUnits/start", "RCU", ""},
	{"stop-reads", "read units a run", "BenchmarkWriteUnits/stop", "RCU", ""},
	{"call-reads", "read units a call", "BenchmarkPageOf100000RunsOver1000", "RCU", "read units of a page of 20 runs"},
	{"first-page-reads", "read units", "BenchmarkPageOf10000000Runs/first", "RCU", ""},
	{"middle-page-reads", "read units", "BenchmarkPageOf10000000Runs/middle", "RCU", ""},
	{"last-page-reads", "read units", "BenchmarkPageOf10000000Runs/last", "RCU", ""},
	{"empty-page-reads", "read units", "BenchmarkPageOf10000000Runs/no_matches", "RCU", ""},
	{"call-log-bytes", "bytes", reportOf + "list-runs", "log-B", "bytes that a function of the API logs for a call"},
	{"call-used", "MB", reportOf + "list-runs", "memory-MB", "memory of that function, in MB"},
	{"crawl-log-bytes", "bytes", reportOf + "crawl", "log-B", "bytes that the crawl function logs for a wake-up"},
	{"sweep-log-bytes", "bytes", reportOf + "sweep", "log-B", "bytes that the sweep logs"},
}

// addMeasured adds what the output of benchmarks has. A measurement that it lacks is an error.
func addMeasured(q quantities, file string) error {
	output, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	results, err := readBenchmarks(output, file)
	if err != nil {
		return err
	}
	for _, m := range measurements {
		values := results[m.benchmark][m.metric]
		if len(values) == 0 {
			return fmt.Errorf("%s has no %s of %s: make cost-benchmarks measures it", file, m.metric, m.benchmark)
		}
		sum := new(big.Rat)
		for _, v := range values {
			sum.Add(sum, v)
		}
		q[m.name] = quantity{sum.Quo(sum, big.NewRat(int64(len(values)), 1)), m.unit}
	}
	return nil
}

// functionLine is a line of the report of functions: the name, the memory in kB, and the bytes
// logged.
var functionLine = regexp.MustCompile(`(?m)^\s+bootstrap_test\.go:\d+: ([a-z-]+) .*?(\d+) kB +(\d+)$`)

// readBenchmarks returns the values of each metric of each benchmark.
func readBenchmarks(output []byte, file string) (map[string]map[string][]*big.Rat, error) {
	results := map[string]map[string][]*big.Rat{}
	add := func(name, metric string, value *big.Rat) {
		if results[name] == nil {
			results[name] = map[string][]*big.Rat{}
		}
		results[name][metric] = append(results[name][metric], value)
	}
	for _, m := range functionLine.FindAllSubmatch(output, -1) {
		name := reportOf + string(m[1])
		memory, _ := new(big.Rat).SetString(string(m[2]) + "e-3")
		log, _ := new(big.Rat).SetString(string(m[3]))
		add(name, "memory-MB", memory)
		add(name, "log-B", log)
	}
	for r := benchfmt.NewReader(bytes.NewReader(output), file); r.Scan(); {
		switch record := r.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, record
		case *benchfmt.Result:
			name, parts := record.Name.Parts()
			full := "Benchmark" + string(name)
			for _, part := range parts {
				if !strings.HasPrefix(string(part), "-") { // not the number of processors
					full += string(part)
				}
			}
			for _, v := range record.Values {
				// The shortest decimal of the number is the one in the output.
				value, ok := new(big.Rat).SetString(strconv.FormatFloat(v.Value, 'g', -1, 64))
				if !ok {
					return nil, fmt.Errorf("%s: %s is %v %s", file, full, v.Value, v.Unit)
				}
				add(full, v.Unit, value)
			}
		}
	}
	return results, nil
}
