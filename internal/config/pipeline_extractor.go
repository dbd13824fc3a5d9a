package config

import (
	"regexp"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of extractors.
const (
	// MaxSkipTags bounds skip_tags, and MaxTagBytes each tag of it.
	MaxSkipTags = 100
	MaxTagBytes = 50
	// MaxDataFields bounds the fields of one data map, and MaxDataFieldBytes the name of each.
	MaxDataFields     = 100
	MaxDataFieldBytes = 100
	// MaxFieldExpressions bounds the expressions of one field.
	MaxFieldExpressions = 20
)

type (
	// An Extractor (extractor) makes content of a response. Its Params are of type *Raw, *Markdown,
	// *DataMap or *Text.
	Extractor Part
	// Raw (raw) is the response itself.
	Raw struct{}
	// Markdown (markdown) is the page as Markdown.
	Markdown struct {
		// ContentXPath selects the elements that are converted. Empty means the whole body.
		ContentXPath string `json:"content_xpath,omitzero"`
		// SkipTags are the names of elements, in lower case, that are left out, besides those that
		// always are.
		SkipTags []string `json:"skip_tags,omitzero"`
	}
	// Text (text) is the main content of the page as plain text.
	Text struct{}
	// DataMap (data_map) is a JSON object with named fields.
	DataMap struct {
		Map DataFields `json:"map"`
	}
	// DataFields are the fields of a DataMap.
	DataFields struct {
		Fields []DataField `json:"fields"`
	}
	// A DataField is a field of a DataMap. Its name is unique there.
	DataField struct {
		Name   string     `json:"name"`
		Source DataSource `json:"source"`
	}
	// A DataSource is where the value of a DataField comes from. Type is always "extractor". Kind
	// is "xpath" or "selector" (CSS).
	DataSource struct {
		Type   string           `json:"type"`
		Kind   string           `json:"kind"`
		Params DataSourceParams `json:"params"`
	}
	// DataSourceParams are the params of a DataSource.
	DataSourceParams struct {
		// Expressions are tried in order until one matches.
		Expressions []string `json:"expressions"`
		// All makes the value a list of all matches instead of the first one.
		All bool `json:"all,omitzero"`
	}
)

var extractors = list{
	name: "params",
	kinds: []kind{
		{name: "raw", read: func(*reader, *strictjson.Object) any { return &Raw{} }},
		markdownKind,
		dataMapKind,
		{name: "text", read: func(*reader, *strictjson.Object) any { return &Text{} }},
	},
	other: []string{"host_data_map"},
}

var extractorKind = kind{
	name: "extractor",
	once: true,
	readValue: func(r *reader, v strictjson.Value) any {
		k, params, _ := extractors.readPart(r, v)
		return &Extractor{Kind: k.name, Params: params}
	},
}

var markdownKind = kind{
	name: "markdown",
	read: func(r *reader, o *strictjson.Object) any {
		m := &Markdown{}
		if v, ok := o.Member("content_xpath"); ok {
			m.ContentXPath, _ = r.expression(v)
		}
		if v, ok := o.Member("skip_tags"); ok {
			m.SkipTags = items(v, 0, MaxSkipTags, tag)
		}
		return m
	},
}

var validTag = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// tag reads the name of an HTML element and returns it in lower case.
func tag(v strictjson.Value) (string, bool) {
	s, ok := text(v, MaxTagBytes)
	if ok && !validTag.MatchString(s) {
		v.Fail(fault.Format("tag", "must be the name of an HTML element such as nav"))
		return "", false
	}
	return strings.ToLower(s), ok
}

var dataMapKind = kind{
	name: "data_map",
	read: func(r *reader, o *strictjson.Object) any {
		d := &DataMap{}
		v, ok := o.Required("map")
		if !ok {
			return d
		}
		m, ok := v.Object()
		if !ok {
			return d
		}
		defer m.Close()
		if v, ok := m.Required("fields"); ok {
			d.Map.Fields = r.dataFields(v)
		}
		return d
	},
}

func (r *reader) dataFields(v strictjson.Value) []DataField {
	seen := map[string]bool{}
	return items(v, 1, MaxDataFields, func(v strictjson.Value) (f DataField, ok bool) {
		o, ok := v.Object()
		if !ok {
			return f, false
		}
		defer o.Close()
		if v, ok := o.Required("name"); ok {
			if f.Name, ok = printable(v, MaxDataFieldBytes); ok && seen[f.Name] {
				v.Fail(fault.Rule{Code: "duplicate", Message: "must be the only field of this name"})
			}
			seen[f.Name] = true
		}
		if v, ok := o.Required("source"); ok {
			f.Source = r.dataSource(v)
		}
		return f, true
	})
}

func (r *reader) dataSource(v strictjson.Value) (s DataSource) {
	o, ok := v.Object()
	if !ok {
		return s
	}
	defer o.Close()
	if v, ok := o.Required("type"); ok {
		if s.Type, ok = v.String(); ok && s.Type != "extractor" {
			v.Fail(fault.Unsupported("extractor"))
		}
	}
	o.Required("kind")
	s.Kind = deref(enum(o, "kind", "xpath", "selector"))
	if v, ok := o.Required("params"); ok {
		s.Params = r.dataSourceParams(v)
	}
	return s
}

func (r *reader) dataSourceParams(v strictjson.Value) (p DataSourceParams) {
	o, ok := v.Object()
	if !ok {
		return p
	}
	defer o.Close()
	if v, ok := o.Required("expressions"); ok {
		p.Expressions = items(v, 1, MaxFieldExpressions, r.expression)
	}
	p.All = deref(boolean(o, "all"))
	return p
}
