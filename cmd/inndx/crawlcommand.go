package main

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inndx/runs/internal/control"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/report"
)

const crawlName = "crawl"

const crawlLong = `Run one crawl, and report it. FILE is a manifest in YAML or JSON, which describes the crawl, or - for
standard input. URL is an http or https URL, whose site is crawled.

At the end it reports the run. With --format, the report is on standard output. Without it, a
terminal shows the text report; if standard output is a file or a pipe, that gets the finished run
as JSON, and standard error the text report. Progress is always on standard error.`

// The values of the flags of the report.
const (
	reportBroken = "broken"
	reportAll    = "all"
)

// reportFlags are the flags of the report.
type reportFlags struct {
	list      string // reportBroken or reportAll; empty depends on the format
	format    string // empty depends on standard output
	failOn    string // reportBroken, or empty
	referrers int    // 0: all
	output    string // the folder for the files; empty for none
	overwrite bool   // whether files of an earlier run in that folder are replaced
}

func (f *reportFlags) set() *pflag.FlagSet {
	set := pflag.NewFlagSet("report", pflag.ContinueOnError)
	set.StringVar(&f.format, "format", "", "write the report to standard output, as `FORMAT` text, json, csv or junit")
	set.StringVar(&f.list, "report", "", "list `URLS`: broken or all (text: broken, other formats: all)")
	set.IntVar(&f.referrers, "referrers", 5, "list up to `N` pages that link to a broken URL; 0 lists all")
	set.StringVar(&f.failOn, "fail-on", "", "`URLS`: broken exits with code 4 if a URL is broken")
	set.StringVar(&f.output, "output", "", "write the log, the archive and what was extracted as files into the folder `DIR`")
	set.BoolVar(&f.overwrite, "overwrite", false, "replace the files that an earlier run wrote into the folder of --output")
	return set
}

// check returns an error if a value is wrong.
func (f *reportFlags) check() error {
	switch {
	case f.format != "" && !slices.Contains(report.Formats(), report.Format(f.format)):
		return exit.Usagef("--format must be text, json, csv or junit, not %q", f.format)
	case f.list != "" && f.list != reportBroken && f.list != reportAll:
		return exit.Usagef("--report must be broken or all, not %q", f.list)
	case f.failOn != "" && f.failOn != reportBroken:
		return exit.Usagef("--fail-on must be broken, not %q", f.failOn)
	case f.referrers < 0:
		return exit.Usagef("--referrers must be at least 0")
	case f.overwrite && f.output == "":
		return exit.Usagef("--overwrite needs --output")
	}
	return nil
}

// options returns the options of a report in a format.
func (f *reportFlags) options(format report.Format) report.Options {
	all := f.list == reportAll || f.list == "" && format != report.Text
	return report.Options{All: all, MaxReferrers: f.referrers}
}

func newCrawlCommand() *cobra.Command {
	var reporting reportFlags
	var describing manifestFlags
	cmd := &cobra.Command{
		Use:        crawlName + " FILE|URL",
		Aliases:    []string{"run"},
		SuggestFor: []string{"start", "fetch", "scrape", "spider"},
		Short:      "Run one crawl, without a service, and report it",
		Long:       crawlLong,
		Example: `  inndx crawl https://example.com/ --depth 2
  inndx run crawl.yaml --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, operands []string) error {
			if err := reporting.check(); err != nil {
				return err
			}
			return crawlOperand(cmd.Context(), operands[0], &describing, &reporting)
		},
	}
	for _, group := range []struct {
		title string
		set   *pflag.FlagSet
	}{
		{"crawl (the flags change what a manifest says)", describing.set()},
		{"report", reporting.set()},
	} {
		group.set.SortFlags = false
		group.set.VisitAll(func(f *pflag.Flag) { control.Group(f, group.title) })
		cmd.Flags().AddFlagSet(group.set)
	}
	return cmd
}
