package pipeline

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
)

// xpathFunctions are the functions that expressions may call: those of XPath 1.0, except those that
// need a DTD, languages or namespaces, and some of XPath 2.0. The time and the memory of the others
// of package xpath, which match regular expressions or repeat texts, have no useful bound.
var xpathFunctions = strings.Fields(`boolean ceiling concat contains count ends-with false floor last local-name
	lower-case name normalize-space not number position reverse round starts-with string string-length substring
	substring-after substring-before sum translate true`)

// nodeTests look like functions.
var nodeTests = []string{"comment", "node", "text", "processing-instruction"}

var (
	xpathString = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	xpathCall   = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.:-]*)\s*\(`)
)

// An xpathExpression is a compiled XPath expression. It may be used by many goroutines at once.
type xpathExpression struct {
	// compiled has *xpath.Expr of the expression. One changes while it is evaluated.
	compiled sync.Pool
}

func newXPath(source string) (x *xpathExpression, err error) {
	defer func() { // package xpath panics on some invalid expressions
		if p := recover(); p != nil {
			x, err = nil, fmt.Errorf("%v", p)
		}
	}()
	if err := checkXPath(xpathString.ReplaceAllString(source, `""`)); err != nil {
		return nil, err
	}
	first, err := xpath.Compile(source)
	if err != nil {
		return nil, err
	}
	x = &xpathExpression{}
	x.compiled.New = func() any {
		e, err := xpath.Compile(source)
		if err != nil {
			panic(err) // it compiled before
		}
		return e
	}
	x.compiled.Put(first)
	return x, nil
}

// checkXPath checks an expression, whose strings are empty, for what package xpath does not support
// or evaluates wrongly.
func checkXPath(source string) error {
	for _, call := range xpathCall.FindAllStringSubmatch(source, -1) {
		name := call[1]
		if i := strings.LastIndex(name, "::"); i >= 0 { // an axis
			name = name[i+2:]
		}
		if slices.Contains([]string{"and", "or", "div", "mod"}, name) || slices.Contains(nodeTests, name) {
			continue
		}
		if !slices.Contains(xpathFunctions, name) {
			return fmt.Errorf("the function %s is not supported; supported: %s", name, strings.Join(xpathFunctions, ", "))
		}
	}
	for i := range len(source) {
		predicate, ok := predicateAt(source, i)
		if !ok || !positional.MatchString(predicate) {
			continue
		}
		before := strings.TrimRight(source[:i], " \t\r\n")
		switch {
		case strings.HasSuffix(before, "]"):
			return fmt.Errorf("a position such as [%s] after another predicate is not supported: "+
				"put what comes before into parentheses to count all nodes together", predicate)
		case unordered.MatchString(before):
			return fmt.Errorf("a position such as [%s] on the axes following and preceding is not supported", predicate)
		}
	}
	return nil
}

var (
	// positional matches a predicate whose value depends on the position of the node.
	positional = regexp.MustCompile(`^[\s\d.+*-]+$|\b(position|last)\s*\(`)
	// unordered matches the end of a step on an axis with wrong positions.
	unordered = regexp.MustCompile(`\b(following|preceding)\s*::\s*[^\s/\[\]|]+$`)
)

// predicateAt returns the content of the predicate that begins at i, if one does.
func predicateAt(source string, i int) (string, bool) {
	if source[i] != '[' {
		return "", false
	}
	depth := 0
	for j := i; j < len(source); j++ {
		switch source[j] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return strings.TrimSpace(source[i+1 : j]), true
			}
		}
	}
	return "", false
}

// evaluate returns the values of the expression, evaluated at the document: the trimmed texts of
// its nodes, or its only value of type string, float64 or bool. Without all it returns at most one.
// A node set without nodes, an empty string, and a number that is not a number are no values.
func (x *xpathExpression) evaluate(doc *html.Node, m *meter, all bool) (values []any) {
	e := x.compiled.Get().(*xpath.Expr)
	defer x.reuse(e)
	switch v := e.Evaluate(newNavigator(doc, m)).(type) {
	case *xpath.NodeIterator:
		for _, n := range nodesOf(v, doc, m) {
			text := strings.TrimSpace(n.value(m))
			m.produce(len(text))
			values = append(values, text)
			if !all {
				break
			}
		}
	case string:
		if v = strings.TrimSpace(v); v != "" {
			values = []any{v}
		}
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = []any{v}
		}
	case bool:
		values = []any{v}
	}
	return values
}

// reuse lets the expression be used again. After a panic it may be in any state.
func (x *xpathExpression) reuse(e *xpath.Expr) {
	if p := recover(); p != nil {
		panic(p)
	}
	x.compiled.Put(e)
}

// errNoNodes says that the value of an expression is no node set.
var errNoNodes = errors.New("its value is not a set of nodes")

// elements returns the elements of the node set, in the order of the document.
func (x *xpathExpression) elements(doc *html.Node, m *meter) (elements []*html.Node, err error) {
	e := x.compiled.Get().(*xpath.Expr)
	defer x.reuse(e)
	v, ok := e.Evaluate(newNavigator(doc, m)).(*xpath.NodeIterator)
	if !ok {
		return nil, errNoNodes
	}
	for _, n := range nodesOf(v, doc, m) {
		if n.attribute < 0 && n.Type == html.ElementNode {
			elements = append(elements, n.Node)
		}
	}
	return elements, nil
}

// An xpathNode is a node of a node set: a node of the page, or the attribute with an index.
type xpathNode struct {
	*html.Node
	attribute int // -1 for the node itself
}

// value returns the string value of the node.
func (n xpathNode) value(m *meter) string {
	switch {
	case n.attribute >= 0:
		return n.Attr[n.attribute].Val
	case n.Type == html.TextNode, n.Type == html.CommentNode:
		return n.Data
	}
	return textOf(n.Node, m)
}

// nodesOf returns the nodes of a node set, each once and in the order of the document. Package
// xpath repeats nodes that it finds on several ways, and returns them in the order in which it
// finds them.
func nodesOf(v *xpath.NodeIterator, doc *html.Node, m *meter) (nodes []xpathNode) {
	found := map[*html.Node][]int{} // attributes
	for v.MoveNext() {
		n := v.Current().(*navigator)
		node := xpathNode{n.Current(), n.attribute()}
		if !slices.Contains(found[node.Node], node.attribute) {
			found[node.Node] = append(found[node.Node], node.attribute)
			nodes = append(nodes, node)
		}
	}
	if len(nodes) < 2 {
		return nodes
	}
	return inOrder(nodes[:0], found, doc, m)
}

// inOrder appends the nodes that were found at n or inside it, in the order of the document.
func inOrder(nodes []xpathNode, found map[*html.Node][]int, n *html.Node, m *meter) []xpathNode {
	m.spend(1)
	if attributes := found[n]; attributes != nil {
		slices.Sort(attributes)
		for _, a := range attributes {
			nodes = append(nodes, xpathNode{n, a})
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		nodes = inOrder(nodes, found, c, m)
	}
	return nodes
}

// xpath compiles the XPath expression of the part.
func (c compiler) xpath(source string) *xpathExpression {
	x, err := newXPath(source)
	if err != nil {
		c.fail("xpath", "an XPath expression", err)
	}
	return x
}
