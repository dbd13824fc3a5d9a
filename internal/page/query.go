package page

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"github.com/inndx/runs/internal/weburl"
)

// encodeQuery encodes the query of ref as browsers do: characters outside of ASCII are
// percent-encoded in the encoding of the document (WHATWG URL, "percent-encode after encoding").
// Paths are always UTF-8.
func encodeQuery(enc encoding.Encoding, ref []byte) []byte {
	start := bytes.IndexByte(ref, '?')
	if start < 0 {
		return ref
	}
	query, _, _ := bytes.Cut(ref[start:], []byte("#"))
	if len(query) > 3*weburl.MaxLength { // too long in any encoding
		return ref
	}
	out := bytes.Clone(ref[:start])
	encoder := enc.NewEncoder()
	for len(query) > 0 {
		ascii := bytes.IndexFunc(query, func(r rune) bool { return r >= utf8.RuneSelf })
		if ascii < 0 {
			return append(out, query...)
		}
		out = append(out, query[:ascii]...)
		// Some encodings have states and return to the initial state at the end, so the characters
		// are encoded together.
		query = query[ascii:]
		end := bytes.IndexFunc(query, func(r rune) bool { return r < utf8.RuneSelf })
		if end < 0 {
			end = len(query)
		}
		out = appendEncoded(out, encoder, query[:end])
		query = query[end:]
	}
	return out
}

// appendEncoded appends s, which contains no ASCII. Characters that the encoding lacks become HTML
// character references.
func appendEncoded(dst []byte, encoder *encoding.Encoder, s []byte) []byte {
	if b, err := encoder.Bytes(s); err == nil {
		return appendEscapes(dst, b)
	}
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		b, err := encoder.Bytes(s[:size])
		if err != nil {
			b = []byte("&#" + strconv.Itoa(int(r)) + ";")
		}
		dst = appendEscapes(dst, b)
		s = s[size:]
	}
	return dst
}

func appendEscapes(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
	}
	return dst
}
