package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// The bounds of a YAML document.
const (
	maxNodes = 100_000 // with each alias replaced by its anchor
	maxDepth = 1000    // of lists and objects
)

// A position is a place in a manifest. Lines and columns, in characters, count from 1.
type position struct{ line, column int }

func (p position) String() string { return fmt.Sprintf("%d:%d", p.line, p.column) }

// A syntaxError is the error for a text that is not YAML, or that JSON cannot express.
type syntaxError struct {
	at      position // zero if unknown
	problem string
}

func (e *syntaxError) Error() string { return e.problem }

// A converter converts one YAML document to JSON.
type converter struct {
	json      bytes.Buffer
	positions map[string]position // of values, by their paths in strictjson
	open      map[*yaml.Node]bool // the lists and objects whose end is not written yet
	nodes     int
}

// yamlVersion matches the version directive. The parser accepts only version 1.1.
var yamlVersion = regexp.MustCompile(`(?m)\A(?:#.*\n|\s*\n)*%YAML[ \t]+1\.[0-9]`)

// toJSON converts a YAML 1.2 text (https://yaml.org/spec/1.2.2/) that holds one document to JSON,
// by the core schema (section 10.3), and returns the positions of its values. JSON is YAML, so a
// text in JSON is returned unchanged.
func toJSON(data []byte) ([]byte, map[string]position, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	c := &converter{positions: map[string]position{}, open: map[*yaml.Node]bool{}}
	err := c.convert(data)
	if json.Valid(data) {
		return data, c.positions, nil
	}
	return c.json.Bytes(), c.positions, err
}

// convert parses the text and writes its document as JSON.
func (c *converter) convert(data []byte) error {
	utf16 := bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.HasPrefix(data, []byte("\xff\xfe"))
	if !utf16 && !utf8.Valid(data) {
		return &syntaxError{problem: "it is not UTF-8"}
	}
	// The conversion implements what differs in version 1.2. The parser does not need to know it.
	if at := yamlVersion.FindIndex(data); at != nil {
		data = bytes.Clone(data)
		data[at[1]-1] = '1'
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root, more yaml.Node
	switch err := decoder.Decode(&root); {
	case err == io.EOF:
		return &syntaxError{problem: "it is empty"}
	case err != nil:
		return invalid(err)
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return &syntaxError{at(&more), "it has more than one document"}
	case err != io.EOF:
		return invalid(err)
	}
	return c.write(root.Content[0], "", 0)
}

// invalid returns the parser's error as a syntaxError.
func invalid(err error) error {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		return &syntaxError{problem: err.Error()}
	}
	problem := e.Message
	if e.ContextMsg != "" {
		problem = fmt.Sprintf("%s at %s: %s", e.ContextMsg, position{e.ContextMark.Line, e.ContextMark.Column}, problem)
	}
	return &syntaxError{position{e.Mark.Line, e.Mark.Column}, problem}
}

func at(n *yaml.Node) position { return position{n.Line, n.Column} }

// write writes the node as JSON.
func (c *converter) write(n *yaml.Node, path string, depth int) error {
	if c.nodes++; c.nodes > maxNodes {
		return &syntaxError{at(n), "its aliases make it too large"}
	}
	if depth > maxDepth {
		return &syntaxError{at(n), "its lists and objects are too deep"}
	}
	c.positions[path] = at(n)
	n = resolveAlias(n)
	if n.Kind == yaml.ScalarNode {
		text, err := scalar(n)
		c.json.WriteString(text)
		return err
	}
	if c.open[n] {
		return &syntaxError{c.positions[path], "it contains itself"}
	}
	c.open[n] = true
	defer delete(c.open, n)
	if n.Kind == yaml.SequenceNode {
		return c.list(n, path, depth)
	}
	return c.object(n, path, depth)
}

func (c *converter) list(n *yaml.Node, path string, depth int) error {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!seq" && n.Tag != "!" {
		return unknownTag(n)
	}
	c.json.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			c.json.WriteByte(',')
		}
		if err := c.write(item, fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
			return err
		}
	}
	c.json.WriteByte(']')
	return nil
}

// object writes an object. It writes a duplicate key twice, and strictjson refuses it.
func (c *converter) object(n *yaml.Node, path string, depth int) error {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!map" && n.Tag != "!" {
		return unknownTag(n)
	}
	members, err := c.members(n, 0)
	if err != nil {
		return err
	}
	c.json.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			c.json.WriteByte(',')
		}
		c.json.WriteString(quote(m.name) + ":")
		sub := m.name
		if path != "" {
			sub = path + "." + m.name
		}
		if err := c.write(m.value, sub, depth+1); err != nil {
			return err
		}
		c.positions[sub] = at(m.key)
	}
	c.json.WriteByte('}')
	return nil
}

func unknownTag(n *yaml.Node) error {
	return &syntaxError{at(n), fmt.Sprintf("the tag %s is not known", n.Tag)}
}
