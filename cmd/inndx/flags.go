package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/weburl"
)

// manifestFlags are the flags that describe a crawl.
type manifestFlags struct {
	flags *pflag.FlagSet

	name          string
	labels        []string
	depth         int
	maxURLs       int64
	delay         time.Duration
	include       []string
	exclude       []string
	concurrency   int
	timeout       time.Duration
	userAgent     string
	keep          []string
	assets        bool
	external      string
	printManifest bool

	seed string // the URL in place of a manifest, or empty
}

func (f *manifestFlags) set() *pflag.FlagSet {
	set := pflag.NewFlagSet(crawlName, pflag.ContinueOnError)
	set.IntVar(&f.depth, "depth", 0, "follow links up to `N` links from a seed")
	set.Int64Var(&f.maxURLs, "max-urls", 0, "end when `N` URLs were fetched or failed")
	set.DurationVar(&f.delay, "delay", 0, "wait `TIME` between two fetches from a host whose robots.txt names no delay (1s)")
	set.StringArrayVar(&f.include, "include", nil, "crawl only URLs in which the `RE2` expression matches; may be repeated")
	set.StringArrayVar(&f.exclude, "exclude", nil, "never request a URL in which the `RE2` expression matches, not even to check it; may be repeated")
	set.IntVar(&f.concurrency, "concurrency", 0, "have up to `N` fetches in flight, also from one host")
	set.DurationVar(&f.timeout, "timeout", 0, "bound each fetch by `TIME` (30s)")
	set.StringVar(&f.userAgent, "user-agent", "", "identify as `NAME`")
	set.StringSliceVar(&f.keep, "keep", nil, "keep pages in `FORMS`: raw, markdown, text, or what they need to be shown (assets), or several with commas")
	set.BoolVar(&f.assets, "assets", false, "check images, stylesheets, scripts and other parts of pages too")
	set.StringVar(&f.external, "external", "", "`check` the links to URLs that are not crawled, or ignore them (ignore)")
	set.StringVar(&f.name, "name", "", "`NAME` of the job (of a URL: its host)")
	set.StringArrayVar(&f.labels, "label", nil, "label the job and the run with `KEY=VALUE`; may be repeated")
	set.BoolVar(&f.printManifest, "print-manifest", false, "print the manifest that the flags mean, and crawl nothing")
	f.flags = set
	return set
}

// A setting is a flag that changes a manifest.
type setting struct {
	flag string
	// field matches the paths of the fields that the flag sets.
	field string
	// apply changes the manifest. The error says why the flag could mean several things for it.
	apply func(f *manifestFlags, m *manifest.Manifest) error
}

var settingFlags = []setting{
	{"name", `^name$`, func(f *manifestFlags, m *manifest.Manifest) error {
		m.Name = f.name
		return nil
	}},
	{"label", `^labels`, applyLabels},
	{"depth", `max_depth$`, func(f *manifestFlags, m *manifest.Manifest) error {
		m.Config.StoppingCriteria = setPart(m.Config.StoppingCriteria, "max_depth", &config.MaxDepth{MaxDepth: f.depth})
		return nil
	}},
	{"max-urls", `max_urls$`, func(f *manifestFlags, m *manifest.Manifest) error {
		m.Config.StoppingCriteria = setPart(m.Config.StoppingCriteria, "max_urls", &config.MaxURLs{MaxURLs: f.maxURLs})
		return nil
	}},
	{"delay", `default_delay$`, applyDelay},
	{"include", `\.allow\b`, applyPatterns},
	{"exclude", `\.deny\b`, applyPatterns},
	{"concurrency", `^config\.speed`, applyConcurrency},
	{"timeout", `fetcher\.timeout$`, func(f *manifestFlags, m *manifest.Manifest) error {
		fetcher := config.Fetcher{}
		if m.Config.Fetcher != nil {
			fetcher = *m.Config.Fetcher
		}
		timeout := config.Duration(f.timeout)
		fetcher.Timeout = &timeout
		m.Config.Fetcher = &fetcher
		return nil
	}},
	{"user-agent", `user_agent$`, func(f *manifestFlags, m *manifest.Manifest) error {
		m.Config.UserAgent = &f.userAgent
		return nil
	}},
	{"keep", `^config\.pipelines`, applyKeep},
	{"assets", `^config\.pipelines`, applyAssets},
	{"external", `external$`, func(f *manifestFlags, m *manifest.Manifest) error {
		m.Config.External = &f.external
		return nil
	}},
}

// manifest returns the manifest of the operand, a URL or the name of a file, with the flags
// applied.
func (f *manifestFlags) manifest(operand string) (manifest.Manifest, error) {
	var m manifest.Manifest
	var err error
	if u, ok, wrong := webURL(operand); wrong != nil {
		return m, wrong
	} else if ok {
		f.seed = u.String()
		m.Name = u.Host()
		m.Config.Seeds = []config.Part{{Kind: "static_list", Params: &config.StaticList{URLs: []string{f.seed}}}}
	} else if m, err = readManifest(operand); err != nil {
		return m, err
	}
	return f.apply(m)
}

// webURL returns the operand as a URL if it begins like one of the schemes http and https. The
// error says what is wrong with such a URL.
func webURL(operand string) (u weburl.URL, ok bool, err error) {
	lower := strings.ToLower(operand)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		return u, false, nil
	}
	switch u, err = weburl.Parse(operand); {
	case err == nil:
		return u, true, nil
	case errors.Is(err, weburl.ErrCredentials):
		err = fmt.Errorf("%w: fetcher.basic_auth of a manifest sends them to the hosts that it names", err)
	}
	return u, false, exit.Usagef("%s: %v", withoutCredentials(operand), err)
}

// withoutCredentials returns what an operand that may be a URL is shown as: all that may be its
// user and password is replaced. A password may have any character, so it ends at the last @.
func withoutCredentials(operand string) string {
	end := strings.LastIndexByte(operand, '@')
	if end < 0 || !strings.Contains(operand[:end], ":") {
		return operand
	}
	start := strings.Index(operand[:end], "//")
	if start < 0 {
		return config.Mask + operand[end:]
	}
	return operand[:start+len("//")] + config.Mask + operand[end:]
}

// apply applies the flags to a manifest, and checks the result by the rules of manifests.
func (f *manifestFlags) apply(m manifest.Manifest) (manifest.Manifest, error) {
	var problems []string
	changed := false
	for _, s := range settingFlags {
		if !f.flags.Changed(s.flag) {
			continue
		}
		changed = true
		if err := s.apply(f, &m); err != nil {
			problems = append(problems, fmt.Sprintf("--%s: %v", s.flag, err))
		}
	}
	switch {
	case problems != nil:
		return m, &exit.UsageError{Lines: problems}
	case !changed:
		return m, nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return m, err
	}
	checked, err := manifest.Parse("flags", text, pipeline.CheckConfig)
	var wrong *manifest.Error
	if errors.As(err, &wrong) {
		return m, &exit.UsageError{Lines: f.problems(wrong)}
	}
	return checked, err
}

// problems returns the lines of an error, with the names of flags in place of those of fields.
func (f *manifestFlags) problems(wrong *manifest.Error) (lines []string) {
	for _, field := range wrong.Err.Fields {
		name := field.Field
		for _, s := range settingFlags {
			if f.flags.Changed(s.flag) && regexp.MustCompile(s.field).MatchString(field.Field) {
				name = "--" + s.flag
				break
			}
		}
		for _, rule := range field.Errors {
			if line := name + " " + rule.Message; !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	if lines == nil {
		lines = wrong.Lines
	}
	return lines
}
