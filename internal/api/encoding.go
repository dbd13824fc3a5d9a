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

// minGzipSize is the size in bytes above which a body is compressed. A smaller body fits a packet
// or two without compression.
const minGzipSize = 1 << 10

// gzipped returns resp with a compressed body if the body is large enough and the client accepts
// gzip. In the response to a GET or HEAD, the entity tag identifies the compressed representation.
// In the response to a write, it identifies the state and does not change.
func (resp response) gzipped(r *http.Request) response {
	if len(resp.body) <= minGzipSize || !acceptsGzip(r.Header) {
		return resp
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if tag, ok := strings.CutSuffix(resp.etag, `"`); ok && reads {
		resp.etag = tag + gzipSuffix
	}
	if !resp.allowsBody() {
		return resp
	}
	resp.body, resp.encoding = compress(resp.body), "gzip"
	return resp
}

// gzipWriters reuses writers, because making one takes longer than compressing a page.
var gzipWriters = sync.Pool{New: func() any {
	zw, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // unreachable: the level is valid
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
		panic(err) // unreachable: a write to a bytes.Buffer does not fail
	}
	return b.Bytes()
}

// acceptsGzip reports whether the client accepts gzip and does not prefer an uncompressed body
// (RFC 9110, section 12.5.3).
func acceptsGzip(h http.Header) bool {
	quality := map[string]float64{}
	for element := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(element, ";")
		q := 1.0
		if name, value, ok := strings.Cut(strings.TrimSpace(params), "="); ok && strings.EqualFold(name, "q") {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				q = 0 // invalid weight: do not risk a coding that the client rejects
			}
		}
		quality[strings.ToLower(strings.TrimSpace(coding))] = q
	}
	q, named := quality["gzip"]
	if !named {
		if q, named = quality["x-gzip"]; !named { // the old name of gzip
			q = quality["*"]
		}
	}
	return q > 0 && q >= quality["identity"]
}
