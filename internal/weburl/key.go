package weburl

import (
	"bytes"
	"crypto/sha256"
)

// A Key stands for a URL wherever URLs are compared, counted or named: the first half of the
// SHA-256 of its text. The API shows it as url_hash, so it is the same in every process and
// version.
//
// Equal keys mean equal URLs. Collisions are not resolved, because none is expected: two of 2^40
// URLs share a key with a probability of about 2^-49, and finding such a pair on purpose takes
// about 2^64 hashes. A faster, weaker hash would let a site choose URLs that take the place of
// another site's.
type Key [sha256.Size / 2]byte

// Key returns the key of the URL.
func (u URL) Key() Key { return KeyOfText(u.s) }

// KeyOf returns the key of a URL that was normalised by this version or an earlier one. A URL with
// an apostrophe is normalised again, because earlier versions did not encode apostrophes in
// queries, and both spellings are one URL. Any other text has the key that KeyOfText returns.
func KeyOf[T string | []byte](url T) Key {
	var buf [256]byte
	b := append(buf[:0], url...) // a conversion would allocate
	if bytes.IndexByte(b, '\'') >= 0 {
		if u, err := Parse(string(b)); err == nil {
			return u.Key()
		}
	}
	return keyOf(b)
}

// KeyOfText returns the key of a text as it is written, which need not be a URL: a seed may be any
// text.
func KeyOfText[T string | []byte](text T) Key {
	var buf [256]byte
	return keyOf(append(buf[:0], text...)) // a conversion would allocate
}

func keyOf(text []byte) Key {
	sum := sha256.Sum256(text)
	return Key(sum[:len(Key{})])
}
