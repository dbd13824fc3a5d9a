package warc

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"golang.org/x/net/http/httpguts"
)

// hidden are the headers that are never written, because they hold credentials or because they
// belong to the connection (RFC 9110, section 7.6.1).
var hidden = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Cookie": true, "Cookie2": true,
	"Set-Cookie": true, "Set-Cookie2": true,
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Proxy-Authenticate": true,
	"Proxy-Authentication-Info": true, "Te": true, "Trailer": true, "Upgrade": true,
}

// renamed are the headers that do not describe the stored body. The names are those that Common
// Crawl uses for the same purpose.
var renamed = map[string]string{
	"Content-Encoding":  "X-Crawler-Content-Encoding",
	"Transfer-Encoding": "X-Crawler-Transfer-Encoding",
	"Content-Length":    "X-Crawler-Content-Length",
}

// responseHead returns the status line and the header of the response, as they are stored.
func (x *Exchange) responseHead() []byte {
	if x.head != nil {
		return x.head
	}
	header := http.Header{}
	for name, values := range x.Header {
		name = http.CanonicalHeaderKey(name)
		switch to := renamed[name]; {
		case hidden[name]:
		case to != "":
			header[to] = cleanValues(values)
		default:
			header[name] = cleanValues(values)
		}
	}
	length := strconv.Itoa(len(x.Body))
	if slices.Equal(header["X-Crawler-Content-Length"], []string{length}) {
		delete(header, "X-Crawler-Content-Length")
	}
	header["Content-Length"] = []string{length}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %03d %s\r\n", version(x.Proto), x.Status, http.StatusText(x.Status))
	_ = header.Write(&b)
	b.WriteString("\r\n")
	x.head = b.Bytes()
	return x.head
}

// cleanValues returns the values of a header without control characters, which would damage the
// record.
func cleanValues(values []string) []string {
	if !slices.ContainsFunc(values, func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
		return values
	}
	cleaned := make([]string, len(values))
	for i, v := range values {
		cleaned[i] = clean(v)
	}
	return cleaned
}

// requestHead returns the request line and the header of the request, as they are stored.
func (x *Exchange) requestHead() []byte {
	method, header := http.MethodGet, http.Header{}
	requested, _ := url.Parse(x.URL)
	if x.Request != nil {
		method, header, requested = x.Request.Method, x.Request.Header, x.Request.URL
	}
	target, host := "/", ""
	if requested != nil {
		target, host = requested.RequestURI(), requested.Host
	}
	excluded := map[string]bool{"Host": true}
	for _, name := range x.Hidden {
		excluded[http.CanonicalHeaderKey(name)] = true
	}
	written := http.Header{}
	for name, values := range header {
		if name = http.CanonicalHeaderKey(name); !hidden[name] && !excluded[name] {
			written[name] = cleanValues(values)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\nHost: %s\r\n", clean(method), clean(target), version(x.Proto), clean(host))
	_ = written.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}

// version returns the version of HTTP in a start line. A message of HTTP/2 is stored as one of
// HTTP/1.1, since its own form is binary.
func version(proto string) string {
	if proto == "HTTP/1.0" {
		return proto
	}
	return "HTTP/1.1"
}
