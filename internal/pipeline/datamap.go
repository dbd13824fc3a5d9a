package pipeline

import (
	"bytes"
	"encoding/json"
	"strings"

	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
)

// A dataField is a compiled field of a data map.
type dataField struct {
	name    string
	sources []source // tried in order
	all     bool
}

// A source returns the values that an expression finds in a document: all of them, or at most one.
type source func(doc *html.Node, m *meter, all bool) []any

// dataMap compiles a data map.
func (c compiler) dataMap(params *config.DataMap) extractor {
	fields := make([]dataField, len(params.Map.Fields))
	for i, f := range params.Map.Fields {
		fields[i] = dataField{name: f.Name, all: f.Source.Params.All}
		for j, expression := range f.Source.Params.Expressions {
			c := c.at(".params.map.fields[%d].source.params.expressions[%d]", i, j)
			if f.Source.Kind == "selector" {
				fields[i].sources = append(fields[i].sources, c.selector(expression).values)
			} else {
				fields[i].sources = append(fields[i].sources, c.xpath(expression).evaluate)
			}
		}
	}
	return func(ev *evaluation) (Content, bool, error) {
		if !ev.isPage() {
			return Content{}, false, nil
		}
		doc, err := ev.document()
		if err != nil {
			return Content{}, false, err
		}
		body, err := mapData(doc, &ev.meter, fields)
		return Content{Kind: crawllog.Parsed, ContentType: "application/json", Body: body}, true, err
	}
}

// mapData returns a JSON object with the fields in order.
func mapData(doc *html.Node, m *meter, fields []dataField) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode(e, &b, f.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encode(e, &b, f.value(doc, m)); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode appends the JSON of v to b, which is e's writer, without a line break.
func encode(e *json.Encoder, b *bytes.Buffer, v any) error {
	err := e.Encode(v)
	b.Truncate(max(0, b.Len()-1))
	return err
}

// value returns the value of the field: that of the first expression that matches. If none does, it
// is nil, or an empty list.
func (f dataField) value(doc *html.Node, m *meter) any {
	for _, find := range f.sources {
		values := find(doc, m, f.all)
		switch {
		case len(values) == 0:
		case f.all:
			return values
		default:
			return values[0]
		}
	}
	if f.all {
		return []any{}
	}
	return nil
}

// values returns the trimmed texts of the elements that match.
func (s selector) values(doc *html.Node, m *meter, all bool) (values []any) {
	s.search(doc, m, func(n *html.Node) bool {
		text := strings.TrimSpace(textOf(n, m))
		m.produce(len(text))
		values = append(values, text)
		return all
	})
	return values
}
