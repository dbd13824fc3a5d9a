package crawllog

import (
	"encoding/binary"
	"time"

	"github.com/inndx/runs/internal/weburl"
)

// A factsWriter writes the facts of a part's records.
//
// The referrer of a record is mostly the page whose outcome follows, so the facts of a record are
// written when that outcome is known.
type factsWriter struct {
	columns [columnsEnd]column
	records int // records of the first frame
	waiting []waiting
	before  Record // the record before the first of waiting

	urls       []string       // of the records of the first frame, or ""
	mapped     int            // the urls that references has
	references map[string]int // of URLs: twice their index in urls; or, plus one, in columnURLs
	added      int            // URLs in columnURLs
	lastAdded  string
	addedBytes int // of the text of those URLs

	texts     map[string]int // see textIndex
	lastTitle string
	foundBy   recent
	referrers recent
	targets   recent
	sources   recent
	retried   recent
	pages     recent
	recordEnd int64 // the end of the WARC record of the artifact before

	lastDelay    int64 // in milliseconds
	lastTime     int64 // of an outcome or a retry; Unix milliseconds
	queueLength  *QueueLength
	edges        int // targets in all
	waitingEdges int // Size of the edges in waiting
	edgesPlace   int // records of the first frame before the Edges before
	successors   successors
}

// waiting is a record whose facts are not written yet.
type waiting struct {
	record Record
	place  int // records of the first frame before it
}

// add adds a record of the first frame. url is its URL as it is read back.
func (w *factsWriter) add(r Record, url string) {
	w.lastTime = recordTime(r, w.lastTime)
	w.urls = append(w.urls, url)
	w.waiting = append(w.waiting, waiting{r, w.records})
	w.records++
	if _, ok := isPage(r); ok {
		w.flush(url)
	}
}

// addEdges adds a record that only this frame has.
func (w *factsWriter) addEdges(r *Edges) {
	w.waiting = append(w.waiting, waiting{r, w.records})
	w.edges += len(r.To)
	w.waitingEdges += Size(r)
}

// flush writes the facts of the waiting records, which page follows.
func (w *factsWriter) flush(page string) {
	for _, next := range w.waiting {
		switch r := next.record.(type) {
		case *Discovered:
			w.url(columnFoundBy, &w.foundBy, page, r.Referrer)
			w.columns[columnChecks].putUint(bit(r.Check, 1) + bit(r.Asset, 2) + bit(r.WasExcluded, 4))
			w.columns[columnAssetOf].putUint(int64(r.AssetOf))
		case *Outcome:
			w.outcome(r, page)
		case *Retry:
			w.url(columnRetryReferrers, &w.retried, page, r.Referrer)
		case *Edges:
			w.edgesRecord(r, next.place, page)
			continue
		}
		w.before = next.record
	}
	w.waiting, w.waitingEdges = w.waiting[:0], 0
}

func (w *factsWriter) outcome(r *Outcome, page string) {
	w.url(columnReferrers, &w.referrers, page, r.Referrer)
	contentType := clip(r.ContentType, maxFactBytes)
	w.text(columnContentTypes, contentType)
	w.title(clip(r.Title, maxFactBytes))
	w.url(columnRedirectURLs, &w.targets, redirectTarget(w.before), r.RedirectURL)
	w.digest(r.Digest, Digest{})
	w.columns[columnAttempts].putUint(int64(r.Attempt))
	w.columns[columnAgain].putUint(bit(r.Again, 1) + bit(r.Check, 2))
	if r.Step != Schedule {
		delay := bit(r.HasDelay, 1+min(number(r.Delay.Milliseconds()), maxNumber-1))
		w.columns[columnDelays].putInt(delay - w.lastDelay)
		w.lastDelay = delay
	}
	w.columns[columnArtifacts].putUint(int64(len(r.Artifacts)))
	for i := range r.Artifacts {
		w.artifact(&r.Artifacts[i], r, contentType)
	}
}

