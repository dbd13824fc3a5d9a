package pipeline

import (
	"errors"
	"fmt"

	"golang.org/x/net/html"
	"golang.org/x/sync/semaphore"
)

// The bounds of the trees of pages. Sizes are those that parserInput estimates, which are up to
// about twice what a tree takes.
const (
	// maxTree bounds the tree of one page, in bytes.
	maxTree = 160 << 20
	// maxTrees bounds the expected sizes of all trees at a time, in bytes. A page that is expected
	// to need more is parsed alone.
	maxTrees = 160 << 20
	// maxAttributes bounds the attributes of one element.
	maxAttributes = 2000
)

var (
	// trees bounds the expected sizes of trees.
	trees = semaphore.NewWeighted(maxTrees)
	// expanding is held for the one page that may need more memory than expected.
	expanding = semaphore.NewWeighted(1)
)

var (
	errTooLarge   = fmt.Errorf("the page has too many elements: more than %d MB", maxTree>>20)
	errAttributes = fmt.Errorf("an element of the page has more than %d attributes", maxAttributes)
	errUnfinished = errors.New("the page could not be parsed")
)

// expected returns how large the tree of a page usually is at most.
func expected(text []byte) int64 { return min(1<<20+20*int64(len(text)), maxTrees) }

// parse parses the page. Package html refuses pages that nest more than 512 elements, which also
// bounds the stack of everything that walks the tree.
func (ev *evaluation) parse() (*html.Node, error) {
	r := &parserInput{ev: ev, rest: ev.text()}
	r.allowed = expected(r.rest)
	if err := trees.Acquire(ev.ctx, r.allowed); err != nil {
		return nil, err
	}
	ev.release = append(ev.release, func() { trees.Release(expected(ev.text())) })
	doc, err := html.ParseWithOptions(r, html.ParseOptionEnableScripting(false), r.option())
	if r.err != nil { // the parser takes an error after text for the end
		err = r.err
	}
	return doc, err
}

// expand lets a page take more memory than expected. Only one page may at a time.
func (ev *evaluation) expand() error {
	if ev.alone {
		return nil
	}
	if err := expanding.Acquire(ev.ctx, 1); err != nil {
		return err
	}
	ev.alone = true
	ev.release = append(ev.release, func() { expanding.Release(1) })
	return nil
}
