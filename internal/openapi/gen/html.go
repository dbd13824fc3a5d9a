package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/yuin/goldmark"
)

//go:embed docs.html.tmpl
var pageSource string

var pageTemplate = template.Must(template.New("docs").Funcs(template.FuncMap{
	"markdown": markdown,
	"inline":   inline,
	"lower":    strings.ToLower,
	"status":   status,
}).Parse(pageSource))

// toHTML returns the description as an HTML page. The page needs no script: every client can read
// it, and its Content-Security-Policy allows none. A renderer in JavaScript would load megabytes of
// script that may call the API from its own origin, and would need a second page for clients
// without script.
func toHTML(source []byte) ([]byte, error) {
	var doc any
	if err := yaml.UnmarshalWithOptions(source, &doc, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, reader{node{doc}}.page())
	return b.Bytes(), err
}

// markdown renders a description. It omits raw HTML.
func markdown(text string) (template.HTML, error) {
	var b bytes.Buffer
	err := goldmark.Convert([]byte(text), &b)
	return template.HTML(b.String()), err
}

// inline renders a description of one paragraph without the paragraph's element.
func inline(text string) (template.HTML, error) {
	rendered, err := markdown(text)
	content := strings.TrimSpace(string(rendered))
	return template.HTML(strings.TrimSuffix(strings.TrimPrefix(content, "<p>"), "</p>")), err
}

// status returns the name of an HTTP status, or "" if code is not a number.
func status(code string) string {
	n, err := strconv.Atoi(code)
	if err != nil {
		return ""
	}
	return http.StatusText(n)
}