func (w *factsWriter) artifact(a *Artifact, o *Outcome, outcomeType string) {
	w.text(columnKinds, string(a.Kind))
	w.columns[columnKinds].used = true // its length bounds the number of artifacts
	w.text(columnPipelines, a.PipelineID)
	w.text(columnDirectories, a.Directory)
	w.text(columnKeyStrategies, a.KeyStrategy)
	contentType := clip(a.ContentType, maxFactBytes)
	switch c := &w.columns[columnArtifactTypes]; contentType {
	case "":
		c.putUint(0)
	case outcomeType:
		c.putUint(1)
	default:
		c.putUint(int64(2 + w.textIndex(contentType)))
	}
	w.columns[columnArtifactSizes].putInt(number(a.Size) - number(o.Bytes))
	w.digest(a.Digest, o.Digest)
	w.text(columnObjects, a.Location.Object)
	w.columns[columnOffsets].putInt(number(a.Location.Offset) - w.recordEnd)
	w.columns[columnLengths].putUint(a.Location.Length)
	w.recordEnd = min(maxNumber, number(a.Location.Offset)+number(a.Location.Length))
	w.columns[columnTruncated].putUint(bit(a.Truncated, 1))
	if a.Kind == Asset {
		w.url(columnAssetPages, &w.pages, o.Referrer, a.Page)
	}
	w.text(columnOriginals, a.Original.Object)
	if a.Original.Object != "" {
		w.columns[columnOriginals].putUint(a.Original.Offset)
		w.columns[columnOriginals].putUint(a.Original.Length)
	}
}

// bit returns v if set is true, and otherwise 0.
func bit(set bool, v int64) int64 {
	if set {
		return v
	}
	return 0
}

func (w *factsWriter) digest(d, outcome Digest) {
	c := &w.columns[columnDigests]
	switch d {
	case Digest{}:
		c.putUint(digestNone)
	case outcome:
		c.putUint(digestOutcome)
	default:
		c.putUint(digestRaw)
		raw := &w.columns[columnRawDigests]
		raw.buf, raw.used = append(raw.buf, d[:]...), true
	}
}

func (w *factsWriter) title(s string) {
	c := &w.columns[columnTitles]
	if s == "" {
		c.putUint(0)
		return
	}
	n := weburl.SharedPrefix(w.lastTitle, s)
	c.putUint(int64(1 + n))
	c.putString(s[n:])
	w.lastTitle = s
}

// text writes a text that often repeats: 0 for none, or one more than its index.
func (w *factsWriter) text(id int, s string) {
	if s == "" {
		w.columns[id].putUint(0)
		return
	}
	w.columns[id].putUint(int64(1 + w.textIndex(s)))
}

// textIndex returns the index of a text in commonTexts, or, after those, in columnTexts.
func (w *factsWriter) textIndex(s string) int {
	s = clip(s, MaxStringBytes)
	if i, ok := commonText[s]; ok {
		return i
	}
	i, ok := w.texts[s]
	if !ok {
		if w.texts == nil {
			w.texts = map[string]int{}
		}
		i = len(commonTexts) + len(w.texts)
		w.texts[s] = i
		w.columns[columnTexts].putString(s)
	}
	return i
}

// edgesSize returns about how many bytes the edges take, as Size counts the other records.
func (w *factsWriter) edgesSize() int {
	n := w.addedBytes + w.waitingEdges
	for id := columnEdgePlaces; id <= columnEdgeTargets; id++ {
		n += len(w.columns[id].buf)
	}
	return n
}

// size returns the bytes of the columns.
func (w *factsWriter) size() int {
	n := 0
	for i := range w.columns {
		n += len(w.columns[i].buf)
	}
	return n
}

// appendFrame ends the facts and appends their frame, if there are any.
func (w *factsWriter) appendFrame(part []byte) []byte {
	w.flush("")
	if w.queueLength != nil {
		w.columns[columnQueueLength].putUint(1 + number(w.queueLength.URLs))
		w.columns[columnQueueTime].putInt(unixMilli(w.queueLength.At) - w.lastTime)
	}
	columns := appendColumns(nil, &w.columns, true)
	raw := appendColumns(nil, &w.columns, false)
	if len(columns) == 0 && len(raw) == 0 {
		return part
	}
	frame := encoder().EncodeAll(columns, nil)
	if len(frame) >= len(columns) {
		frame, raw = nil, append(columns, raw...)
	}
	body := binary.AppendUvarint(nil, uint64(len(frame)))
	body = append(append(body, frame...), raw...)
	part = binary.LittleEndian.AppendUint32(part, skippableMagic)
	part = binary.LittleEndian.AppendUint32(part, uint32(len(body)))
	return append(part, body...)
}

// number returns v within the bounds of a number.
func number(v int64) int64 { return min(max(v, 0), maxNumber) }

// recordTime returns when an outcome or a retry occurred, and otherwise the given time.
func recordTime(r Record, otherwise int64) int64 {
	switch r := r.(type) {
	case *Outcome:
		return unixMilli(r.OccurredAt)
	case *Retry:
		return unixMilli(r.OccurredAt)
	}
	return otherwise
}

// unixMilli returns a time as it is written: the zero time as the epoch.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return number(t.UnixMilli())
}

// clip returns at most n bytes of s.
func clip(s string, n int) string { return s[:min(len(s), n)] }
