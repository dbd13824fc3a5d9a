package api

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

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
	var b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, err = zw.Write(a.body)
	}
	if err == nil {
		err = zw.Close()
	}
	if err != nil {
		panic(err) // memory takes everything
	}
	a.body, a.encoding = b.Bytes(), "gzip"
	return a
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
