package config

import (
	"fmt"
	"regexp"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of pipelines.
const (
	// MaxPipelines bounds the pipelines of a configuration.
	MaxPipelines = 20
	// MaxSteps and MaxActions bound the steps and the actions of one pipeline.
	MaxSteps   = 20
	MaxActions = 20
	// MaxPipelineIDBytes bounds the id of a pipeline.
	MaxPipelineIDBytes = 64
	// MaxExpressionBytes bounds an XPath expression, a CSS selector or a CEL expression.
	MaxExpressionBytes = 1000
	// MaxExpressions bounds the XPath expressions, CSS selectors and CEL expressions of all
	// pipelines together.
	MaxExpressions = 500
)

// A Pipeline says what a run does with each response: whether it follows links, which responses it
// picks, what it extracts from them, and what it does with that.
type Pipeline struct {
	// ID names the pipeline. It is unique in the configuration. Resolve names a pipeline without id
	// by its position: pipeline-1 for the first one.
	ID string `json:"id,omitzero"`
	// Navigator says which URLs of the pages are followed or checked: nil for none. Its params are
	// of type *Anchor or *Assets.
	Navigator *Part `json:"navigator,omitzero"`
	// Steps run in order. Their params are of type Conditions, *Extractor or *AssetResolver. At
	// most one of them is an Extractor, and at most one an AssetResolver.
	Steps []Part `json:"steps,omitzero"`
	// Actions run in order on what the last step leaves. Their params are of type *ToBlob or
	// *LogEvent. At most one of them is a ToBlob.
	Actions []Part `json:"actions,omitzero"`
}

// The parts of a pipeline.
var (
	navigators = list{name: "navigator", kinds: []kind{anchorKind, assetsKind}}
	steps      = list{name: "steps", max: MaxSteps, kinds: []kind{conditionKind, extractorKind, assetResolverKind}}
	actions    = list{name: "actions", max: MaxActions, kinds: []kind{toBlobKind, logKind}, other: []string{"label_url"}}
)

var pipelinesField = field{
	read: func(r *reader, o *strictjson.Object, c *Config) { c.Pipelines = r.pipelines(o) },
	// A configuration without pipelines stays without the member, because earlier versions must
	// read its resolved form.
	resolve: func(c *Config) {
		var resolved []Pipeline
		for i, p := range c.Pipelines {
			resolved = append(resolved, p.resolve(i))
		}
		c.Pipelines = resolved
	},
}

// Keeps reports whether a pipeline keeps artifacts.
func (c Config) Keeps() bool {
	for _, p := range c.Pipelines {
		if _, ok := Find[*ToBlob](p.Actions); ok {
			return true
		}
	}
	return false
}

// KeepsResponses reports whether a pipeline keeps responses, and not only what is extracted from
// them.
func (c Config) KeepsResponses() bool {
	for _, p := range c.Pipelines {
		blob, keeps := Find[*ToBlob](p.Actions)
		e, ok := Find[*Extractor](p.Steps)
		if ok {
			_, ok = e.Params.(*Raw)
		}
		if keeps && (ok || blob.IncludeAssets) {
			return true
		}
	}
	return false
}

func (p Pipeline) resolve(index int) Pipeline {
	if p.ID == "" {
		p.ID = pipelineID(index)
	}
	p.Steps, p.Actions = steps.resolve(p.Steps), actions.resolve(p.Actions)
	return p
}

// pipelineID returns the id of a pipeline that has none.
func pipelineID(index int) string { return fmt.Sprintf("pipeline-%d", index+1) }

func (r *reader) pipelines(o *strictjson.Object) []Pipeline {
	v, ok := o.Member("pipelines")
	if !ok {
		return nil
	}
	values, ok := v.List(MaxPipelines)
	if !ok {
		return nil
	}
	list := make([]Pipeline, len(values))
	objects := make([]*strictjson.Object, len(values))
	for i, v := range values {
		if o, ok := v.Object(); ok {
			list[i], objects[i] = r.pipeline(o), o
		}
	}
	checkPipelineIDs(list, objects)
	return list
}

func (r *reader) pipeline(o *strictjson.Object) (p Pipeline) {
	defer o.Close()
	if v, ok := o.Member("id"); ok {
		p.ID, _ = pipelineName(v)
	}
	p.Navigator = navigators.readOne(r, o)
	before := faultCount(o)
	p.Steps = steps.read(r, o)
	p.Actions = actions.read(r, o)
	if faultCount(o) == before {
		p.checkParts(o)
	}
	return p
}

var validPipelineID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func pipelineName(v strictjson.Value) (string, bool) {
	s, ok := text(v, MaxPipelineIDBytes)
	if ok && !validPipelineID.MatchString(s) {
		v.Fail(fault.Format("pipeline-id", "must begin with a letter or a digit, and have letters, digits, '.', '_' and '-' only"))
		return "", false
	}
	return s, ok
}

// checkPipelineIDs checks that the ids are unique when the pipelines without one have theirs.
func checkPipelineIDs(list []Pipeline, objects []*strictjson.Object) {
	owner := map[string]int{}
	for i, p := range list {
		if p.ID == "" {
			owner[pipelineID(i)] = i
		}
	}
	for i, p := range list {
		if p.ID == "" || objects[i] == nil {
			continue
		}
		if other, taken := owner[p.ID]; taken {
			v, _ := objects[i].Member("id")
			v.Fail(fault.Rule{Code: "duplicate", Message: fmt.Sprintf("must not be the id of pipelines[%d]", other)})
			continue
		}
		owner[p.ID] = i
	}
}

// checkParts checks the rules between the parts of a pipeline.
func (p Pipeline) checkParts(o *strictjson.Object) {
	_, extracts := Find[*Extractor](p.Steps)
	_, resolves := Find[*AssetResolver](p.Steps)
	navigates := p.Navigator != nil && p.Navigator.Kind == assetsKind.name
	blob, keeps := Find[*ToBlob](p.Actions)
	missing := func(message string) {
		v, _ := o.Member(actions.name)
		v.Fail(fault.Rule{Code: "required", Message: message})
	}
	switch {
	case keeps && blob.IncludeAssets && !resolves && !navigates:
		missing("must have no to_blob with include_assets, or the pipeline must have the navigator assets or the step " +
			"asset_resolver, which find the assets")
	case keeps && !blob.IncludeAssets && !extracts:
		missing("must have no to_blob, or the steps must have an extractor, whose content to_blob keeps, " +
			"or to_blob must have include_assets")
	}
}
