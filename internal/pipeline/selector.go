package pipeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// The bounds of a CSS selector.
const (
	// maxCompounds bounds the compound selectors, such as div.a, that combinators join.
	maxCompounds = 32
	// maxSearches bounds the pseudo-classes that search the content of an element.
	maxSearches = 4
)

// A selector is a compiled group of CSS selectors. Package cascadia matches the compound selectors
// of each, and this package their combinators: cascadia's time would grow with a power of the depth
// of the page.
type selector []complexSelector

// A complexSelector is a sequence of compound selectors that are joined by combinators.
type complexSelector struct {
	compounds   []compound
	combinators []byte // before each compound but the first: ' ', '>', '+' or '~'
}

// A compound selects elements without regard to other selectors.
type compound struct {
	cascadia.Sel
	timed bool // the time of a match depends on more than the element
}

func (c compound) match(n *html.Node, m *meter) bool {
	m.spend(1)
	if !c.timed {
		return c.Match(n)
	}
	began := time.Now()
	ok := c.Match(n)
	m.spend(int64(time.Since(began) / unitTime))
	return ok
}

// newSelector compiles a group of CSS selectors.
func newSelector(source string) (selector, error) {
	var s selector
	var check compoundCheck
	for _, parts := range splitSelector(source) {
		if len(parts) > maxCompounds {
			return nil, fmt.Errorf("it has more than %d parts", maxCompounds)
		}
		var c complexSelector
		for i, p := range parts {
			if i > 0 {
				c.combinators = append(c.combinators, p.combinator)
			}
			if err := check.check(p.text, ""); err != nil {
				return nil, err
			}
			sel, err := cascadia.Parse(p.text)
			if err != nil {
				return nil, err
			}
			c.compounds = append(c.compounds, compound{sel, strings.Contains(p.text, ":")})
		}
		s = append(s, c)
	}
	return s, nil
}

// search calls found with the elements below n that match the selector, in the order of the
// document, until found returns false.
func (s selector) search(n *html.Node, m *meter, found func(*html.Node) bool) {
	matched := make([]uint64, len(s))
	s.searchChildren(n, m, matched, matched, found)
}

// searchChildren searches the children of an element. For each complex selector, parent says which
// of its beginnings match the element, and ancestors which match the element or one around it: bit
// i stands for the first i+1 compounds.
func (s selector) searchChildren(n *html.Node, m *meter, parent, ancestors []uint64, found func(*html.Node) bool) bool {
	k := len(s)
	state := make([]uint64, 4*k)
	previous, siblings, here, around := state[:k], state[k:2*k], state[2*k:3*k], state[3*k:]
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		m.spend(1)
		if c.Type != html.ElementNode {
			continue
		}
		matches := false
		for i, complex := range s {
			here[i] = complex.match(c, m, parent[i], ancestors[i], previous[i], siblings[i])
			around[i] = ancestors[i] | here[i]
			matches = matches || here[i]>>(len(complex.compounds)-1) != 0
		}
		if matches && !found(c) || !s.searchChildren(c, m, here, around, found) {
			return false
		}
		for i := range s {
			previous[i] = here[i]
			siblings[i] |= here[i]
		}
	}
	return true
}

// match returns which beginnings of the selector match an element.
func (c complexSelector) match(n *html.Node, m *meter, parent, ancestors, previous, siblings uint64) (matched uint64) {
	for i, compound := range c.compounds {
		before := ^uint64(0)
		if i > 0 {
			switch c.combinators[i-1] {
			case ' ':
				before = ancestors
			case '>':
				before = parent
			case '+':
				before = previous
			case '~':
				before = siblings
			}
			before >>= i - 1
		}
		if before&1 == 0 {
			continue
		}
		if compound.match(n, m) {
			matched |= 1 << i
		}
	}
	return matched
}

// selector compiles the CSS selectors of the part.
func (c compiler) selector(source string) selector {
	s, err := newSelector(source)
	if err != nil {
		c.fail("css-selector", "a CSS selector", err)
	}
	return s
}
