package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// A node is a value of the description: a yaml.MapSlice, which keeps the order of its members, a
// []any or a scalar. The zero node is a missing value.
type node struct{ value any }

// An entry is a member of an object.
type entry struct {
	Name  string
	Value node
}

// entries returns the members of an object in the order of the description.
func (n node) entries() []entry {
	object, _ := n.value.(yaml.MapSlice)
	entries := make([]entry, len(object))
	for i, item := range object {
		entries[i] = entry{fmt.Sprint(item.Key), node{item.Value}}
	}
	return entries
}

// get returns the value at a path of names.
func (n node) get(path ...string) node {
	for _, name := range path {
		var next node
		for _, e := range n.entries() {
			if e.Name == name {
				next = e.Value
			}
		}
		n = next
	}
	return n
}

// list returns the values of a list.
func (n node) list() []node {
	values, _ := n.value.([]any)
	nodes := make([]node, len(values))
	for i, v := range values {
		nodes[i] = node{v}
	}
	return nodes
}

// strings returns the values of a list as strings.
func (n node) strings() []string {
	var all []string
	for _, v := range n.list() {
		all = append(all, fmt.Sprint(v.value))
	}
	return all
}

// has reports whether the list holds the string.
func (n node) has(s string) bool { return slices.Contains(n.strings(), s) }

// str returns the string at a path of names, or "" if the path leads nowhere.
func (n node) str(path ...string) string {
	s, _ := n.get(path...).value.(string)
	return s
}

// resolve returns the target of a $ref and the last segment of the reference. If n is not a
// reference, it returns n and "".
func (n node) resolve(root node) (node, string) {
	ref := n.str("$ref")
	if ref == "" {
		return n, ""
	}
	path := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	return root.get(path...), path[len(path)-1]
}

// lineWidth is the maximum width of a line of an example, in bytes.
const lineWidth = 62

// text returns the node as JSON in which a value that fits on one line is not broken.
func (n node) text() string { return n.indented(0, 0) }

// indented returns the node as JSON at a nesting depth, after prefix characters on its first line.
func (n node) indented(depth, prefix int) string {
	line := n.line()
	if 2*depth+prefix+len(line) <= lineWidth {
		return line
	}
	indent := strings.Repeat("  ", depth)
	var b strings.Builder
	if values := n.list(); len(values) > 0 {
		for i, v := range values {
			b.WriteString(separator(i) + indent + "  " + v.indented(depth+1, 0))
		}
		return "[" + b.String() + "\n" + indent + "]"
	}
	if entries := n.entries(); len(entries) > 0 {
		for i, e := range entries {
			name := quote(e.Name) + ": "
			b.WriteString(separator(i) + indent + "  " + name + e.Value.indented(depth+1, len(name)))
		}
		return "{" + b.String() + "\n" + indent + "}"
	}
	return line
}

func separator(i int) string {
	if i == 0 {
		return "\n"
	}
	return ",\n"
}

// line returns the node as JSON on one line.
func (n node) line() string {
	var parts []string
	switch n.value.(type) {
	case yaml.MapSlice:
		for _, e := range n.entries() {
			parts = append(parts, quote(e.Name)+": "+e.Value.line())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, v := range n.list() {
			parts = append(parts, v.line())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return quote(n.value)
}

// quote returns a scalar as JSON.
func quote(scalar any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(scalar); err != nil {
		panic(err) // YAML has no scalar that JSON lacks, except NaN and infinities
	}
	return strings.TrimSuffix(b.String(), "\n")
}
