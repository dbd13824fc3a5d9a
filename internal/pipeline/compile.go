package pipeline

import (
	"fmt"
	"log/slog"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/pattern"
)

// Check compiles resolved pipelines and adds what is wrong with their expressions to faults. Paths
// begin with path, such as "config.pipelines". Package config has checked everything else.
func Check(pipelines []config.Pipeline, path string, faults *fault.Fields) {
	_, found := compile(pipelines, path)
	for _, f := range found {
		for _, rule := range f.Errors {
			faults.Add(f.Field, rule)
		}
	}
}

// CheckConfig checks the pipelines of a configuration that package config accepted. path is that of
// the configuration.
func CheckConfig(c config.Config, path string, faults *fault.Fields) {
	if len(c.Pipelines) > 0 {
		Check(c.Resolve().Pipelines, path+".pipelines", faults)
	}
}

func compile(pipelines []config.Pipeline, path string) (*Set, fault.Fields) {
	s := &Set{follows: len(pipelines) == 0}
	var faults fault.Fields
	for i, p := range pipelines {
		c := compiler{path: fmt.Sprintf("%s[%d]", path, i), faults: &faults}
		pl := c.pipeline(p)
		if _, ok := navigates[config.Anchor](p); ok {
			s.follows = true
		}
		if _, ok := navigates[config.Assets](p); ok {
			s.assets = true
		}
		s.keeps = s.keeps || pl.blob != nil
		s.pipelines = append(s.pipelines, pl)
	}
	return s, faults
}

// navigates returns the params of a pipeline's navigator, and whether they are of type P.
func navigates[P any](p config.Pipeline) (*P, bool) {
	if p.Navigator == nil {
		return nil, false
	}
	params, ok := p.Navigator.Params.(*P)
	return params, ok
}

// A compiler compiles a part of a pipeline.
type compiler struct {
	path   string // of the part
	faults *fault.Fields
}

// at returns a compiler for a member of the part.
func (c compiler) at(format string, args ...any) compiler {
	c.path += fmt.Sprintf(format, args...)
	return c
}

// fail reports that the part is not what it should be.
func (c compiler) fail(format, what string, problem error) {
	c.faults.Add(c.path, fault.Format(format, fmt.Sprintf("is not %s: %v", what, problem)))
}

// unknown reports a part that this version does not know.
func (c compiler) unknown() { c.faults.Add(c.path, fault.Unknown()) }

func (c compiler) pipeline(p config.Pipeline) pipeline {
	pl := pipeline{id: p.ID}
	for i, step := range p.Steps {
		c := c.at(".steps[%d]", i)
		switch params := step.Params.(type) {
		case config.Conditions:
			for i, part := range params {
				pl.conditions = append(pl.conditions, c.at(".params[%d]", i).condition(part))
			}
		case *config.Extractor:
			pl.extract = c.at(".params").extractor(params)
		case *config.AssetResolver:
			pl.assets = c.at(".params").assetResolver(params)
		default:
			c.unknown()
		}
	}
	for i, action := range p.Actions {
		switch params := action.Params.(type) {
		case *config.ToBlob:
			pl.blob = params
		case *config.LogEvent:
			var level slog.Level
			if err := level.UnmarshalText([]byte(params.Level)); err != nil {
				c.at(".actions[%d].params.level", i).unknown()
			}
			pl.events = append(pl.events, Event{PipelineID: p.ID, Level: level, Event: params.Event})
		default:
			c.at(".actions[%d]", i).unknown()
		}
	}
	pl.keepAssets(p)
	return pl
}

// keepAssets sets what the pipeline keeps of its assets.
func (pl *pipeline) keepAssets(p config.Pipeline) {
	if pl.blob != nil && pl.blob.IncludeAssets {
		if pl.assets == nil {
			pl.assets = &assetResolver{}
		}
		_, pl.navigates = navigates[config.Assets](p)
		rules := &pl.assets.rules
		rules.Keep, rules.Directory, rules.KeyStrategy = true, pl.blob.Directory, pl.blob.KeyStrategy
	}
	if pl.assets != nil {
		pl.assets.rules.PipelineID = p.ID
	}
}

func (c compiler) condition(part config.Part) condition {
	switch params := part.Params.(type) {
	case *config.RegexPatterns:
		list, err := pattern.Regex(params)
		if err != nil {
			c.at(".params").fail("re2", "a list of RE2 expressions", err)
		}
		return matches(list)
	case *config.URLPatterns:
		return matches(pattern.URL(params))
	case *config.Expression:
		return c.at(".params.expression").expression(params.Expression)
	}
	c.unknown()
	return nil
}

// matches returns the condition that the URL passes a list of patterns.
func matches(list pattern.List) condition {
	return func(ev *evaluation) (bool, error) {
		return list.Passes(ev.page.URL, func(units int64) bool { ev.spend(1 + units/stepsPerUnit); return true }), nil
	}
}

func (c compiler) extractor(e *config.Extractor) extractor {
	switch params := e.Params.(type) {
	case *config.Raw:
		return raw
	case *config.Markdown:
		return c.markdown(params)
	case *config.DataMap:
		return c.dataMap(params)
	case *config.Text:
		return mainText
	}
	c.unknown()
	return nil
}
