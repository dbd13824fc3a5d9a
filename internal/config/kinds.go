package config

import (
	"slices"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// MaxParts bounds how many parts one list has.
const MaxParts = 100

// The lists of parts, each with its kinds. Errors list the kinds in this order.
var (
	seeds = list{
		name:  "seeds",
		parts: func(c *Config) *[]Part { return &c.Seeds },
		kinds: []kind{staticListKind, sitemapKind},
	}
	// Any one of the stopping criteria ends the run.
	stoppingCriteria = list{
		name:   "stopping_criteria",
		parts:  func(c *Config) *[]Part { return &c.StoppingCriteria },
		kinds:  []kind{maxURLsKind, maxDepthKind, maxAgeKind, maxEmptyEvaluationsKind},
		always: []Part{defaultMaxEmptyEvaluations},
	}
	startingCriteria = list{
		name:  "starting_criteria",
		parts: func(c *Config) *[]Part { return &c.StartingCriteria },
		kinds: []kind{exclusiveKind},
	}
	// A URL must pass all filters.
	filters = list{
		name:     "filters",
		parts:    func(c *Config) *[]Part { return &c.Filters },
		kinds:    []kind{seedHostsKind, regexPatternsKind, urlPatternsKind, budgetKind},
		defaults: []Part{defaultSeedHosts},
	}
	policies = list{
		name:     "policies",
		parts:    func(c *Config) *[]Part { return &c.Policies },
		kinds:    []kind{robotsTxtKind},
		defaults: []Part{defaultRobotsTxt},
	}
)

// A kind is a type of seed, criterion, filter or policy.
type kind struct {
	name string
	// once means that a list may have only one part of the kind. A second one could only repeat or
	// contradict the first.
	once bool
	// read returns a part's params, as a pointer to their type. Params that have defaults implement
	// resolver.
	read func(r *reader, params *strictjson.Object) any
}

// A resolver is implemented by params that have defaults.
type resolver interface {
	// resolve returns a copy with every default filled in.
	resolve() any
}

// A list is a member of a configuration that lists parts.
type list struct {
	name     string
	parts    func(*Config) *[]Part
	kinds    []kind
	defaults []Part // the parts of a list that is not given
	always   []Part // parts that are added unless the list has a part of their kind
}

func (l list) field() field {
	return field{
		read: func(r *reader, o *strictjson.Object, c *Config) {
			*l.parts(c) = l.read(r, o)
		},
		resolve: func(c *Config) {
			parts := l.parts(c)
			*parts = l.resolve(*parts)
		},
	}
}

// resolve returns a copy of the parts, not nil, with every default filled in.
func (l list) resolve(parts []Part) []Part {
	if parts == nil {
		parts = l.defaults
	}
	resolved := make([]Part, len(parts), len(parts)+len(l.always))
	for i, p := range parts {
		if params, ok := p.Params.(resolver); ok {
			p.Params = params.resolve()
		}
		resolved[i] = p
	}
	for _, p := range l.always {
		if !slices.ContainsFunc(parts, func(q Part) bool { return q.Kind == p.Kind }) {
			resolved = append(resolved, p)
		}
	}
	return resolved
}

// read returns the parts that the object lists, nil if it has no such list.
func (l list) read(r *reader, o *strictjson.Object) []Part {
	v, ok := o.Member(l.name)
	if !ok {
		return nil
	}
	values, ok := v.List(MaxParts)
	if !ok {
		return nil
	}
	parts := make([]Part, 0, len(values))
	seen := map[string]bool{}
	for _, v := range values {
		k, params, ok := l.readPart(r, v)
		if !ok {
			continue
		}
		if k.once && seen[k.name] {
			v.Fail(fault.Rule{Code: "duplicate", Message: "must be the only " + k.name + " of the list"})
		}
		seen[k.name] = true
		parts = append(parts, Part{Kind: k.name, Params: params})
	}
	return parts
}

// readPart returns the kind and the params of a part.
func (l list) readPart(r *reader, v strictjson.Value) (k kind, params any, ok bool) {
	o, ok := v.Object()
	if !ok {
		return k, nil, false
	}
	defer o.Close()
	nameValue, hasName := o.Required("kind")
	paramsValue, hasParams := o.Member("params")
	if !hasName {
		return k, nil, false
	}
	name, ok := nameValue.String()
	if !ok {
		return k, nil, false
	}
	i := slices.IndexFunc(l.kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		nameValue.Fail(fault.Unknown(l.kindNames()...))
		return k, nil, false
	}
	object := o.Empty("params")
	if hasParams {
		if object, ok = paramsValue.Object(); !ok {
			return k, nil, false
		}
	}
	params = l.kinds[i].read(r, object)
	object.Close()
	return l.kinds[i], params, true
}

func (l list) kindNames() []string {
	names := make([]string, len(l.kinds))
	for i, k := range l.kinds {
		names[i] = k.name
	}
	return names
}
