package pipeline

import (
	"bytes"
	"io"
	"reflect"

	"golang.org/x/net/html"
)

// What the parts of a tree take, in bytes, with the strings that they keep.
const (
	nodeSize      = 112
	attributeSize = 64
)

// The bounds of a piece that the parser reads. The tree cannot be measured in between.
const (
	maxPiece = 4 << 10 // bytes
	maxTags  = 128
)

// A parserInput is the input of package html's parser. It gives the parser the page in small pieces
// and ends the parsing when the tree becomes too large. The length of a page says little about its
// tree: the parser opens formatting elements such as <b> that were not closed again in each
// paragraph, with all of their attributes, so four bytes can add hundreds of nodes.
type parserInput struct {
	ev      *evaluation
	rest    []byte // of the page
	size    int64  // of the tree, estimated
	allowed int64
	err     error

	// The state of the parser.
	formatting reflect.Value // the active formatting elements, []*html.Node
	token      reflect.Value // the attributes of the last token, []html.Attribute
	attributes reflect.Value // the attributes of the tag that is being read, a slice
	start, end reflect.Value // of the part of the current token that was read
}

// option returns an option that changes nothing. It gets hold of the parser, whose state package
// html does not export.
func (r *parserInput) option() html.ParseOption {
	return reflect.MakeFunc(reflect.TypeFor[html.ParseOption](), func(args []reflect.Value) []reflect.Value {
		parser := args[0].Elem()
		tokenizer := parser.FieldByName("tokenizer").Elem()
		r.formatting = parser.FieldByName("afe")
		r.token = parser.FieldByName("tok").FieldByName("Attr")
		r.attributes = tokenizer.FieldByName("attr")
		raw := tokenizer.FieldByName("raw")
		r.start, r.end = raw.FieldByName("start"), raw.FieldByName("end")
		return nil
	}).Interface().(html.ParseOption)
}

// Read returns the next piece of the page.
func (r *parserInput) Read(p []byte) (int, error) {
	if r.err == nil && r.attributes.Len() > maxAttributes {
		r.err = errAttributes
	}
	if r.err != nil {
		return 0, r.err
	}
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	read := int(r.end.Int() - r.start.Int())
	r.ev.spendBytes(read) // the tokenizer copies it
	again := r.again()
	piece, tags := r.piece(len(p), read, again)
	if r.err = r.grow(again, len(piece), tags); r.err != nil {
		return 0, r.err
	}
	r.rest = r.rest[len(piece):]
	return copy(p, piece), nil
}

// attrField is the index of the field Attr of an html.Node.
var attrField = func() []int {
	f, _ := reflect.TypeFor[html.Node]().FieldByName("Attr")
	return f.Index
}()

// again returns the size of the formatting elements, which each tag may open again.
func (r *parserInput) again() (size int64) {
	for i := range r.formatting.Len() {
		n := r.formatting.Index(i).Elem()
		size += nodeSize + attributeSize*int64(n.FieldByIndex(attrField).Len())
	}
	return size
}

// piece returns the next piece and how many tags begin in it: usually one, so that the size of the
// tree is known before each tag. A long token, such as a script, has more than one of what looks
// like a tag, and the tokenizer copies what it has read of the token before each piece.
func (r *parserInput) piece(n, read int, again int64) (piece []byte, tags int) {
	maximum := min(1+read/maxPiece, maxTags, 1+int(maxTree/8/(nodeSize+again)))
	end := min(len(r.rest), n, max(maxPiece, read/4))
	i := bytes.IndexByte(r.rest[:end], '<')
	if i < 0 {
		return r.rest[:end], 0
	}
	end = min(end, i+maxPiece)
	for tags = 1; tags < maximum; tags++ {
		next := bytes.IndexByte(r.rest[i+1:end], '<')
		if next < 0 {
			return r.rest[:end], tags
		}
		i += 1 + next
	}
	if next := bytes.IndexByte(r.rest[i+1:end], '<'); next >= 0 {
		end = i + 1 + next
	}
	return r.rest[:end], tags
}

// grow adds to the size of the tree what the next piece may add at most. The attributes of the
// piece are not known. Those of the piece before are.
func (r *parserInput) grow(again int64, length, tags int) error {
	if again > 64*nodeSize {
		again *= 8 // a misplaced end tag copies the elements up to eight times
	}
	t := int64(tags)
	r.size += attributeSize*int64(r.token.Len()) + 2*t*nodeSize + t*again
	if t > 1 { // formatting elements of the piece itself
		r.size += t*t*nodeSize + t*int64(length)/2*attributeSize
	}
	if r.size <= r.allowed {
		return nil
	}
	if r.size > maxTree {
		return errTooLarge
	}
	if r.allowed < maxTree {
		r.allowed = maxTree
		return r.ev.expand()
	}
	return nil
}
