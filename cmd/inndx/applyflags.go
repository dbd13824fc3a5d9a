package main

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/manifest"
)

// setPart returns the parts with one of that kind, in place of any other of the kind.
func setPart(parts []config.Part, kind string, params any) []config.Part {
	part := config.Part{Kind: kind, Params: params}
	parts = slices.Clone(parts)
	if i := slices.IndexFunc(parts, func(p config.Part) bool { return p.Kind == kind }); i >= 0 {
		parts[i] = part
		return parts
	}
	return append(parts, part)
}

func applyLabels(f *manifestFlags, m *manifest.Manifest) error {
	labels := maps.Clone(m.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for _, label := range f.labels {
		key, value, ok := strings.Cut(label, "=")
		if !ok {
			return fmt.Errorf("%q must be KEY=VALUE", label)
		}
		labels[key] = value
	}
	m.Labels = labels
	return nil
}

func applyDelay(f *manifestFlags, m *manifest.Manifest) error {
	delay := config.Delay{Min: config.Duration(f.delay), Max: config.Duration(f.delay)}
	given, ok := config.Find[*config.RobotsTxt](m.Config.Policies)
	if !ok && m.Config.Policies != nil {
		return errors.New("the manifest has policies without robots_txt, so it has no delay")
	}
	policy := config.RobotsTxt{}
	if ok {
		policy = *given
	}
	policy.DefaultDelay = &delay
	m.Config.Policies = setPart(m.Config.Policies, "robots_txt", &policy)
	return nil
}

// applyPatterns applies --include and --exclude together, in one filter. The URL in place of a
// manifest always passes.
func applyPatterns(f *manifestFlags, m *manifest.Manifest) error {
	patterns := &config.RegexPatterns{Allow: f.include, Deny: f.exclude}
	if f.seed != "" && f.include != nil {
		patterns.Allow = append([]string{"^" + regexp.QuoteMeta(f.seed) + "$"}, f.include...)
	}
	if given, ok := config.Find[*config.RegexPatterns](m.Config.Filters); ok {
		if f.flags.Changed("include") && f.flags.Changed("exclude") && slices.Equal(given.Allow, patterns.Allow) && slices.Equal(given.Deny, patterns.Deny) {
			return nil // the other flag has set it
		}
		return errors.New("the manifest has a filter regex_patterns, which the flag could extend or replace: change the manifest")
	}
	filters := slices.Clone(m.Config.Filters)
	if filters == nil {
		filters = []config.Part{{Kind: "seed_hosts", Params: &config.SeedHosts{}}} // the default
	}
	m.Config.Filters = append(filters, config.Part{Kind: "regex_patterns", Params: patterns})
	return nil
}

func applyConcurrency(f *manifestFlags, m *manifest.Manifest) error {
	speed := config.Speed{}
	if m.Config.Speed != nil {
		speed = *m.Config.Speed
	}
	speed.Concurrency = &f.concurrency
	if speed.PerHostConcurrency == nil {
		speed.PerHostConcurrency = &f.concurrency
	}
	m.Config.Speed = &speed
	return nil
}

// keepKinds are the values of --keep that are kinds of extractors. keepAssets is the other one.
var keepKinds = map[string]any{"raw": &config.Raw{}, "markdown": &config.Markdown{}, "text": &config.Text{}}

const keepAssets = "assets"

func applyKeep(f *manifestFlags, m *manifest.Manifest) error {
	if m.Config.Pipelines != nil {
		return errors.New("the manifest has pipelines, which say what is kept: change the manifest")
	}
	for i, kind := range f.keep {
		blob := &config.ToBlob{Directory: kind, KeyStrategy: config.KeyHash, IncludeAssets: kind == keepAssets}
		p := config.Pipeline{ID: kind, Navigator: anchor(), Actions: []config.Part{{Kind: "to_blob", Params: blob}}}
		params, extracts := keepKinds[kind]
		switch {
		case slices.Contains(f.keep[:i], kind):
			return fmt.Errorf("%s is given twice", kind)
		case extracts:
			p.Steps = []config.Part{{Kind: "extractor", Params: &config.Extractor{Kind: kind, Params: params}}}
		case kind == keepAssets:
			p.Navigator = &config.Part{Kind: "assets", Params: &config.Assets{}}
		default:
			return fmt.Errorf("must be raw, markdown, text, assets or several of these, not %q", kind)
		}
		m.Config.Pipelines = append(m.Config.Pipelines, p)
	}
	if len(f.keep) == 1 && f.keep[0] == keepAssets {
		m.Config.Pipelines = append(m.Config.Pipelines, config.Pipeline{ID: "links", Navigator: anchor()})
	}
	return nil
}

// anchor returns the navigator that follows links.
func anchor() *config.Part { return &config.Part{Kind: "anchor", Params: &config.Anchor{}} }

func applyAssets(f *manifestFlags, m *manifest.Manifest) error {
	if !f.assets {
		return errors.New("it cannot be false: change the manifest")
	}
	pipelines := slices.Clone(m.Config.Pipelines)
	if pipelines == nil { // without pipelines the links are followed
		pipelines = []config.Pipeline{{ID: "links", Navigator: anchor()}}
	}
	for _, p := range pipelines {
		if p.Navigator != nil && p.Navigator.Kind == "assets" {
			return nil
		}
	}
	m.Config.Pipelines = append(pipelines, config.Pipeline{
		ID: "assets", Navigator: &config.Part{Kind: "assets", Params: &config.Assets{}},
	})
	return nil
}
