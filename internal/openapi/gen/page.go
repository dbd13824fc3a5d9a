package main

import (
	"fmt"
	"slices"
	"strings"
)

// The page and its parts, in the form that the template needs.
type (
	page struct {
		Title, Version, Summary string
		Topics                  []topic
		Groups                  []group
		Errors                  []response
		Schemas                 []schema
	}
	// A topic is a section of the introduction.
	topic struct{ Title, ID, Text string }
	group struct {
		Name, ID, Description string
		Operations            []operation
	}
	operation struct {
		ID, Method, Path, Summary, Description, Curl string
		Params                                       []paramList
		Body                                         *body
		Response                                     response
		Errors                                       []response
	}
	// A paramList holds the parameters of one location: path, query or header.
	paramList struct {
		In     string
		Params []property
	}
	body struct {
		Type     typeText
		Required bool
		Examples []example
	}
	response struct {
		Code, Description string
		Type              typeText
		Headers           []property
		Examples          []example
	}
	example struct{ Summary, Text string }
	schema  struct {
		Name, Description string
		Rules             []string
		Values            []string   // of an enum
		Kinds             []kind     // the alternatives of a oneOf
		Properties        []property // of an object
	}
	// A kind is one alternative of a part of a configuration, such as a seed or a filter.
	kind struct {
		Name, Description string
		Params            []property
	}
	property struct {
		Name        string
		Type        typeText
		Required    bool
		Rules       []string
		Values      []string
		Description string
		Also        string // another spelling of the name
	}
	// A typeText names a type: Prefix, then a link to the schema Ref, then Suffix.
	typeText struct{ Prefix, Ref, Suffix string }
)

// A reader builds the page from the description.
type reader struct{ root node }

func (r reader) page() page {
	p := page{
		Title:   r.root.str("info", "title"),
		Version: r.root.str("info", "version"),
		Summary: r.root.str("info", "summary"),
		Topics:  topics(r.root.str("info", "description")),
	}
	for _, tag := range r.root.get("tags").list() {
		name := tag.str("name")
		p.Groups = append(p.Groups, group{name, strings.ToLower(name), tag.str("description"), r.operations(name)})
	}
	for _, e := range r.root.get("components", "responses").entries() {
		if resp := r.response("", e.Value); resp.Code >= "400" {
			p.Errors = append(p.Errors, resp)
		}
	}
	slices.SortFunc(p.Errors, func(a, b response) int { return strings.Compare(a.Code, b.Code) })
	shown := r.shownElsewhere()
	for _, e := range r.root.get("components", "schemas").entries() {
		if !shown[e.Name] {
			p.Schemas = append(p.Schemas, r.schema(e.Name, e.Value))
		}
	}
	return p
}

// shownElsewhere returns the names of the schemas without a section of their own. A list is shown
// where it is used, a kind and its params in the section of the oneOf that includes the kind.
func (r reader) shownElsewhere() map[string]bool {
	shown := map[string]bool{}
	for _, e := range r.root.get("components", "schemas").entries() {
		isKind := e.Value.str("properties", "kind", "const") != ""
		shown[e.Name] = shown[e.Name] || isKind || e.Value.str("type") == "array"
		if isKind {
			if params, name := e.Value.get("properties", "params").resolve(r.root); params.str("type") == "object" {
				shown[name] = true
			}
		}
	}
	return shown
}

// topics splits the introduction at its headings. The text before the first heading has no title.
func topics(text string) []topic {
	var all []topic
	for i, part := range strings.Split("\n"+text, "\n## ") {
		if i == 0 {
			all = append(all, topic{Text: part})
			continue
		}
		title, text, _ := strings.Cut(part, "\n")
		all = append(all, topic{title, strings.ToLower(title), text})
	}
	return all
}

func (r reader) operations(tag string) []operation {
	var all []operation
	for _, path := range r.root.get("paths").entries() {
		for _, method := range path.Value.entries() {
			if method.Value.get("tags").has(tag) {
				all = append(all, r.operation(path, method))
			}
		}
	}
	return all
}

func (r reader) operation(path, method entry) operation {
	n := method.Value
	op := operation{
		ID:          n.str("operationId"),
		Method:      strings.ToUpper(method.Name),
		Path:        path.Name,
		Summary:     n.str("summary"),
		Description: n.str("description"),
		Params:      r.params(slices.Concat(path.Value.get("parameters").list(), n.get("parameters").list())),
		Body:        r.body(n.get("requestBody")),
	}
	for _, sample := range n.get("x-codeSamples").list() {
		op.Curl = strings.TrimSpace(sample.str("source"))
	}
	for _, e := range n.get("responses").entries() {
		switch resp := r.response(e.Name, e.Value); {
		case resp.Code < "300" && op.Response.Code == "":
			op.Response = resp
		case resp.Code >= "400":
			op.Errors = append(op.Errors, resp)
		}
	}
	return op
}

// params groups the parameters by location. A list in the query has a second spelling, which the
// introduction of the API explains once for all lists.
func (r reader) params(nodes []node) []paramList {
	lists := []paramList{{In: "path"}, {In: "query"}, {In: "header"}}
	for _, n := range nodes {
		n, _ := n.resolve(r.root)
		i := slices.IndexFunc(lists, func(l paramList) bool { return l.In == n.str("in") })
		params := &lists[i].Params
		p := r.property(n.str("name"), n.get("schema"))
		if schema, _ := n.get("schema").resolve(r.root); schema.str("type") == "array" {
			p.Also = p.Name + "[]"
		}
		p.Description = n.str("description")
		p.Required = n.get("required").value == true
		*params = append(*params, p)
	}
	return slices.DeleteFunc(lists, func(l paramList) bool { return len(l.Params) == 0 })
}

func (r reader) body(n node) *body {
	if n.value == nil {
		return nil
	}
	content := n.get("content", "application/json")
	return &body{
		Type:     r.typeOf(content.get("schema")),
		Required: n.get("required").value == true,
		Examples: r.examples(content),
	}
}

// response returns a response. An empty code is replaced by the x-status of the response or by the
// code in its example, because the components of the description are not keyed by status.
func (r reader) response(code string, n node) response {
	n, _ = n.resolve(r.root)
	resp := response{Code: code, Description: n.str("description")}
	if status := n.get("x-status").value; code == "" && status != nil {
		resp.Code = fmt.Sprint(status)
	}
	for _, e := range n.get("headers").entries() {
		header, _ := e.Value.resolve(r.root)
		p := r.property(e.Name, header.get("schema"))
		p.Description = header.str("description")
		resp.Headers = append(resp.Headers, p)
	}
	for _, e := range n.get("content").entries() {
		resp.Type = r.typeOf(e.Value.get("schema"))
		resp.Examples = r.examples(e.Value)
		for _, ex := range e.Value.get("examples").entries() {
			if c := ex.Value.get("value", "code").value; code == "" && c != nil {
				resp.Code = fmt.Sprint(c)
			}
		}
	}
	return resp
}

func (r reader) examples(content node) []example {
	var all []example
	for _, e := range content.get("examples").entries() {
		n, _ := e.Value.resolve(r.root)
		text := n.get("value").text()
		if s, ok := n.get("value").value.(string); ok {
			text = s
		}
		all = append(all, example{n.str("summary"), text})
	}
	return all
}
