package main

import "fmt"

// schema returns the section of a schema.
func (r reader) schema(name string, n node) schema {
	s := schema{Name: name, Description: n.str("description"), Rules: rules(n), Values: values(n)}
	for _, one := range n.get("oneOf").list() {
		s.Kinds = append(s.Kinds, r.kind(one))
	}
	s.Properties = r.properties(n)
	return s
}

func (r reader) kind(n node) kind {
	n, _ = n.resolve(r.root)
	k := kind{Name: n.str("properties", "kind", "const"), Description: n.str("description")}
	// The params of most kinds are an object. Others are a list or another part.
	given := n.get("properties", "params")
	if params, _ := given.resolve(r.root); params.str("type") == "object" {
		k.Params = r.properties(params)
	} else {
		k.Params = []property{r.property("params", given)}
	}
	return k
}

func (r reader) properties(n node) []property {
	var all []property
	for _, e := range n.get("properties").entries() {
		p := r.property(e.Name, e.Value)
		p.Required = n.get("required").has(e.Name)
		all = append(all, p)
	}
	return all
}

// property returns a property with the schema n. The rules of a named list are shown with the
// property. Any other named schema is linked.
func (r reader) property(name string, n node) property {
	p := property{Name: name, Type: r.typeOf(n), Description: n.str("description"), Rules: rules(n)}
	target, name := n.resolve(r.root)
	if target.str("type") != "array" {
		p.Values = values(target)
		return p
	}
	if name != "" {
		p.Rules = append(p.Rules, rules(target)...)
	}
	if p.Description == "" {
		p.Description = target.str("description")
	}
	items, _ := target.get("items").resolve(r.root)
	p.Values = values(items)
	return p
}

// typeOf names the type of a schema.
func (r reader) typeOf(n node) typeText {
	if one := n.get("oneOf").list(); len(one) > 0 {
		t := r.typeOf(one[0])
		t.Suffix += " or null"
		return t
	}
	target, name := n.resolve(r.root)
	if target.str("type") == "array" {
		t := r.typeOf(target.get("items"))
		t.Prefix = "list of " + t.Prefix
		return t
	}
	if name != "" {
		return typeText{Ref: name}
	}
	if c := n.get("const").value; c != nil {
		return typeText{Prefix: quote(c)}
	}
	if types := n.get("type").list(); len(types) > 0 {
		return typeText{Prefix: fmt.Sprintf("%v or %v", types[0].value, types[1].value)}
	}
	if n.str("type") == "object" && n.get("additionalProperties").str("type") == "string" {
		return typeText{Prefix: "map of strings"}
	}
	return typeText{Prefix: n.str("type")}
}

// values returns the values of an enum.
func values(n node) []string { return n.get("enum").strings() }

// rules describes what a schema requires in addition to its type.
func rules(n node) []string {
	var all []string
	for _, b := range []struct{ min, max, unit string }{
		{"minimum", "maximum", ""},
		{"x-minimum", "x-maximum", ""},
		{"minLength", "maxLength", " characters"},
		{"minItems", "maxItems", " items"},
		{"minProperties", "maxProperties", " members"},
	} {
		lower, upper := n.get(b.min).value, n.get(b.max).value
		switch {
		case lower != nil && upper != nil:
			all = append(all, fmt.Sprintf("%v to %v%s", lower, upper, b.unit))
		case upper != nil:
			all = append(all, fmt.Sprintf("at most %v%s", upper, b.unit))
		case lower != nil:
			all = append(all, fmt.Sprintf("at least %v%s", lower, b.unit))
		}
	}
	// Generated clients do not send an x-default by themselves.
	for _, name := range []string{"default", "x-default"} {
		if d := n.get(name); d.value != nil {
			all = append(all, "default "+d.line())
		}
	}
	if f := n.str("format"); f != "" {
		all = append(all, f)
	}
	return all
}
