package crawllog

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// cutFacts returns the facts of a part, decompressed, and the frame of its records.
func cutFacts(frames []byte) (facts *factsReader, records []byte, err error) {
	if len(frames) < 8 || binary.LittleEndian.Uint32(frames) != skippableMagic {
		return nil, frames, nil
	}
	n := uint64(binary.LittleEndian.Uint32(frames[4:]))
	frames = frames[8:]
	if n > uint64(len(frames)) {
		return nil, nil, errCorrupt
	}
	body, records := frames[:n], frames[n:]
	size, w := binary.Uvarint(body)
	if w <= 0 || size > uint64(len(body)-w) {
		return nil, nil, errCorrupt
	}
	columns, err := decoder().DecodeAll(body[w:][:size], nil)
	if err != nil {
		return nil, nil, fmt.Errorf("crawllog: decompress: %w", err)
	}
	facts = new(factsReader)
	facts.addColumns(columns)
	facts.addColumns(body[w+int(size):])
	facts.readTexts()
	return facts, records, facts.err
}

// A factsReader reads the facts of a part. After an error, every method returns zero values.
type factsReader struct {
	columns   [columnsEnd]column
	urls      []string // of the records of the first frame, or ""
	added     []string // the URLs of columnURLs
	texts     []string
	lastTitle string
	foundBy   recent
	referrers recent
	redirects recent
	sources   recent
	lastDelay int64 // in milliseconds
	retried   recent
	pages     recent
	recordEnd int64
	err       error
}

func (r *factsReader) fail() { r.err = errCorrupt }

// addColumns adds the columns in b that this version knows.
func (r *factsReader) addColumns(b []byte) {
	for len(b) > 0 {
		id, w := binary.Uvarint(b)
		if w <= 0 {
			r.fail()
			return
		}
		n, v := binary.Uvarint(b[w:])
		if v <= 0 || n > uint64(len(b)-w-v) {
			r.fail()
			return
		}
		buf := b[w+v:][:n]
		b = b[w+v+int(n):]
		if id == 0 || id >= columnsEnd {
			continue
		}
		if r.columns[id].used {
			r.fail()
			return
		}
		r.columns[id] = column{buf, true}
	}
}

// readURLs reads all of columnURLs.
func (r *factsReader) readURLs() {
	last, total := "", 0
	if len(r.urls) > 0 {
		last = r.urls[0]
	}
	for c := &r.columns[columnURLs]; len(c.buf) > 0 && r.err == nil; {
		last = r.prefixed(columnURLs, last, r.uint(columnURLs), MaxStringBytes)
		if total += len(last); total > maxFactText {
			r.fail()
			return
		}
		r.added = append(r.added, last)
	}
}

// readTexts reads all of columnTexts.
func (r *factsReader) readTexts() {
	for c := &r.columns[columnTexts]; len(c.buf) > 0 && r.err == nil; {
		r.texts = append(r.texts, string(r.bytes(columnTexts, MaxStringBytes)))
	}
}

