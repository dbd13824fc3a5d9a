package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
)

const (
	// maxIndexBytes bounds the lines that are sorted in memory.
	maxIndexBytes = 32 << 20
	// maxSmall bounds the sorted objects that have less than half of maxIndexBytes. Each piece adds
	// one, and the progress names all.
	maxSmall = 32
	// memberLines is how many lines a gzip member of the index has.
	memberLines = 1024
)

// An index is the CDXJ of an archive: a sorted line for each response. It sorts the lines that fit
// into memory, stores them as objects, and merges these. Its exported fields are all that is needed
// to continue after a flush.
type index struct {
	job    *job
	Sorted []*sortedObject `json:"sorted"`
	Lists  []string        `json:"lists"`  // the objects of the list of members, see list
	Merged int64           `json:"merged"` // the bytes of the members

	lines []indexLine
	bytes int          // of lines
	list  bytes.Buffer // of the members since the last flush
}

// An indexLine is a line of the index, with what it depends on.
type indexLine struct {
	text             string
	record, original crawllog.Location // see crawllog.Artifact
}

// cdx is the JSON of a line. Players read numbers as texts.
type cdx struct {
	URL      string `json:"url"`
	MIME     string `json:"mime,omitempty"`
	Status   string `json:"status,omitempty"`
	Digest   string `json:"digest"`
	Length   string `json:"length"`
	Offset   string `json:"offset"`
	Filename string `json:"filename"`
}

// add adds the response that is at the offset of a WARC file, which has a copy of the record.
func (x *index) add(ctx context.Context, entry *crawllog.Entry, a artifact.Artifact, file string, offset int64) error {
	line, err := json.Marshal(cdx{
		URL: entry.ResponseURL(), MIME: mimeOf(a), Status: strconv.Itoa(entry.HTTPStatus),
		Digest: a.Digest.String(),
		Length: strconv.FormatInt(a.Location.Length, 10), Offset: strconv.FormatInt(offset, 10),
		Filename: file[len("archive/"):],
	})
	if err != nil {
		return err
	}
	text := surt(entry.ResponseURL()) + " " + entry.CapturedAt().UTC().Format("20060102150405") + " " + string(line) + "\n"
	x.lines = append(x.lines, indexLine{text, a.Location, a.Original})
	if x.bytes += len(text); x.bytes < maxIndexBytes {
		return nil
	}
	return x.flush(ctx)
}

// mimeOf returns the media type of a response without parameters, or that of a revisit record.
func mimeOf(a artifact.Artifact) string {
	if a.Original != (crawllog.Location{}) {
		return "warc/revisit"
	}
	t, _, _ := mime.ParseMediaType(a.ContentType)
	return t
}

// flush stores what is in memory.
func (x *index) flush(ctx context.Context) error {
	if x.list.Len() > 0 {
		name, err := x.job.store(ctx, one(x.list.Bytes()))
		if err != nil {
			return err
		}
		x.Lists = append(x.Lists, name)
		x.list.Reset()
	}
	return x.flushLines(ctx)
}

func one(chunk []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) { yield(chunk) }
}

// flushLines stores the lines as a sorted object. It leaves out those of deleted artifacts, as of
// now: an artifact gets its tombstone before its record is wiped. The records were copied before,
// so no line leads to a record that was wiped.
func (x *index) flushLines(ctx context.Context) error {
	if len(x.lines) == 0 {
		return nil
	}
	deleted, err := x.job.log.DeletedArtifacts(ctx, x.job.Run)
	if err != nil {
		return err
	}
	texts := make([]string, 0, len(x.lines))
	for _, line := range x.lines {
		if !deleted[line.record] && !deleted[line.original] {
			texts = append(texts, line.text)
		}
	}
	x.lines, x.bytes = nil, 0
	x.job.Progress.Entries += int64(len(texts))
	if err := x.storeLines(ctx, texts); err != nil {
		return err
	}
	return x.compact(ctx)
}

// storeLines sorts lines and stores them.
func (x *index) storeLines(ctx context.Context, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	size := int64(0)
	name, err := x.job.store(ctx, func(yield func([]byte) bool) {
		for _, line := range lines {
			size += int64(len(line))
			if !yield([]byte(line)) {
				return
			}
		}
	})
	if err == nil {
		x.Sorted = append(x.Sorted, &sortedObject{Name: name, Size: size})
	}
	return err
}

// compact replaces the small sorted objects by one if they are many or fill the memory. The objects
// stay until the export is finished, because the saved progress names them.
func (x *index) compact(ctx context.Context) error {
	var small, others []*sortedObject
	total := int64(0)
	for _, o := range x.Sorted {
		if o.Size < maxIndexBytes/2 {
			small = append(small, o)
			total += o.Size
		} else {
			others = append(others, o)
		}
	}
	if len(small) < 2 || len(small) < maxSmall && total < maxIndexBytes {
		return nil
	}
	var lines []string
	for _, o := range small {
		data, err := x.job.load(ctx, o.Name, 0, o.Size)
		if err != nil {
			return err
		}
		lines = slices.AppendSeq(lines, strings.Lines(string(data)))
	}
	x.Sorted = others
	return x.storeLines(ctx, lines)
}

// merge writes all lines in order, as gzip members. It calls pause after each one. If that fails,
// another call continues.
func (x *index) merge(ctx context.Context, w io.Writer, pause func(context.Context) error) error {
	lines, err := x.job.newMerge(ctx, x.Sorted)
	if err != nil {
		return err
	}
	defer lines.close()
	z := gzip.NewWriter(nil) // Reset gives it each member
	for lines.line() != nil {
		if err := x.writeMember(lines, w, z); err != nil {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// writeMember writes the next memberLines lines as a gzip member.
func (x *index) writeMember(lines *merge, w io.Writer, z *gzip.Writer) error {
	var member bytes.Buffer
	z.Reset(&member)
	var first []byte // the key of the first line: its URL and time
	for n := 0; n < memberLines && lines.line() != nil; n++ {
		line := lines.line()
		if n == 0 {
			first = bytes.Join(bytes.SplitN(line, []byte(" "), 3)[:2], []byte(" "))
		}
		if _, err := z.Write(line); err != nil {
			return err
		}
		if err := lines.next(); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	fmt.Fprintf(&x.list, `%s {"offset":%d,"length":%d,"filename":"index.cdx.gz"}`+"\n", first, x.Merged, member.Len())
	x.Merged += int64(member.Len())
	_, err := w.Write(member.Bytes())
	return err
}

// writeList writes the list of the members: a line with the beginning of the first line of each.
func (x *index) writeList(ctx context.Context, w io.Writer) error {
	if _, err := fmt.Fprintf(w, "!meta 0 %s\n", `{"format":"cdxj-gzip-1.0","filename":"index.cdx.gz"}`); err != nil {
		return err
	}
	for _, name := range x.Lists {
		list, err := x.job.load(ctx, name, 0, -1)
		if err != nil {
			return err
		}
		if _, err := w.Write(list); err != nil {
			return err
		}
	}
	_, err := w.Write(x.list.Bytes())
	return err
}
