package pipeline

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/inndx/runs/internal/weburl"
)

// The bounds of what is converted to Markdown. What is beyond them loses its form and keeps its
// text.
const (
	// maxQuotes bounds the nesting of quotes and lists, whose lines have a prefix for each level.
	maxQuotes = 12
	// maxCells bounds the cells of a table: its rows times its columns.
	maxCells = 20_000
)

// A copier copies what becomes Markdown of a page: elements with a meaning in Markdown, other
// blocks as div, and the text of everything else. The copy is what the converter changes, and has
// nothing that makes the converter slow or its result large.
type copier struct {
	ev     *evaluation
	base   weburl.URL // what links are relative to
	skip   map[string]bool
	parts  map[*html.Node]bool // see toMarkdown
	quotes int                 // open quotes and lists
	pre    int                 // open pre elements
	text   strings.Builder     // that was not added yet
	size   int                 // of the Markdown, at most
}

// insidePart reports whether an element is inside a part.
func (c *copier) insidePart(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if c.parts[p] {
			return true
		}
	}
	return false
}

// copy adds a copy of n to parent.
func (c *copier) copy(parent, n *html.Node) {
	c.ev.spend(1)
	switch n.Type {
	case html.TextNode:
		c.addText(n.Data)
	case html.DocumentNode:
		c.copyChildren(parent, n)
	case html.ElementNode:
		if c.skip[n.Data] {
			return
		}
		if to := c.element(n); to != nil {
			c.flush(parent)
			c.copyInto(to, n)
			parent.AppendChild(to)
			return
		}
		c.copyChildren(parent, n)
	}
}

func (c *copier) copyChildren(to, n *html.Node) {
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.copy(to, child)
	}
}

// copyInto copies the children of n to its copy.
func (c *copier) copyInto(to, n *html.Node) {
	// Each line of the element gets the prefixes of the open quotes and lists.
	c.grow(1 + 2*c.quotes)
	quote, pre := 0, 0
	switch to.Data {
	case "blockquote", "ul", "ol":
		quote = 1
	case "pre":
		pre = 1
	}
	c.quotes += quote
	c.pre += pre
	c.copyChildren(to, n)
	c.flush(to)
	c.quotes -= quote
	c.pre -= pre
}

// addText adds text. Characters that the converter uses for itself are left out.
func (c *copier) addText(s string) {
	c.ev.spend(int64(len(s)) * int64(4+c.quotes) / 8)
	c.grow(len(s))
	if c.pre > 0 {
		c.grow(2 * c.quotes * strings.Count(s, "\n"))
	}
	for _, r := range s {
		if r >= ' ' && r != '\uf002' || r == '\n' || r == '\t' {
			c.text.WriteRune(r)
		}
	}
}

// grow adds to the size of the Markdown.
func (c *copier) grow(n int) {
	if c.size += n; c.size > maxOutput {
		panic(stop{errTooLong})
	}
}

// flush adds the text to an element.
func (c *copier) flush(to *html.Node) {
	if c.text.Len() > 0 {
		to.AppendChild(&html.Node{Type: html.TextNode, Data: c.text.String()})
		c.text.Reset()
	}
}

// blocks are the elements that are blocks without another meaning.
var blocks = set(`address article aside body center dd details div dl dt fieldset figcaption figure footer header
	hgroup html legend main menu nav p search section summary`)

// kept are the elements with a meaning in Markdown, by the name that the converter knows.
var kept = func() map[string]string {
	m := map[string]string{"b": "strong", "i": "em", "kbd": "code", "samp": "code", "tt": "code", "var": "code"}
	for name := range set(`a blockquote br caption code em h1 h2 h3 h4 h5 h6 hr img li ol pre strong table tbody td tfoot
		th thead tr ul`) {
		m[name] = name
	}
	for name := range blocks {
		m[name] = "div"
	}
	return m
}()

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}