// apply sets the facts of the records, and returns all records of the part.
func (r *factsReader) apply(records []Record) ([]Record, error) {
	pages := make([]string, len(records)+1) // the page that follows each record or is it
	r.urls = make([]string, len(records))
	for i := len(records) - 1; i >= 0; i-- {
		r.urls[i] = recordURL(records[i])
		page, ok := isPage(records[i])
		if !ok {
			page = pages[i+1]
		}
		pages[i] = page
	}
	r.readURLs()
	var before Record
	for i, rec := range records {
		switch rec := rec.(type) {
		case *Discovered:
			rec.Referrer = r.url(columnFoundBy, &r.foundBy, pages[i])
			checks := r.uint(columnChecks)
			rec.Check, rec.Asset, rec.WasExcluded = checks&1 != 0, checks&2 != 0, checks&4 != 0
			rec.AssetOf = uint32(min(r.uint(columnAssetOf), math.MaxUint32))
		case *Outcome:
			r.outcome(rec, pages[i], before)
		case *Retry:
			rec.Referrer = r.url(columnRetryReferrers, &r.retried, pages[i])
		}
		before = rec
	}
	edges := r.edges(pages)
	queueLength := r.queueLength(records)
	for i := range r.columns {
		if len(r.columns[i].buf) > 0 {
			r.fail()
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	records = merge(records, edges)
	if queueLength != nil {
		records = append(records, queueLength)
	}
	return records, nil
}

// queueLength returns the QueueLength of the part, or nil.
func (r *factsReader) queueLength(records []Record) *QueueLength {
	length := r.uint(columnQueueLength)
	if length == 0 {
		return nil
	}
	var at int64
	for _, rec := range records {
		at = recordTime(rec, at)
	}
	return &QueueLength{URLs: length - 1, At: timeOf(r.difference(columnQueueTime, at))}
}

// merge inserts edges at their places among the records.
func merge(records []Record, edges []placedEdges) []Record {
	if len(edges) == 0 {
		return records
	}
	all := make([]Record, 0, len(records)+len(edges))
	done := 0
	for _, e := range edges {
		all = append(all, records[done:e.place]...)
		all = append(all, e.record)
		done = e.place
	}
	return append(all, records[done:]...)
}

// recordURL returns the URL of a record of the first frame, or "".
func recordURL(r Record) string {
	switch r := r.(type) {
	case *Discovered:
		return r.URL
	case *Outcome:
		return r.URL
	case *Retry:
		return r.URL
	}
	return ""
}

func (r *factsReader) outcome(o *Outcome, page string, before Record) {
	o.Referrer = r.url(columnReferrers, &r.referrers, page)
	o.ContentType = r.text(columnContentTypes)
	o.Title = r.title()
	o.RedirectURL = r.url(columnRedirectURLs, &r.redirects, redirectTarget(before))
	o.Digest = r.digest(Digest{})
	o.Attempt = int(r.uint(columnAttempts))
	flags := r.uint(columnAgain)
	o.Again, o.Check = flags&1 != 0, flags&2 != 0
	if o.Step != Schedule {
		r.lastDelay = r.difference(columnDelays, r.lastDelay)
		if o.HasDelay = r.lastDelay > 0; o.HasDelay {
			o.Delay = time.Duration(min(r.lastDelay-1, maxNumber/1000)) * time.Millisecond
		}
	}
	n := r.uint(columnArtifacts)
	if n > int64(len(r.columns[columnKinds].buf)) { // each has a kind
		r.fail()
	}
	if n == 0 || r.err != nil {
		return
	}
	o.Artifacts = make([]Artifact, n)
	for i := range o.Artifacts {
		r.artifact(&o.Artifacts[i], o)
	}
}

func (r *factsReader) artifact(a *Artifact, o *Outcome) {
	a.Kind = Kind(r.text(columnKinds))
	a.PipelineID = r.text(columnPipelines)
	a.Directory = r.text(columnDirectories)
	a.KeyStrategy = r.text(columnKeyStrategies)
	switch code := r.uint(columnArtifactTypes); code {
	case 0:
	case 1:
		a.ContentType = o.ContentType
	default:
		a.ContentType = r.textAt(code - 2)
	}
	a.Size = r.difference(columnArtifactSizes, o.Bytes)
	a.Digest = r.digest(o.Digest)
	a.Location.Object = r.text(columnObjects)
	a.Location.Offset = r.difference(columnOffsets, r.recordEnd)
	a.Location.Length = r.uint(columnLengths)
	r.recordEnd = min(maxNumber, a.Location.Offset+a.Location.Length)
	a.Truncated = r.uint(columnTruncated) != 0
	if a.Kind == Asset {
		a.Page = r.url(columnAssetPages, &r.pages, o.Referrer)
	}
	if a.Original.Object = r.text(columnOriginals); a.Original.Object != "" {
		a.Original.Offset = r.uint(columnOriginals)
		a.Original.Length = r.uint(columnOriginals)
	}
}

func (r *factsReader) digest(outcome Digest) (d Digest) {
	switch r.uint(columnDigests) {
	case digestNone:
	case digestRaw:
		c := &r.columns[columnRawDigests]
		if len(c.buf) < len(d) {
			r.fail()
			return d
		}
		copy(d[:], c.buf)
		c.buf = c.buf[len(d):]
	case digestOutcome:
		d = outcome
	default:
		r.fail()
	}
	return d
}
