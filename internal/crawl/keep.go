package crawl

import (
	"crypto/sha256"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/warc"
	"github.com/inndx/runs/internal/weburl"
)

// What a run keeps of a response is encoded where the response was fetched. It waits with its
// outcome for a commit, whose object is stored just before the parts of the log that say where in
// the object it is. So no part of the log names a record that does not exist.

const (
	// keptDue is how many bytes of records make a commit due at once, and keptFull how many keep
	// the run from fetching until a commit has ended.
	keptDue  = 16 << 20
	keptFull = 64 << 20
)

// A keptPage holds the records of one response, and the artifacts whose contents they are. It is
// made by the goroutine that fetched the response, and then belongs to the worker's.
type keptPage struct {
	artifacts []crawllog.Artifact
	exchange  *warc.Exchange // without its body, whose memory is used again
	empty     bool           // the body is empty
	request   []byte
	response  []byte   // or the revisit record in its place; nil if only parsed content is kept
	parsed    [][]byte // of the parsed artifacts, in their order

	original *original // what the revisit record refers to; nil for a response record
	first    *original // what later revisit records refer to; nil if there will be none
}

// keep encodes what the pipelines keep of the response from u that led to the outcome of a result.
func (ft *fetcher) keep(u weburl.URL, r *fetch.Response, res *result) *keptPage {
	o := res.outcome
	k := &keptPage{empty: len(r.Body) == 0, exchange: &warc.Exchange{
		Run: ft.run.ID, URL: u.String(), Date: o.CapturedAt(), Request: r.Request,
		Status: r.Status, Proto: r.Proto, Header: r.Header, Body: r.Body, Digest: o.Digest,
		Truncated: r.Truncated || len(r.Body) == 0 && r.Bytes > 0,
		Hidden:    ft.settings.secretHeaders,
	}}
	x := k.exchange
	if x.Digest == (crawllog.Digest{}) {
		x.Digest = sha256.Sum256(r.Body)
	}
	for _, c := range res.contents {
		a := crawllog.Artifact{
			Kind: c.Kind, PipelineID: c.PipelineID, Directory: c.Directory, KeyStrategy: c.KeyStrategy,
		}
		if c.Kind == crawllog.Parsed {
			a.ContentType, a.Size, a.Digest = c.ContentType, int64(len(c.Body)), sha256.Sum256(c.Body)
		} else {
			a.ContentType, a.Size, a.Digest, a.Truncated = r.ContentType, int64(len(r.Body)), x.Digest, x.Truncated
			if c.Kind == crawllog.Asset {
				a.Page = res.page
			}
			k.encodeResponse(ft.originals)
		}
		k.artifacts = append(k.artifacts, a)
	}
	for i, a := range k.artifacts {
		if a.Kind == crawllog.Parsed {
			k.parsed = append(k.parsed, x.ConversionRecord(a.ContentType, res.contents[i].Body, a.Digest, k.response != nil))
		}
	}
	x.Body = nil
	return k
}

// encodeResponse encodes the request and the response, unless it already has.
func (k *keptPage) encodeResponse(known *originals) {
	if k.response != nil {
		return
	}
	k.request = k.exchange.RequestRecord()
	if k.original = known.find(k); k.original != nil {
		k.response = k.exchange.RevisitRecord(k.original.exchange())
	} else {
		k.response = k.exchange.ResponseRecord()
	}
}

// size returns the bytes of the records.
func (k *keptPage) size() int64 {
	n := len(k.request) + len(k.response)
	for _, record := range k.parsed {
		n += len(record)
	}
	return int64(n)
}

// locate sets the locations of the artifacts, whose records begin at the offset of the object. It
// returns the offset behind them.
func (k *keptPage) locate(object string, offset int64) int64 {
	next := func(record []byte) crawllog.Location {
		l := crawllog.Location{Object: object, Offset: offset, Length: int64(len(record))}
		offset += l.Length
		return l
	}
	next(k.request)
	response := next(k.response)
	if k.first != nil {
		k.first.location = response
	}
	parsed := k.parsed
	for i := range k.artifacts {
		switch a := &k.artifacts[i]; {
		case a.Kind == crawllog.Parsed:
			a.Location = next(parsed[0])
			parsed = parsed[1:]
		case k.original != nil:
			a.Location, a.Original = response, k.original.location
		default:
			a.Location = response
		}
	}
	return offset
}

// appendTo appends the records to an object, in the order of locate.
func (k *keptPage) appendTo(object []byte) []byte {
	object = append(object, k.request...)
	object = append(object, k.response...)
	for _, record := range k.parsed {
		object = append(object, record...)
	}
	return object
}
