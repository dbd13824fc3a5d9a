package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Bounds of a document.
const (
	maxNodes = 100_000 // aliases counted as what they stand for
	maxDepth = 1000    // lists and objects in each other
)

// A position is where something stands in a manifest, counted in lines and characters from 1.
type position struct{ line, column int }

func (p position) String() string { return fmt.Sprintf("%d:%d", p.line, p.column) }

// A syntaxError says where a text is not YAML, or YAML that JSON cannot say.
type syntaxError struct {
	at      position // zero when it is not known
	problem string
}

func (e *syntaxError) Error() string { return e.problem }

// A document is the one document of a YAML text.
type document struct {
	json      bytes.Buffer
	positions map[string]position // of values, by path as strictjson writes it
	open      map[*yaml.Node]bool // the lists and objects that are being written
	nodes     int
}

// yamlVersion is the directive that the parser takes for its own version only.
var yamlVersion = regexp.MustCompile(`(?m)\A(?:#.*\n|\s*\n)*%YAML[ \t]+1\.[0-9]`)

// toJSON returns the one document of a YAML 1.2 text (https://yaml.org/spec/1.2.2/) as JSON,
// by the rules of the core schema (section 10.3), and where its values stand. JSON is YAML, so
// its text is returned as it is.
func toJSON(data []byte) ([]byte, map[string]position, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	d := &document{positions: map[string]position{}, open: map[*yaml.Node]bool{}}
	err := d.read(data)
	if json.Valid(data) {
		return data, d.positions, nil
	}
	return d.json.Bytes(), d.positions, err
}

// read reads the text.
func (d *document) read(data []byte) error {
	utf16 := bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.HasPrefix(data, []byte("\xff\xfe"))
	if !utf16 && !utf8.Valid(data) {
		return &syntaxError{problem: "it is not UTF-8"}
	}
	// What version 1.2 says differently from 1.1 is seen to here, not by the parser.
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
	return d.write(root.Content[0], "", 0)
}

// invalid returns what the parser says is wrong.
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
func (d *document) write(n *yaml.Node, path string, depth int) error {
	if d.nodes++; d.nodes > maxNodes {
		return &syntaxError{at(n), "its aliases make it too large"}
	}
	if depth > maxDepth {
		return &syntaxError{at(n), "its lists and objects are too deep"}
	}
	d.positions[path] = at(n)
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode {
		text, err := scalar(n)
		d.json.WriteString(text)
		return err
	}
	if d.open[n] {
		return &syntaxError{d.positions[path], "it holds itself"}
	}
	d.open[n] = true
	defer delete(d.open, n)
	if n.Kind == yaml.SequenceNode {
		return d.list(n, path, depth)
	}
	return d.object(n, path, depth)
}

func (d *document) list(n *yaml.Node, path string, depth int) error {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!seq" && n.Tag != "!" {
		return unknownTag(n)
	}
	d.json.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			d.json.WriteByte(',')
		}
		if err := d.write(item, fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
			return err
		}
	}
	d.json.WriteByte(']')
	return nil
}

// object writes an object. A key that stands in it twice is written twice, for strictjson to
// refuse.
func (d *document) object(n *yaml.Node, path string, depth int) error {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!map" && n.Tag != "!" {
		return unknownTag(n)
	}
	members, err := d.members(n, 0)
	if err != nil {
		return err
	}
	d.json.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			d.json.WriteByte(',')
		}
		d.json.WriteString(quote(m.name) + ":")
		sub := m.name
		if path != "" {
			sub = path + "." + m.name
		}
		if err := d.write(m.value, sub, depth+1); err != nil {
			return err
		}
		d.positions[sub] = at(m.key)
	}
	d.json.WriteByte('}')
	return nil
}

type objectMember struct {
	name       string
	key, value *yaml.Node
}

