package crawllog

import (
	"encoding/binary"
	"strings"
)

func (r *factsReader) title() string {
	code := r.uint(columnTitles)
	if code == 0 {
		return ""
	}
	r.lastTitle = r.prefixed(columnTitles, r.lastTitle, code-1, maxFactBytes)
	return r.lastTitle
}

// prefixed reads the rest of a string that shares a prefix of n bytes with the last one.
func (r *factsReader) prefixed(id int, last string, n int64, maxBytes int) string {
	rest := r.bytes(id, maxBytes)
	if n > int64(len(last)) || n+int64(len(rest)) > int64(maxBytes) {
		r.fail()
		return ""
	}
	var b strings.Builder
	b.Grow(int(n) + len(rest))
	b.WriteString(last[:n])
	b.Write(rest)
	return b.String()
}

func (r *factsReader) text(id int) string {
	code := r.uint(id)
	if code == 0 {
		return ""
	}
	return r.textAt(code - 1)
}

func (r *factsReader) textAt(i int64) string {
	texts := commonTexts[:]
	if n := int64(len(texts)); i >= n {
		i, texts = i-n, r.texts
	}
	if i >= int64(len(texts)) {
		r.fail()
		return ""
	}
	return texts[i]
}

func (r *factsReader) url(id int, last *recent, predicted string) string {
	code := r.uint(id)
	switch {
	case code == urlNone:
		return ""
	case code == urlPredicted:
		return predicted
	case code < urlReference:
		i := int(code - urlRecent)
		url := last[i]
		last.front(i, url)
		return url
	}
	url := r.referenced(int(code - urlReference))
	last.front(-1, url)
	return url
}

// referenced returns the URL of a reference.
func (r *factsReader) referenced(ref int) string {
	urls := r.urls
	if ref&1 == 1 {
		urls = r.added
	}
	if i := ref >> 1; i >= 0 && i < len(urls) {
		return urls[i]
	}
	r.fail()
	return ""
}

func (r *factsReader) uint(id int) int64 {
	c := &r.columns[id]
	if !c.used || r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(c.buf)
	if n <= 0 || v > maxNumber {
		r.fail()
		return 0
	}
	c.buf = c.buf[n:]
	return int64(v)
}

// difference reads the difference of a number from another one, and returns the number.
func (r *factsReader) difference(id int, from int64) int64 {
	c := &r.columns[id]
	if !c.used || r.err != nil {
		return from
	}
	d, n := binary.Varint(c.buf)
	if n <= 0 || d > maxNumber || d < -maxNumber || from+d < 0 || from+d > maxNumber {
		r.fail()
		return 0
	}
	c.buf = c.buf[n:]
	return from + d
}

func (r *factsReader) bytes(id, maxBytes int) []byte {
	n := r.uint(id)
	c := &r.columns[id]
	if n > int64(maxBytes) || n > int64(len(c.buf)) {
		r.fail()
		return nil
	}
	b := c.buf[:n]
	c.buf = c.buf[n:]
	return b
}
