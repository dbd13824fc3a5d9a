package pipeline

import (
	"slices"
	"strings"

	"github.com/antchfx/htmlquery"
	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
)

// maxCopies bounds the copies of navigators that one expression makes. A node set that package
// xpath collects has a copy for each node.
const maxCopies = 2_000_000

// A navigator moves through a page for package xpath, which cannot be interrupted: an expression
// such as //*[.//*[.//*]] takes a time that grows with a power of the size of the page. A navigator
// spends a unit for each step, and so ends the evaluation by the panic of the meter.
type navigator struct {
	htmlquery.NodeNavigator
	*xpathMeter
}

// An xpathMeter counts the work of one expression.
type xpathMeter struct {
	*meter
	copies int
}

func newNavigator(n *html.Node, m *meter) *navigator {
	return &navigator{*htmlquery.CreateXPathNavigator(n), &xpathMeter{meter: m}}
}

// attribute returns the index of the attribute that the navigator is at, or -1.
func (n *navigator) attribute() int {
	if n.NodeType() != xpath.AttributeNode {
		return -1
	}
	name := n.LocalName()
	return slices.IndexFunc(n.Current().Attr, func(a html.Attribute) bool { return a.Key == name })
}

// Copy implements xpath.NodeNavigator.
func (n *navigator) Copy() xpath.NodeNavigator {
	n.spend(1)
	if n.copies++; n.copies > maxCopies {
		panic(stop{errTooSlow})
	}
	c := *n
	return &c
}

// MoveTo implements xpath.NodeNavigator.
func (n *navigator) MoveTo(other xpath.NodeNavigator) bool {
	n.spend(1)
	o, ok := other.(*navigator)
	return ok && n.NodeNavigator.MoveTo(&o.NodeNavigator)
}

// MoveToParent implements xpath.NodeNavigator.
func (n *navigator) MoveToParent() bool {
	n.spend(1)
	return n.NodeNavigator.MoveToParent()
}

// MoveToNextAttribute implements xpath.NodeNavigator.
func (n *navigator) MoveToNextAttribute() bool {
	n.spend(1)
	return n.NodeNavigator.MoveToNextAttribute()
}

// MoveToChild implements xpath.NodeNavigator.
func (n *navigator) MoveToChild() bool {
	n.spend(1)
	return n.NodeNavigator.MoveToChild()
}

// MoveToFirst implements xpath.NodeNavigator.
func (n *navigator) MoveToFirst() bool {
	moved := false
	for n.MoveToPrevious() {
		moved = true
	}
	return moved
}

// MoveToNext implements xpath.NodeNavigator.
func (n *navigator) MoveToNext() bool {
	n.spend(1)
	return n.NodeNavigator.MoveToNext()
}

// MoveToPrevious implements xpath.NodeNavigator.
func (n *navigator) MoveToPrevious() bool {
	n.spend(1)
	return n.NodeNavigator.MoveToPrevious()
}

// Value implements xpath.NodeNavigator.
func (n *navigator) Value() string {
	if n.NodeType() == xpath.ElementNode || n.NodeType() == xpath.RootNode {
		return textOf(n.Current(), n.meter)
	}
	v := n.NodeNavigator.Value()
	n.spendBytes(len(v))
	return v
}

// textOf returns the text inside a node.
func textOf(n *html.Node, m *meter) string {
	var b strings.Builder
	appendText(&b, n, m)
	return b.String()
}

func appendText(b *strings.Builder, n *html.Node, m *meter) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		m.spend(1)
		switch c.Type {
		case html.TextNode:
			m.spendBytes(len(c.Data))
			b.WriteString(c.Data)
		case html.ElementNode:
			appendText(b, c, m)
		}
	}
}
