package api

import (
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
)

// A content is the body of a response that is not JSON of the service, such as a page of a site. It
// is neither compressed nor held in memory as a whole. Nothing of it runs as a script in the origin
// of the service, whatever its type is: browsers save it, do not guess another type, and give it an
// opaque origin without permissions if they show it all the same.
type content struct {
	body         io.ReadCloser // nil in the response to a HEAD request
	length       int64         // of body, in bytes
	contentRange string        // Content-Range of a 206
	fileName     string
}

// setHeader sets the fields of the header that the content needs.
func (c *content) setHeader(h http.Header) {
	h.Set("Accept-Ranges", "bytes")
	if c.contentRange != "" {
		h.Set("Content-Range", c.contentRange)
	}
	h.Set("Content-Disposition", attachment(c.fileName))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	// The content never changes, but it may be deleted.
	h.Set("Cache-Control", "private, no-cache")
}

// contentWriteTime bounds the time in which a client takes a piece of the content.
const contentWriteTime = time.Minute

// write sends the content. If the body ends early, the client notices that it got less than
// Content-Length.
func (c *content) write(w http.ResponseWriter) {
	if c.body == nil {
		return
	}
	defer c.body.Close()
	// The deadline of the whole response would be too short for a slow client.
	deadline := http.NewResponseController(w)
	piece := make([]byte, 64<<10)
	for left := c.length; left > 0; {
		n, err := io.ReadFull(c.body, piece[:min(left, int64(len(piece)))])
		_ = deadline.SetWriteDeadline(time.Now().Add(contentWriteTime)) // not every writer has deadlines
		if _, failed := w.Write(piece[:n]); failed != nil || err != nil {
			return
		}
		left -= int64(n)
	}
}

// attachment returns the Content-Disposition of a file that browsers save and do not show. The name
// must be one that fileName returns.
func attachment(name string) string { return `attachment; filename="` + name + `"` }

// notInFileNames matches sequences of characters that file names do not have. The others mean
// nothing to a shell, a file system or a header.
var notInFileNames = regexp.MustCompile(`[^A-Za-z0-9_-]*[^A-Za-z0-9._-]+`)

// maxFileName bounds the bytes of a file name without its extension.
const maxFileName = 100

// extensions are the extensions of the files of common types. Files of other types have the
// extension that the URL has, if any.
var extensions = map[string]string{
	"text/html":              ".html",
	"application/xhtml+xml":  ".xhtml",
	"text/plain":             ".txt",
	"text/markdown":          ".md",
	"application/json":       ".json",
	"application/pdf":        ".pdf",
	"text/css":               ".css",
	"text/javascript":        ".js",
	"application/javascript": ".js",
	"text/xml":               ".xml",
	"application/xml":        ".xml",
	"image/png":              ".png",
	"image/jpeg":             ".jpg",
	"image/gif":              ".gif",
	"image/svg+xml":          ".svg",
	"image/webp":             ".webp",
}

// fileName returns a name for a file with the content of the artifact: the last segment of its
// URL's path, with the extension of its type. The name consists of ASCII letters, digits, dots,
// hyphens and underscores, and does not begin with a dot.
func fileName(a artifact.Artifact) string {
	name := ""
	if u, err := url.Parse(a.URL); err == nil {
		name = path.Base("/" + u.Path)
	}
	name = strings.TrimLeft(notInFileNames.ReplaceAllString(name, "_"), ".")
	ext := path.Ext(name)
	name = strings.TrimSuffix(name, ext)
	if len(ext) > 10 {
		name, ext = name+ext, ""
	}
	if len(name) > maxFileName {
		name = name[:maxFileName]
	}
	if strings.Trim(name, "._-") == "" {
		name = "index"
	}
	if known := extensions[crawllog.Essence(contentType(a))]; known != "" && known != ext {
		name, ext = name+ext, known
	}
	return name + ext
}

// mediaType matches a media type without parameters (RFC 6838, section 4.2).
var mediaType = regexp.MustCompile(`^[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}$`)

