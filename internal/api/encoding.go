package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// minGzip is the size in bytes beyond which a body is sent with gzip to a client that takes
// it. A smaller one fits a packet or two as it is.
const minGzip = 1 << 10

// gzipped returns the answer to r with its body compressed when that is worth it and the client
// takes it. The entity tag of what a GET selects says so; that of an answer to a change is for
// the state.
func (a answer) gzipped(r *http.Request) answer {
	if len(a.body) <= minGzip || !takesGzip(r.Header) {
		return a
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if tag, ok := strings.CutSuffix(a.etag, `"`); ok && reads {
		a.etag = tag + gzipSuffix
	}
	if !a.hasBody() {
		return a
	}
	a.body, a.encoding = compress(a.body), "gzip"
	return a
}

// gzipWriters are reused, because a new one takes longer than it needs to compress a page.
var gzipWriters = sync.Pool{New: func() any {
	zw, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level exists
	}
	return zw
}}

// compress returns the body in the gzip format.
func compress(body []byte) []byte {
	var b bytes.Buffer
	zw := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(zw)
	zw.Reset(&b)
	_, err := zw.Write(body)
	if err = errors.Join(err, zw.Close()); err != nil {
		panic(err) // memory takes everything
	}
	return b.Bytes()
}

// takesGzip reports whether the client prefers gzip to no coding, or has both alike (RFC 9110,
// section 12.5.3).
func takesGzip(h http.Header) bool {
	quality := map[string]float64{}
	for element := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(element, ";")
		q := 1.0
		if name, value, ok := strings.Cut(strings.TrimSpace(params), "="); ok && strings.EqualFold(name, "q") {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				q = 0 // no weight that we understand: better no coding than one that is not taken
			}
		}
		quality[strings.ToLower(strings.TrimSpace(coding))] = q
	}
	q, named := quality["gzip"]
	if !named {
		if q, named = quality["x-gzip"]; !named { // its old name
			q = quality["*"]
		}
	}
	return q > 0 && q >= quality["identity"]
}
