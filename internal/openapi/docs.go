package openapi

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/yuin/goldmark"
)

//go:embed docs.html
var docsSource string

// sampleURL is the address that the description's curl lines call, which is that of one
// machine by default.
const sampleURL = "http://localhost:8022"

// Docs returns the description as an HTML page, whose curl lines call the API at base, a URL
// without a slash at its end; at sampleURL when base is empty. Base must not hold characters
// that HTML or a shell's quotes give a meaning. The page needs no script, font or style from
// elsewhere. The result may be shared: do not change it.
func Docs(base string) []byte {
	if base == "" || base == sampleURL {
		return docs()
	}
	return bytes.ReplaceAll(docs(), []byte(sampleURL), []byte(base))
}

var docs = sync.OnceValue(func() []byte {
	var doc any
	if err := yaml.UnmarshalWithOptions(source, &doc, yaml.UseOrderedMap()); err != nil {
		panic("openapi: " + err.Error())
	}
	// The template is parsed here and not at start, which most functions do without it.
	t := template.Must(template.New("docs").Funcs(template.FuncMap{
		"markdown": markdown,
		"inline":   inline,
		"lower":    strings.ToLower,
		"status":   status,
	}).Parse(docsSource))
	var b bytes.Buffer
	if err := t.Execute(&b, reader{node{doc}}.page()); err != nil {
		panic("openapi: " + err.Error())
	}
	return b.Bytes()
})

// markdown renders a description. Raw HTML in it is left out.
func markdown(text string) template.HTML {
	var b bytes.Buffer
	if err := goldmark.Convert([]byte(text), &b); err != nil {
		panic("openapi: " + err.Error())
	}
	return template.HTML(b.String())
}

// inline renders a description of one paragraph, to stand within another.
func inline(text string) template.HTML {
	rendered := strings.TrimSpace(string(markdown(text)))
	return template.HTML(strings.TrimSuffix(strings.TrimPrefix(rendered, "<p>"), "</p>"))
}

// status returns the name of an HTTP status.
func status(code string) string {
	n, err := strconv.Atoi(code)
	if err != nil {
		return ""
	}
	return http.StatusText(n)
}

// The page and its parts, as the template shows them.
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
	// A paramList is the parameters of one place: path, query or header.
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
		Kinds             []kind     // of a part, which is one of them
		Properties        []property // of an object
	}
	// A kind is one of the parts that a list of a configuration may hold.
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
		Also        string // another spelling
	}
	// A typeText names a type: Prefix, then Ref, which links to a schema, then Suffix.
	typeText struct{ Prefix, Ref, Suffix string }
)

// A reader turns the description into the page.
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
	shown := r.shownElsewhere()
	for _, e := range r.root.get("components", "schemas").entries() {
		if !shown[e.Name] {
			p.Schemas = append(p.Schemas, r.schema(e.Name, e.Value))
		}
	}
	return p
}

// shownElsewhere returns the schemas that need no section of their own: a list is shown where it
// is used, a kind and its params with the part that may be of it.
func (r reader) shownElsewhere() map[string]bool {
	shown := map[string]bool{}
	for _, e := range r.root.get("components", "schemas").entries() {
		isKind := e.Value.get("properties", "kind").value != nil
		shown[e.Name] = shown[e.Name] || isKind || e.Value.str("type") == "array"
		if isKind {
			_, params := e.Value.get("properties", "params").resolve(r.root)
			shown[params] = true
		}
	}
	return shown
}

// topics cuts the introduction at its headings. What comes before the first has no title.
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
		if resp := r.response(e.Name, e.Value); resp.Code < "400" {
			op.Response = resp
		} else {
			op.Errors = append(op.Errors, resp)
		}
	}
	return op
}

// params returns the parameters by their place. A list of the query has a second spelling, which
// the description says once for all of them.
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

// response returns a response. Without a code it takes that of its example, as errors have
// it.
func (r reader) response(code string, n node) response {
	n, _ = n.resolve(r.root)
	resp := response{Code: code, Description: n.str("description")}
	if status := n.get("x-status").value; code == "" && status != nil {
		resp.Code = fmt.Sprint(status) // of an answer whose body does not hold it
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

// schema returns a schema as it is shown.
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
	params, _ := n.get("properties", "params").resolve(r.root)
	return kind{
		Name:        n.str("properties", "kind", "const"),
		Description: n.str("description"),
		Params:      r.properties(params),
	}
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

// property returns a property of the given schema. What a list's schema says is shown with
// the property; any other named schema is linked to.
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

// values returns what an enum lists.
func values(n node) []string { return n.get("enum").strings() }

// rules says in words what a schema demands beyond its type.
func rules(n node) []string {
	var all []string
	for _, b := range []struct{ least, most, unit string }{
		{"minimum", "maximum", ""},
		{"x-minimum", "x-maximum", ""},
		{"minLength", "maxLength", " characters"},
		{"minItems", "maxItems", " items"},
		{"minProperties", "maxProperties", " members"},
	} {
		least, most := n.get(b.least).value, n.get(b.most).value
		switch {
		case least != nil && most != nil:
			all = append(all, fmt.Sprintf("%v to %v%s", least, most, b.unit))
		case most != nil:
			all = append(all, fmt.Sprintf("at most %v%s", most, b.unit))
		case least != nil:
			all = append(all, fmt.Sprintf("at least %v%s", least, b.unit))
		}
	}
	// An x-default is one that clients do not send by themselves.
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
