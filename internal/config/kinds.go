package config

import (
	"cmp"
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
		other: []string{"host_labels"},
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
		other:    []string{"recrawl"},
		defaults: []Part{defaultRobotsTxt},
	}
)

// A kind is a type of seed, criterion, filter, policy, step or action.
type kind struct {
	name string
	// once means that a list may have only one part of the kind. A second one could only repeat or
	// contradict the first.
	once bool
	// read returns a part's params, as a pointer to their type. Params that have defaults implement
	// resolver.
	read func(r *reader, params *strictjson.Object) any
	// readValue is set instead of read if the params must be given and are not an object with
	// members, but a list or another part.
	readValue func(r *reader, params strictjson.Value) any
}

// A resolver is implemented by params that have defaults.
type resolver interface {
	// resolve returns a copy with every default filled in.
	resolve() any
}

// A list is a member that lists parts, or is one part.
type list struct {
	name     string
	min, max int // of parts; a max of 0 means MaxParts
	parts    func(*Config) *[]Part
	kinds    []kind
	other    []string // kinds of other inndx services that are not supported
	defaults []Part   // the parts of a list that is not given
	always   []Part   // parts that are added unless the list has a part of their kind
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
		resolved[i] = p.resolve()
	}
	for _, p := range l.always {
		if !slices.ContainsFunc(parts, func(q Part) bool { return q.Kind == p.Kind }) {
			resolved = append(resolved, p)
		}
	}
	return resolved
}

// resolve returns a copy of the part with every default of its params filled in.
func (p Part) resolve() Part {
	if params, ok := p.Params.(resolver); ok {
		p.Params = params.resolve()
	}
	return p
}

// read returns the parts that the object lists, nil if it has no such list.
func (l list) read(r *reader, o *strictjson.Object) []Part {
	v, ok := o.Member(l.name)
	if !ok {
		return nil
	}
	return l.readValue(r, v)
}

// readValue returns the parts of the list v.
func (l list) readValue(r *reader, v strictjson.Value) []Part {
	values, ok := v.List(cmp.Or(l.max, MaxParts))
	if !ok {
		return nil
	}
	if len(values) < l.min {
		v.Fail(fault.Empty())
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

// readOne returns the member of the list's name, which is one part, or nil if it is not given.
func (l list) readOne(r *reader, o *strictjson.Object) *Part {
	v, ok := o.Member(l.name)
	if !ok {
		return nil
	}
	k, params, ok := l.readPart(r, v)
	if !ok {
		return nil
	}
	return &Part{Kind: k.name, Params: params}
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
		nameValue.Fail(l.unknown(name))
		return k, nil, false
	}
	params, ok = l.kinds[i].readParams(r, o, paramsValue, hasParams)
	return l.kinds[i], params, ok
}

// readParams returns the params v of a part of the kind.
func (k kind) readParams(r *reader, part *strictjson.Object, v strictjson.Value, given bool) (params any, ok bool) {
	if k.readValue != nil {
		if !given {
			part.Required("params")
			return nil, false
		}
		return k.readValue(r, v), true
	}
	object := part.Empty("params")
	if given {
		if object, ok = v.Object(); !ok {
			return nil, false
		}
	}
	params = k.read(r, object)
	object.Close()
	return params, true
}

// unknown returns the rule for a part whose kind is not one of the list.
func (l list) unknown(name string) fault.Rule {
	names := make([]string, len(l.kinds))
	for i, k := range l.kinds {
		names[i] = k.name
	}
	if slices.Contains(l.other, name) {
		return fault.Unsupported(names...)
	}
	return fault.Unknown(names...)
}
