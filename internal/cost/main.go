// Command cost computes what the service costs on AWS: it prints the tables of docs/cost.md.
//
// It reads four files: the prices of AWS, the output of benchmarks, what it assumes about a month,
// and the template, which has the number of alarms and the memory of functions. Each line of a
// table is a sum of prices times measured or assumed quantities (lines.go), and is printed as such.
// All arithmetic is exact. Only what is printed is rounded, so a column may differ from its total
// by some cents.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	benchmarks := flag.String("benchmarks", "", "the output of benchmarks, in place of internal/cost/benchmarks.txt")
	docs := flag.String("docs", "", "a Markdown file whose tables and numbers are replaced, in place of printing them")
	flag.Parse()
	if err := run(os.Stdout, ".", *benchmarks, *docs); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

// run prints the tables, or writes them into the file docs. The inputs are in the folder root of the
// repository.
func run(w io.Writer, root, benchmarks, docs string) error {
	in, err := readInputs(root, benchmarks)
	if err != nil {
		return err
	}
	tables, numbers, err := makeTables(in)
	if err != nil {
		return err
	}
	if docs == "" {
		for _, t := range tables {
			fmt.Fprintf(w, "%s\n\n%s\n", t.title, t.text)
		}
		return nil
	}
	text, err := os.ReadFile(docs)
	if err != nil {
		return err
	}
	updated, err := update(string(text), tables, numbers)
	if err != nil {
		return fmt.Errorf("%s: %w", docs, err)
	}
	return os.WriteFile(docs, []byte(updated), 0o644)
}

// inputs are what the tables are computed of.
type inputs struct {
	prices      prices
	quantities  quantities // measured, assumed, and of the template
	assumptions []assumption
	hosted      []hostedCrawler
}

// readInputs reads the files of the repository at root. An empty name of the benchmarks' output
// stands for the committed one.
func readInputs(root, benchmarks string) (*inputs, error) {
	dir := filepath.Join(root, "internal", "cost")
	if benchmarks == "" {
		benchmarks = filepath.Join(dir, "benchmarks.txt")
	}
	in := &inputs{quantities: quantities{}}
	var err error
	if in.prices, err = readPrices(filepath.Join(dir, "prices.json")); err != nil {
		return nil, err
	}
	if in.assumptions, err = readAssumptions(filepath.Join(dir, "assumptions.json")); err != nil {
		return nil, err
	}
	if in.hosted, err = readHosted(filepath.Join(dir, "hosted.json")); err != nil {
		return nil, err
	}
	for _, a := range in.assumptions {
		in.quantities[a.Name] = quantity{a.Value.Rat, a.Unit}
	}
	if err := addMeasured(in.quantities, benchmarks); err != nil {
		return nil, err
	}
	return in, addTemplate(in.quantities, filepath.Join(root, "template.yaml"))
}