// members returns the members of an object. The key << stands for the members of other objects
// that are not given otherwise (https://yaml.org/type/merge.html).
func (d *document) members(n *yaml.Node, depth int) (all []objectMember, err error) {
	if depth > maxDepth {
		return nil, &syntaxError{at(n), "its lists and objects are too deep"}
	}
	given := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Value == "<<" && key.Style == 0 {
			merged = append(merged, value)
			continue
		}
		name := key
		if name.Kind == yaml.AliasNode {
			name = name.Alias
		}
		if name.Kind != yaml.ScalarNode {
			return nil, &syntaxError{at(key), "a name of a member must be text"}
		}
		given[name.Value] = true
		all = append(all, objectMember{name.Value, key, value})
	}
	for _, value := range merged {
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		sources := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			sources = value.Content
		}
		for _, source := range sources {
			if source.Kind == yaml.AliasNode {
				source = source.Alias
			}
			if source.Kind != yaml.MappingNode {
				return nil, &syntaxError{at(source), "<< must be an object or a list of objects"}
			}
			others, err := d.members(source, depth+1)
			if err != nil {
				return nil, err
			}
			if d.nodes += len(others); d.nodes > maxNodes {
				return nil, &syntaxError{at(source), "its aliases make it too large"}
			}
			for _, m := range others {
				if !given[m.name] {
					given[m.name] = true
					all = append(all, m)
				}
			}
		}
	}
	return all, nil
}

func unknownTag(n *yaml.Node) error {
	return &syntaxError{at(n), fmt.Sprintf("the tag %s is not known", n.Tag)}
}

// The plain scalars of the core schema that are no strings.
var (
	nullScalar  = regexp.MustCompile(`^(?:null|Null|NULL|~|)$`)
	boolScalar  = regexp.MustCompile(`^(?:true|True|TRUE|false|False|FALSE)$`)
	intScalar   = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatScalar = regexp.MustCompile(`^([-+]?)(\.[0-9]+|[0-9]+(?:\.[0-9]*)?)((?:[eE][-+]?[0-9]+)?)$`)
	noNumber    = regexp.MustCompile(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// scalar returns a scalar as JSON.
func scalar(n *yaml.Node) (string, error) {
	tag := ""
	if n.Style&yaml.TaggedStyle != 0 {
		tag = n.Tag
	}
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if tag == "!!str" || tag == "!" || tag == "" && !plain {
		return quote(n.Value), nil
	}
	is := func(want string, schema *regexp.Regexp) bool {
		return (tag == "" || tag == want) && schema.MatchString(n.Value)
	}
	switch {
	case is("!!null", nullScalar):
		return "null", nil
	case is("!!bool", boolScalar):
		return strings.ToLower(n.Value), nil
	case is("!!int", intScalar):
		return integer(n.Value), nil
	case is("!!float", floatScalar):
		return float(n.Value), nil
	case is("!!float", noNumber):
		return "", &syntaxError{at(n), n.Value + " is no number that JSON has"}
	case tag == "":
		return quote(n.Value), nil
	case tag == "!!null" || tag == "!!bool" || tag == "!!int" || tag == "!!float":
		return "", &syntaxError{at(n), fmt.Sprintf("%s is not of the type %s", strconv.Quote(n.Value), tag)}
	}
	return "", unknownTag(n)
}

// integer returns an integer as JSON writes it.
func integer(s string) string {
	base := 10
	switch {
	case strings.HasPrefix(s, "0o"):
		s, base = s[2:], 8
	case strings.HasPrefix(s, "0x"):
		s, base = s[2:], 16
	}
	n, _ := new(big.Int).SetString(s, base)
	return n.String()
}

// float returns a number as JSON writes it, with the digits that it has.
func float(s string) string {
	m := floatScalar.FindStringSubmatch(s)
	whole, fraction, _ := strings.Cut(m[2], ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return strings.TrimPrefix(m[1], "+") + whole + fraction + m[3]
}

// quote returns a string as JSON.
func quote(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string and a buffer never fail
	return strings.TrimSuffix(b.String(), "\n")
}
