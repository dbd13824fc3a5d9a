package weburl

import "strings"

// allocatorBlock is how many bytes of URLs are allocated at a time. A URL keeps all of its block in
// memory.
const allocatorBlock = 1 << 10

// An Allocator resolves references to URLs whose texts share memory, as the links of a page do, so
// that most of them need no allocation. The zero Allocator is ready to use. It must not be copied
// after its first use.
type Allocator struct{ block strings.Builder }

// Resolve is like base.ResolveBytes.
func (a *Allocator) Resolve(base URL, ref []byte) (URL, error) {
	var out [256]byte
	b, hostEnd, pathEnd, err := appendResolved(out[:0], base, ref)
	if err != nil {
		return URL{}, err
	}
	return URL{a.text(b), uint16(hostEnd), uint16(pathEnd)}, nil
}

// text returns a copy of b.
func (a *Allocator) text(b []byte) string {
	if len(b) > allocatorBlock/4 {
		return string(b)
	}
	if a.block.Cap()-a.block.Len() < len(b) {
		a.block.Reset() // its strings stay valid
		a.block.Grow(allocatorBlock)
	}
	start := a.block.Len()
	a.block.Write(b)
	return a.block.String()[start:]
}
