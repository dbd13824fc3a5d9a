package warc

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"golang.org/x/net/http/httpguts"
)

// hidden are the headers that are never written, because they hold credentials or because they
// belong to the connection (RFC 9110, section 7.6.1). Host is written apart.
var hidden = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Cookie2": true,
	"Set-Cookie": true, "Set-Cookie2": true,
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Proxy-Authenticate": true,
	"Proxy-Authentication-Info": true, "Te": true, "Trailer": true, "Upgrade": true, "Host": true,
}

// transfer are the headers that describe the body as it was transferred. Those of a response are
// renamed, as Common Crawl does.
var transfer = []string{"Content-Encoding", "Content-Length", "Transfer-Encoding"}

// notStored are the headers of a response that are not written under their own names.
var notStored = func() map[string]bool {
	all := maps.Clone(hidden)
	for _, name := range transfer {
		all[name] = true
	}
	return all
}()

// responseHead returns the status line and the header of the response, as they are stored.
func (x *Exchange) responseHead() []byte {
	if x.head != nil {
		return x.head
	}
	var b bytes.Buffer
	length := strconv.Itoa(len(x.Body))
	b.Grow(512)
	b.WriteString(version(x.Proto) + " ")
	fmt.Fprintf(&b, "%03d", x.Status)
	b.WriteString(" " + http.StatusText(x.Status) + "\r\nContent-Length: " + length + "\r\n")
	header := clean(x.Header)
	_ = header.WriteSubset(&b, notStored)
	for _, name := range transfer {
		if values := header[name]; values != nil && !slices.Equal(values, []string{length}) {
			_ = http.Header{"X-Crawler-" + name: values}.Write(&b)
		}
	}
	b.WriteString("\r\n")
	x.head = b.Bytes()
	return x.head
}

// requestHead returns the request line and the header of the request, as they are stored.
func (x *Exchange) requestHead() []byte {
	method, header := http.MethodGet, http.Header(nil)
	requested, _ := url.Parse(x.URL)
	if x.Request != nil {
		method, header, requested = x.Request.Method, clean(x.Request.Header), x.Request.URL
	}
	target, host := "/", ""
	if requested != nil {
		target, host = requested.RequestURI(), requested.Host
	}
	excluded := hidden
	if len(x.Hidden) > 0 {
		excluded = maps.Clone(hidden)
		for _, name := range x.Hidden {
			excluded[http.CanonicalHeaderKey(name)] = true
		}
	}
	var b bytes.Buffer
	b.Grow(512)
	b.WriteString(cleanText(method) + " " + cleanText(target) + " " + version(x.Proto) + "\r\nHost: " + cleanText(host) + "\r\n")
	_ = header.WriteSubset(&b, excluded)
	b.WriteString("\r\n")
	return b.Bytes()
}

// clean returns a header with canonical names and without control characters, which would damage
// the record. Almost every header is returned unchanged.
func clean(h http.Header) http.Header {
	if isClean(h) {
		return h
	}
	cleaned := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			cleaned.Add(name, cleanText(v))
		}
	}
	return cleaned
}

func isClean(h http.Header) bool {
	for name, values := range h {
		if http.CanonicalHeaderKey(name) != name {
			return false
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return false
			}
		}
	}
	return true
}

// version returns the version of HTTP in a start line. A message of HTTP/2 is stored as one of
// HTTP/1.1, since its own form is binary.
func version(proto string) string {
	if proto == "HTTP/1.0" {
		return proto
	}
	return "HTTP/1.1"
}
