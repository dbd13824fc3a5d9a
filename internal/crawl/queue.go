package crawl

import (
	"encoding/binary"

	"github.com/inndx/runs/internal/weburl"
)

// A queue holds the URLs of one depth and their referrers, first in, first out. A million URLs are
// one allocation without pointers.
//
// A URL is stored as the length of the prefix that it shares with the URL before it, and the rest.
// The URLs of a page are pushed one after the other, so its URL, their referrer, is stored only
// with the first of them, in the same way. The first entries are removed and the last ones are
// added, so both ends have what they need: the last URL and referrer there.
type queue struct {
	depth int
	buf   []byte
	start int // of the first entry in buf

	lastURL, lastReferrer string // of the last entry that was pushed

	read     int    // bytes of the first entry in buf, 0 if it was not read yet
	url      []byte // of the first entry, or the one before it
	referrer string // of the first entry, or the one before it
}

func (q *queue) empty() bool { return q.start == len(q.buf) }

// push adds a URL. It returns the bytes by which the queue grew.
func (q *queue) push(url, referrer string) int {
	const numbers = 4 * binary.MaxVarintLen64
	if q.start > len(q.buf)/2 && len(q.buf)+len(url)+len(referrer)+numbers > cap(q.buf) {
		q.buf = q.buf[:copy(q.buf, q.buf[q.start:])]
		q.start = 0
	}
	before := len(q.buf)
	shared := uint64(weburl.SharedPrefix(q.lastURL, url))
	changed := referrer != q.lastReferrer
	head := shared << 1
	if changed {
		head |= 1
	}
	q.buf = appendRest(binary.AppendUvarint(q.buf, head), url[shared:])
	if changed {
		shared := weburl.SharedPrefix(q.lastReferrer, referrer)
		q.buf = appendRest(binary.AppendUvarint(q.buf, uint64(shared)), referrer[shared:])
	}
	q.lastURL, q.lastReferrer = url, referrer
	return len(q.buf) - before
}

// peek returns the first URL. The result is valid until it is removed and peek is called again.
func (q *queue) peek() []byte {
	if q.read > 0 {
		return q.url
	}
	b := q.buf[q.start:]
	head, b := cutUvarint(b)
	rest, b := cutRest(b)
	q.url = append(q.url[:head>>1], rest...)
	if head&1 == 1 {
		var shared uint64
		shared, b = cutUvarint(b)
		rest, b = cutRest(b)
		q.referrer = q.referrer[:shared] + string(rest)
	}
	q.read = len(q.buf) - q.start - len(b)
	return q.url
}

// pop removes the first URL and returns it, with its referrer and the bytes by which the queue
// shrank. The URL is valid until the next call of peek or pop.
func (q *queue) pop() (url []byte, referrer string, size int) {
	url, size = q.peek(), q.read
	q.start += size
	q.read = 0
	return url, q.referrer, size
}

func appendRest(b []byte, rest string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(rest))), rest...)
}

func cutUvarint(b []byte) (v uint64, after []byte) {
	v, n := binary.Uvarint(b)
	return v, b[n:]
}

func cutRest(b []byte) (rest, after []byte) {
	n, b := cutUvarint(b)
	return b[:n], b[n:]
}