// element returns an empty copy of an element, or nil if only its content is copied.
func (c *copier) element(n *html.Node) *html.Node {
	name := kept[n.Data]
	if name == "" || n.Namespace != "" || c.pre > 0 && name != "br" && name != "code" {
		return nil
	}
	to := &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
	switch name {
	case "a":
		href := c.link(attribute(n, "href"))
		if href == "" {
			return nil
		}
		to.Attr = attributes("href", href, "title", attribute(n, "title"))
	case "img":
		alt := attribute(n, "alt")
		src, ok := c.resolve(attribute(n, "src"))
		if !ok {
			c.addText(alt)
			return nil
		}
		to.Attr = attributes("src", src, "alt", alt, "title", attribute(n, "title"))
	case "code", "pre":
		to.Attr = attributes("class", attribute(n, "class"))
	case "ol":
		if start, err := strconv.ParseUint(attribute(n, "start"), 10, 20); err == nil {
			to.Attr = attributes("start", strconv.FormatUint(start, 10))
		}
	case "table":
		if !c.isTable(n) {
			to.Data, to.DataAtom = "div", atom.Div
		}
	case "td", "th":
		to.Attr = attributes("align", attribute(n, "align"), "colspan", attribute(n, "colspan"), "rowspan", attribute(n, "rowspan"))
	}
	if quoting[name] && c.quotes >= maxQuotes {
		to.Data, to.DataAtom = "div", atom.Div
	}
	return to
}

var quoting = set("blockquote ul ol")

// attribute returns the value of an attribute, or "".
func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// attributes returns the attributes that are not empty. A list has names and values in turn.
func attributes(list ...string) (attrs []html.Attribute) {
	for i := 0; i < len(list); i += 2 {
		if list[i+1] != "" {
			attrs = append(attrs, html.Attribute{Key: list[i], Val: list[i+1]})
		}
	}
	return attrs
}

// link returns the absolute URL of a link, or "" if it leads nowhere: scripts and the like are no
// links for readers.
func (c *copier) link(href string) string {
	trimmed := strings.TrimSpace(href)
	for _, scheme := range []string{"mailto:", "tel:"} {
		if len(trimmed) > len(scheme) && strings.EqualFold(trimmed[:len(scheme)], scheme) {
			return trimmed
		}
	}
	u, ok := c.resolve(href)
	if _, fragment, found := strings.Cut(trimmed, "#"); ok && found && fragment != "" {
		u += "#" + fragment
	}
	return u
}

// resolve returns an absolute http or https URL.
func (c *copier) resolve(ref string) (string, bool) {
	if ref == "" {
		return "", false
	}
	u, err := c.base.Resolve(ref)
	return u.String(), err == nil
}

// isTable reports whether a table stays one. Its spans are bounded together with its cells.
func (c *copier) isTable(n *html.Node) bool {
	var t tableSize
	t.measure(n, &c.ev.meter)
	return t.rows*t.columns+t.spanned <= maxCells
}

// A tableSize is the size of a table, with the cells that other cells span.
type tableSize struct{ rows, columns, spanned int }

func (t *tableSize) measure(n *html.Node, m *meter) {
	cells := 0
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		m.spend(1)
		if child.Type != html.ElementNode {
			continue
		}
		switch child.Data {
		case "tr":
			t.rows++
		case "td", "th":
			width, height := span(child, "colspan"), span(child, "rowspan")
			cells += width
			t.spanned = min(t.spanned+width*height-1, maxCells+1)
			t.rows += height - 1
		}
		t.measure(child, m)
	}
	t.columns = max(t.columns, cells)
}

// span returns the number of columns or rows that a cell spans, at most maxCells.
func span(n *html.Node, name string) int {
	v := attribute(n, name)
	if v == "" {
		return 1
	}
	i, err := strconv.Atoi(v)
	if err != nil && !strings.HasPrefix(v, "-") && len(v) > 18 {
		return maxCells
	}
	return min(max(i, 1), maxCells)
}