// contentType returns the Content-Type of the artifact's content. That of a raw artifact comes from
// a site. A value that is no media type becomes application/octet-stream.
func contentType(a artifact.Artifact) string {
	essence, params, err := mime.ParseMediaType(a.ContentType)
	if err == nil && mediaType.MatchString(essence) {
		if formatted := mime.FormatMediaType(essence, params); formatted != "" {
			return formatted
		}
		return essence
	}
	return "application/octet-stream"
}

// contentTag returns the entity tag of the artifact's content.
func contentTag(a artifact.Artifact) string {
	if a.Digest == (crawllog.Digest{}) {
		return entityTag([]byte(a.ID.String())) // the content never changes
	}
	return `"` + base64.RawURLEncoding.EncodeToString(a.Digest[:16]) + `"`
}

// contentResponse returns resp, which has the whole content, as the request asks for it: not at all
// after a failed precondition or in a response to HEAD, or a range of it. If url is not nil, the
// response is a redirect to the URL that it returns, and otherwise open opens what is sent.
func (r *request) contentResponse(
	resp response, url func() (string, error), open func(byteRange) (io.ReadCloser, error),
) (response, error) {
	resp, err := r.checkConditions(resp)
	if err != nil || resp.status != http.StatusOK || r.Method == http.MethodHead {
		return resp, err
	}
	size := resp.content.length
	part, partial, ok := r.requestedRange(resp.etag, size)
	switch {
	case !ok:
		return rangeNotSatisfiable(size), nil
	case url != nil:
		to, err := url()
		return response{status: http.StatusTemporaryRedirect, location: to}, err
	case partial:
		resp.status = http.StatusPartialContent
		resp.content.length, resp.content.contentRange = part.length, part.contentRange(size)
	}
	resp.content.body, err = open(part)
	return resp, err
}

func rangeNotSatisfiable(size int64) response {
	resp := errorResponse(fault.Because(fault.ReasonRange, "the content has %d bytes, and the range has none of them", size))
	resp.contentRange = "bytes */" + strconv.FormatInt(size, 10)
	return resp
}

// A byteRange is a part of the content.
type byteRange struct{ first, length int64 }

// contentRange returns the Content-Range of the range of content of the given size.
func (b byteRange) contentRange(size int64) string {
	return "bytes " + strconv.FormatInt(b.first, 10) + "-" + strconv.FormatInt(b.first+b.length-1, 10) +
		"/" + strconv.FormatInt(size, 10)
}

var singleRange = regexp.MustCompile(`^(?i:bytes)=[ \t]*([0-9]*)-([0-9]*)[ \t]*$`)

// requestedRange returns the range of the content with the entity tag and the size that the request
// asks for, or the whole content if it asks for no range, for several, or for a range of another
// version of the content (RFC 9110, sections 13.1.5 and 14.2). It reports whether the content has a
// byte of the range. If partial is false, the range is the whole content.
func (r *request) requestedRange(etag string, size int64) (b byteRange, partial, ok bool) {
	whole := byteRange{0, size}
	values := r.Header.Values("Range")
	if len(values) != 1 || r.Method != http.MethodGet {
		return whole, false, true
	}
	if condition := r.Header.Values("If-Range"); len(condition) > 0 && (len(condition) > 1 || condition[0] != etag) {
		return whole, false, true
	}
	m := singleRange.FindStringSubmatch(values[0])
	if m == nil || m[1]+m[2] == "" {
		return whole, false, true
	}
	first, last := number(m[1]), number(m[2])
	switch {
	case m[1] == "": // the last bytes
		n := min(last, size)
		return byteRange{size - n, n}, true, n > 0
	case m[2] == "":
		last = size - 1
	case last < first: // not a range at all
		return whole, false, true
	}
	last = min(last, size-1)
	return byteRange{first, last - first + 1}, true, first < size
}

// number parses decimal digits. A number that is too large becomes the largest one.
func number(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && digits != "" {
		return 1<<63 - 1
	}
	return n
}
