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
	for _, call := range xpathCall.FindAllStringSubmatch(xpathString.ReplaceAllString(source, `""`), -1) {
		name := call[1]
		if i := strings.LastIndex(name, "::"); i >= 0 { // an axis
			name = name[i+2:]
		}
		if slices.Contains([]string{"and", "or", "div", "mod"}, name) || slices.Contains(nodeTests, name) {
			continue
		}
		if !slices.Contains(xpathFunctions, name) {
			return nil, fmt.Errorf("the function %s is not supported; supported: %s", name, strings.Join(xpathFunctions, ", "))
		}
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

// evaluate returns the values of the expression, evaluated at a node: the trimmed texts of its
// nodes, or its only value of type string, float64 or bool. Without all it returns at most one. A
// node set without nodes, an empty string, and a number that is not a number are no values.
func (x *xpathExpression) evaluate(n *html.Node, m *meter, all bool) []any {
	e := x.compiled.Get().(*xpath.Expr)
	var values []any
	switch v := e.Evaluate(newNavigator(n, m)).(type) {
	case *xpath.NodeIterator:
		for v.MoveNext() {
			text := strings.TrimSpace(v.Current().Value())
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
	x.compiled.Put(e) // not after a panic, which leaves it in any state
	return values
}

// errNoNodes says that the value of an expression is no node set.
var errNoNodes = errors.New("its value is not a set of nodes")

// elements returns the elements of the node set, in the order in which package xpath finds them.
func (x *xpathExpression) elements(n *html.Node, m *meter) ([]*html.Node, error) {
	e := x.compiled.Get().(*xpath.Expr)
	v, ok := e.Evaluate(newNavigator(n, m)).(*xpath.NodeIterator)
	if !ok {
		return nil, errNoNodes
	}
	var nodes []*html.Node
	for v.MoveNext() {
		if v.Current().NodeType() == xpath.ElementNode {
			nodes = append(nodes, v.Current().(*navigator).Current())
		}
	}
	x.compiled.Put(e)
	return nodes, nil
}

// xpath compiles the XPath expression of the part.
func (c compiler) xpath(source string) *xpathExpression {
	x, err := newXPath(source)
	if err != nil {
		c.fail("xpath", "an XPath expression", err)
	}
	return x
}
