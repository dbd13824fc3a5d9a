package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// A response is the result of a handler. It is complete before its first byte is written, so
// that any failure can still become an error response.
type response struct {
	status       int
	contentType  string
	body         []byte
	encoding     string   // Content-Encoding of body; empty if body is not encoded
	content      *content // if not nil, the body instead of body
	stream       stream   // if not nil, sends the body, after the header
	etag         string
	location     string // of a created resource, relative to the request's URL
	next         string // URL of the next page, relative to the request's URL
	retryAfter   string
	allow        []string
	contentRange string // of a 416
	csp          string // Content-Security-Policy of body
	cacheControl string // empty if the response must not be stored
}

// jsonResponse returns v as JSON. It panics if v cannot be encoded, which is a bug. If status is
// not an error, the response has an entity tag.
func jsonResponse(status int, v any) response {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	resp := response{status: status, contentType: "application/json; charset=utf-8", body: b.Bytes()}
	if status < http.StatusBadRequest {
		resp.etag = entityTag(resp.body)
	}
	return resp
}

func noContentResponse() response { return response{status: http.StatusNoContent} }

// allowsBody reports whether the status of the response allows a body.
func (resp response) allowsBody() bool {
	return resp.status != http.StatusNoContent && resp.status != http.StatusNotModified
}

// write sends the response, compressed if that is worthwhile. The response to a HEAD request has
// no body. Of a stream, write sends the header only.
func (resp response) write(w http.ResponseWriter, r *request) {
	resp = resp.gzipped(r.Request)
	resp.setHeader(w.Header(), r.id)
	if resp.allowsBody() && resp.stream == nil {
		w.Header().Set("Content-Length", strconv.FormatInt(resp.length(), 10))
	}
	w.WriteHeader(resp.status)
	switch {
	case !resp.allowsBody() || r.Method == http.MethodHead || resp.stream != nil:
	case resp.content != nil:
		resp.content.write(w)
	default:
		w.Write(resp.body) // an error means that the client has gone
	}
}

// length returns the bytes of the body.
func (resp response) length() int64 {
	if resp.content != nil {
		return resp.content.length
	}
	return int64(len(resp.body))
}

// setHeader sets the header of the response. A 304 has the header of the 200 without the fields
// that describe a body (RFC 9110, section 15.4.5).
func (resp response) setHeader(h http.Header, requestID string) {
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set(headerRequestID, requestID)
	if resp.allowsBody() {
		set("Content-Type", resp.contentType)
		set("Content-Encoding", resp.encoding)
	}
	set("ETag", resp.etag)
	set("Location", resp.location)
	set("Retry-After", resp.retryAfter)
	set("Allow", strings.Join(resp.allow, ", "))
	set("Content-Range", resp.contentRange)
	set("X-Content-Type-Options", "nosniff")
	set("Cross-Origin-Resource-Policy", "same-origin") // only requests without CORS are refused
	if resp.next != "" {
		h.Set("Link", "<"+resp.next+`>; rel="next"`)
	}
	if resp.content != nil {
		resp.content.setHeader(h)
		return
	}
	if resp.stream != nil {
		h.Set("X-Accel-Buffering", "no") // a reverse proxy such as nginx passes on each event at once
	}
	if resp.csp != "" {
		setPageHeader(h, resp.csp)
	}
	h.Set("Cache-Control", cmp.Or(resp.cacheControl, "no-store"))
	h.Add("Vary", "Accept-Encoding")
}

// setPageHeader sets what keeps an HTML page apart from pages of other origins: it gives them neither
// its window nor its address, and uses no devices. See https://cheatsheetseries.owasp.org/ (HTTP
// Security Response Headers).
func setPageHeader(h http.Header, csp string) {
	h.Set("Content-Security-Policy", csp)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
}
