package export

import (
	"bytes"
	"compress/gzip"
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"slices"
	"strconv"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects"
)

const (
	// maxIndexBytes bounds the lines that are sorted in memory.
	maxIndexBytes = 32 << 20
	// mergeBytes is how many bytes of all sorted objects are read at a time, as far as minBlock and
	// maxBlock allow. Their number grows with the archive: there is at least one for each piece.
	mergeBytes = 128 << 20
	// minBlock and maxBlock bound the bytes of one object that are read at a time. A request to S3
	// takes some hundredths of a second, for 64 KiB and for 2 MiB.
	minBlock, maxBlock = 64 << 10, 2 << 20
	// memberLines is how many lines a gzip member of the index has.
	memberLines = 1024
)

// An index is the CDXJ of an archive: a sorted line for each response. It sorts the lines that fit
// into memory, stores them as objects, and merges these.
type index struct {
	job   *job
	Sizes []int64 `json:"runs"` // in bytes, of the objects of sorted lines
	lines []string
	bytes int
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

// add adds the response that is at the offset of a WARC file.
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
	x.lines = append(x.lines, text)
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

// objectName returns the name of an object of sorted lines.
func (x *index) objectName(n int) string { return fmt.Sprintf("%sindex-%08d", x.job.folder(), n) }

// flush stores the lines that are in memory.
func (x *index) flush(ctx context.Context) error {
	if len(x.lines) == 0 {
		return nil
	}
	slices.Sort(x.lines)
	w, err := x.job.objects.Write(ctx, x.objectName(len(x.Sizes)), objects.WriteOptions{})
	if err != nil {
		return err
	}
	for _, line := range x.lines {
		if _, err := io.WriteString(w, line); err != nil {
			_ = w.Close()
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	x.Sizes = append(x.Sizes, int64(x.bytes))
	x.lines, x.bytes = nil, 0
	return nil
}

// write writes all lines in order, as gzip members, and returns the list of the members: a line
// with the beginning of the first line of each.
func (x *index) write(ctx context.Context, w io.Writer) (members []byte, err error) {
	if err := x.flush(ctx); err != nil {
		return nil, err
	}
	m := &memberWriter{w: w}
	fmt.Fprintf(&m.list, "!meta 0 %s\n", `{"format":"cdxj-gzip-1.0","filename":"index.cdx.gz"}`)
	var merged merge
	block := min(max(mergeBytes/int64(1+len(x.Sizes)), minBlock), maxBlock)
	for n, size := range x.Sizes {
		r := &sortedLines{ctx: ctx, objects: x.job.objects, name: x.objectName(n), size: size, block: block}
		if err := r.next(); err != nil {
			return nil, err
		}
		merged = append(merged, r)
	}
	heap.Init(&merged)
	for len(merged) > 0 {
		r := merged[0]
		if err := m.add(r.line); err != nil {
			return nil, err
		}
		switch err := r.next(); err {
		case nil:
			heap.Fix(&merged, 0)
		case io.EOF:
			heap.Pop(&merged)
		default:
			return nil, err
		}
	}
	if err := m.flush(); err != nil {
		return nil, err
	}
	return m.list.Bytes(), nil
}

// A memberWriter writes lines as gzip members of memberLines lines.
type memberWriter struct {
	w      io.Writer
	list   bytes.Buffer
	offset int64
	lines  int
	first  string // the key of the first line: its URL and time
	buf    bytes.Buffer
}

func (m *memberWriter) add(line []byte) error {
	if m.lines == 0 {
		fields := bytes.SplitN(line, []byte(" "), 3)
		m.first = string(fields[0]) + " " + string(fields[1])
	}
	m.buf.Write(line)
	if m.lines++; m.lines < memberLines {
		return nil
	}
	return m.flush()
}

func (m *memberWriter) flush() error {
	if m.lines == 0 {
		return nil
	}
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	if _, err := z.Write(m.buf.Bytes()); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if _, err := m.w.Write(member.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(&m.list, `%s {"offset":%d,"length":%d,"filename":"index.cdx.gz"}`+"\n", m.first, m.offset, member.Len())
	m.offset += int64(member.Len())
	m.buf.Reset()
	m.lines = 0
	return nil
}

// A sortedLines reads an object of sorted lines, block by block: a request that stays open while
// other objects are read would time out.
type sortedLines struct {
	ctx     context.Context
	objects Objects
	name    string
	size    int64
	block   int64 // bytes to read at a time
	offset  int64 // of the next block
	buf     []byte
	line    []byte // the current line, with its end
}

// next reads the next line. It returns io.EOF after the last one.
func (r *sortedLines) next() error {
	for {
		if i := bytes.IndexByte(r.buf, '\n'); i >= 0 {
			r.line, r.buf = r.buf[:i+1], r.buf[i+1:]
			return nil
		}
		if r.offset >= r.size {
			return io.EOF
		}
		body, err := r.objects.Read(r.ctx, r.name, r.offset, r.block)
		if err != nil {
			return err
		}
		block, err := io.ReadAll(body)
		_ = body.Close()
		if err != nil {
			return err
		}
		if len(block) == 0 {
			return io.ErrUnexpectedEOF
		}
		r.offset += int64(len(block))
		r.buf = append(slices.Clip(r.buf), block...)
	}
}

// A merge is a heap of sorted objects, by their current lines.
type merge []*sortedLines

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return bytes.Compare(m[i].line, m[j].line) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*sortedLines)) }
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
