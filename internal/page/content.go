package page

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"

	"github.com/inndx/runs/internal/weburl"
)

// htmlTypes are the media types of documents that have links.
var htmlTypes = map[string]bool{"text/html": true, "application/xhtml+xml": true}

// isHTML reports whether a body is HTML by its content type or, when that says nothing, by
// its first bytes.
func isHTML(contentType string, body []byte) bool {
	switch t := mediaType(contentType); t {
	case "", "unknown/unknown", "application/unknown", "*/*": // WHATWG MIME Sniffing, section 7
		return strings.HasPrefix(http.DetectContentType(body), "text/html")
	default:
		return htmlTypes[t]
	}
}

// mediaType returns the type of a Content-Type header without parameters, in lower case,
// and nothing when it is not one.
func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	if !strings.Contains(t, "/") {
		return ""
	}
	return t
}

// toUTF8 returns a document's body in UTF-8, and its encoding when that is another. It finds
// the encoding as browsers do: byte order mark, header, meta element, guess.
func toUTF8(contentType string, body []byte) ([]byte, encoding.Encoding) {
	if isUTF8(contentType) && !bytes.HasPrefix(body, []byte("\xff\xfe")) && !bytes.HasPrefix(body, []byte("\xfe\xff")) {
		return body, nil
	}
	enc, name, certain := charset.DetermineEncoding(body, contentType)
	switch {
	case name == "utf-8", name == "replacement", !certain && utf8.Valid(body):
		return body, nil
	}
	decoded, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return body, nil
	}
	if strings.HasPrefix(name, "utf-16") {
		enc = nil // browsers encode its queries in UTF-8
	}
	return decoded, enc
}

// isUTF8 reports whether a Content-Type header names UTF-8, without the cost of looking for
// anything else.
func isUTF8(contentType string) bool {
	_, params, found := strings.Cut(contentType, ";")
	if !found {
		return false
	}
	if p := strings.TrimSpace(params); strings.EqualFold(p, "charset=utf-8") {
		return true
	}
	_, all, err := mime.ParseMediaType(contentType)
	return err == nil && strings.EqualFold(all["charset"], "utf-8")
}

// encodeQuery writes what is not ASCII in the query of ref in the document's encoding,
// percent-encoded, as browsers do; paths are always UTF-8 (WHATWG URL, "percent-encode
// after encoding").
func encodeQuery(enc encoding.Encoding, ref []byte) []byte {
	start := bytes.IndexByte(ref, '?')
	if start < 0 {
		return ref
	}
	query, _, _ := bytes.Cut(ref[start:], []byte("#"))
	if len(query) > 3*weburl.MaxLength { // too long however it is encoded
		return ref
	}
	out := bytes.Clone(ref[:start])
	encoder := enc.NewEncoder()
	for len(query) > 0 {
		r, size := utf8.DecodeRune(query)
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		} else if b, err := encoder.Bytes(query[:size]); err == nil {
			out = appendEscapes(out, b)
		} else {
			out = appendEscapes(out, []byte("&#"+strconv.Itoa(int(r))+";"))
		}
		query = query[size:]
	}
	return out
}

func appendEscapes(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
	}
	return dst
}

// NoFollow reports whether values of X-Robots-Tag headers ask the crawler with the given
// product token not to follow the links of the answer. A directive may be for one crawler,
// as in "inndx: nofollow"; it then is for those after it in the same value, too.
func NoFollow(values []string, product string) bool {
	for _, value := range values {
		applies := true
		for _, part := range strings.Split(value, ",") {
			if name, directive, ok := strings.Cut(part, ":"); ok && !hasValue[normal(name)] {
				applies = product != "" && normal(name) == product
				part = directive
			}
			if applies && forbidsFollow(part) {
				return true
			}
		}
	}
	return false
}

// hasValue are the directives that have a value behind a colon, and so look like the name
// of a crawler.
var hasValue = map[string]bool{
	"unavailable_after": true, "max-snippet": true, "max-image-preview": true, "max-video-preview": true,
}

// forbidsFollow reports whether nofollow is among directives that commas separate.
func forbidsFollow(directives string) bool {
	for _, d := range strings.Split(directives, ",") {
		if d = normal(d); d == "nofollow" || d == "none" {
			return true
		}
	}
	return false
}

func normal(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
