// Package warc writes and reads WARC 1.1 records of fetched pages. See
// https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/.
//
// Each record is a gzip member of its own, so that it can be read without those before it. An
// object of records is the concatenation of its members.
//
// Names, types and header fields come from gowarc. Its record builder is not used, because it
// copies the body of each page; its reader is not used, because it reads a record to its end before
// it returns it, does not bound the header, and decodes encoded words within URLs. It reads what
// this package writes in the tests.
package warc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nlnwa/gowarc/v3"
)

// ContentType is the media type of an object of records.
const ContentType = "application/warc"

// An Exchange is a request and its response. It makes the records of a fetched page. An Exchange
// must not be used by several goroutines at once.
type Exchange struct {
	Run  uuid.UUID // the run that fetched the page
	URL  string
	Date time.Time // when the request was sent, in whole milliseconds
	// Request is the request as it was sent, or nil for a GET without a header. Its URL is another
	// one if a redirect led from URL back to a URL that was fetched before.
	Request *http.Request

	Status int
	Proto  string // of the response, such as "HTTP/1.1"
	Header http.Header
	// Body is the body as it is stored, without any transfer or content coding, and Digest is its
	// SHA-256.
	Body   []byte
	Digest [sha256.Size]byte
	// Truncated says that Body is not the whole body: because of its length or, if Body is empty,
	// because it was not read.
	Truncated bool
	// Hidden are the names of further headers of the request that are not written.
	Hidden []string

	head []byte // of the response, as stored
	date string // as stored
	id   string // of the response record, or of the revisit record in its place
}

// An Original is the exchange of the same run to whose response record a revisit record refers.
type Original struct {
	URL  string
	Date time.Time
}

// ResponseRecord returns a record of type response.
func (x *Exchange) ResponseRecord() []byte {
	x.name()
	h := x.fields(gowarc.Response, x.id)
	h.Add(gowarc.WarcPayloadDigest, digestOf(x.Digest))
	switch {
	case x.Truncated && len(x.Body) == 0:
		h.Add(gowarc.WarcTruncated, "unspecified")
	case x.Truncated:
		h.Add(gowarc.WarcTruncated, "length")
	}
	h.Add(gowarc.ContentType, httpResponse)
	return encode(h, x.responseHead(), x.Body)
}

// RevisitRecord returns a record of type revisit, which is stored in place of the response record
// and has its id. It has the header of the response and refers to a record with the same body.
// After a call of ResponseRecord, Body is not used.
func (x *Exchange) RevisitRecord(o Original) []byte {
	x.name()
	h := x.fields(gowarc.Revisit, x.id)
	h.Add(gowarc.WarcProfile, gowarc.ProfileIdenticalPayloadDigestV1_1)
	h.AddId(gowarc.WarcRefersTo, recordID(x.Run, o.URL, dateOf(o.Date)))
	h.Add(gowarc.WarcRefersToTargetURI, cleanText(o.URL))
	h.Add(gowarc.WarcRefersToDate, dateOf(o.Date))
	h.Add(gowarc.WarcPayloadDigest, digestOf(x.Digest))
	h.Add(gowarc.WarcTruncated, "length")
	h.Add(gowarc.ContentType, httpResponse)
	return encode(h, x.responseHead(), nil)
}

// RequestRecord returns a record of type request.
func (x *Exchange) RequestRecord() []byte {
	x.name()
	h := x.fields(gowarc.Request, "")
	h.AddId(gowarc.WarcConcurrentTo, x.id)
	h.Add(gowarc.ContentType, httpRequest)
	return encode(h, x.requestHead(), nil)
}

// ConversionRecord returns a record of type conversion with content that was made of the response.
// If the response is stored too, the record refers to it.
func (x *Exchange) ConversionRecord(contentType string, content []byte, digest [sha256.Size]byte, stored bool) []byte {
	x.name()
	h := x.fields(gowarc.Conversion, "")
	if stored {
		h.AddId(gowarc.WarcRefersTo, x.id)
	}
	h.Add(gowarc.WarcPayloadDigest, digestOf(digest))
	h.Add(gowarc.ContentType, cleanText(contentType))
	return encode(h, nil, content)
}

// Info describes the records that follow it in an object.
type Info struct {
	Name     string // of the object
	Software string
	Run      string // the run that fetched the pages
	Date     time.Time
}

// Record returns a record of type warcinfo.
func (i Info) Record() []byte {
	h := &gowarc.WarcFields{}
	h.Add(gowarc.WarcType, gowarc.Warcinfo.String())
	h.AddId(gowarc.WarcRecordID, uuid.New().URN())
	h.Add(gowarc.WarcDate, dateOf(i.Date))
	h.Add(gowarc.WarcFilename, cleanText(i.Name))
	h.Add(gowarc.ContentType, gowarc.ApplicationWarcFields)
	block := fmt.Sprintf("software: %s\r\nformat: WARC File Format 1.1\r\nconformsTo: %s\r\nisPartOf: %s\r\n",
		cleanText(i.Software), specification, cleanText(i.Run))
	return encode(h, []byte(block), nil)
}

// specification is what the records conform to.
const specification = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"

const (
	httpRequest  = gowarc.ApplicationHttp + "; msgtype=request"
	httpResponse = gowarc.ApplicationHttp + "; msgtype=response"
)

// fields returns the first fields of a record of the exchange. An empty id means a random one.
func (x *Exchange) fields(t gowarc.RecordType, id string) *gowarc.WarcFields {
	if id == "" {
		id = uuid.New().URN()
	}
	h := make(gowarc.WarcFields, 0, 12)
	h.Add(gowarc.WarcType, t.String())
	h.AddId(gowarc.WarcRecordID, id)
	h.Add(gowarc.WarcDate, x.date)
	h.Add(gowarc.WarcTargetURI, cleanText(x.URL))
	return &h
}

// name sets what identifies the exchange.
func (x *Exchange) name() {
	if x.id == "" {
		x.date = dateOf(x.Date)
		x.id = recordID(x.Run, x.URL, x.date)
	}
}

// recordID returns the id of the response record of a URL that a run fetched at a date. It is the
// same whenever it is computed, so that a revisit record can name a record that was written long
// before.
func recordID(run uuid.UUID, url, date string) string {
	return uuid.NewSHA1(run, []byte(date+" "+url)).URN()
}

// dateOf returns a WARC-Date with milliseconds, which the tools of the field can read.
func dateOf(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func digestOf(sum [sha256.Size]byte) string { return "sha256:" + hex.EncodeToString(sum[:]) }

// cleanText returns a text with spaces in place of control characters, which would end or damage a
// header field.
func cleanText(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\x7f' {
			return ' '
		}
		return r
	}, value)
}
