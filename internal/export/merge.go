package export

import (
	"bytes"
	"container/heap"
	"context"
	"io"
	"slices"
	"sync"
)

const (
	// mergeBytes is how many bytes of all sorted objects are read at a time, as far as minBlock and
	// maxBlock allow. Their number grows with the archive. Two blocks of each are in memory.
	mergeBytes = 128 << 20
	// minBlock and maxBlock bound the bytes of one object that are read at a time. A request to S3
	// takes some hundredths of a second, for 64 KiB and for 2 MiB.
	minBlock, maxBlock = 64 << 10, 2 << 20
	// mergeReads bounds the requests that read blocks at the same time.
	mergeReads = 16
)

// A sortedObject is an object of sorted lines.
type sortedObject struct {
	Name string `json:"name"` // within the folder of the export
	Size int64  `json:"size"` // in bytes
	Read int64  `json:"read"` // the bytes of the lines that are merged
}

// A merge reads the lines of several objects in order. It is a heap of the objects, by their
// current lines. An object is read block by block, because a request that stays open while other
// objects are read would time out. While a block is merged, the next one of its object is fetched.
type merge struct {
	readers []*lineReader
	load    func(o *sortedObject, offset, length int64) ([]byte, error)
	block   int64 // bytes to read at a time
	fetches sync.WaitGroup
	slots   chan struct{} // one for each request
	cancel  context.CancelFunc
}

// newMerge begins a merge of what is left of the objects. The caller closes it.
func (j *job) newMerge(ctx context.Context, sorted []*sortedObject) (*merge, error) {
	ctx, cancel := context.WithCancel(ctx)
	m := &merge{
		load: func(o *sortedObject, offset, length int64) ([]byte, error) {
			return j.load(ctx, o.Name, offset, length)
		},
		block: min(max(mergeBytes/int64(1+2*len(sorted)), minBlock), maxBlock),
		slots: make(chan struct{}, mergeReads), cancel: cancel,
	}
	for _, o := range sorted {
		r := &lineReader{merge: m, object: o, offset: o.Read}
		r.fetch()
		m.readers = append(m.readers, r)
	}
	for _, r := range m.readers {
		if err := r.next(); err != nil && err != io.EOF {
			m.close()
			return nil, err
		}
	}
	m.readers = slices.DeleteFunc(m.readers, func(r *lineReader) bool { return r.line == nil })
	heap.Init(m)
	return m, nil
}

// close ends the requests.
func (m *merge) close() {
	m.cancel()
	m.fetches.Wait()
}

// line returns the least line that is left, with its end, or nil. It is valid until the call of
// next.
func (m *merge) line() []byte {
	if len(m.readers) == 0 {
		return nil
	}
	return m.readers[0].line
}

// next goes on to the next line.
func (m *merge) next() error {
	r := m.readers[0]
	r.object.Read += int64(len(r.line))
	switch err := r.next(); err {
	case nil:
		heap.Fix(m, 0)
	case io.EOF:
		heap.Pop(m)
	default:
		return err
	}
	return nil
}

// A lineReader reads an object of sorted lines.
type lineReader struct {
	merge  *merge
	object *sortedObject
	offset int64        // of the block after the one that is being fetched
	ahead  <-chan block // the block that is being fetched, nil after the last one
	buf    []byte
	line   []byte // the current line
}

// A block is the result of a request.
type block struct {
	data []byte
	err  error
}

// fetch begins to read the next block, if there is one.
func (r *lineReader) fetch() {
	m, offset := r.merge, r.offset
	length := min(m.block, r.object.Size-offset)
	if length <= 0 {
		r.ahead = nil
		return
	}
	r.offset += length
	ahead := make(chan block, 1)
	r.ahead = ahead
	m.fetches.Go(func() {
		m.slots <- struct{}{}
		defer func() { <-m.slots }()
		data, err := m.load(r.object, offset, length)
		ahead <- block{data, err}
	})
}

// next reads the next line. It returns io.EOF after the last one.
func (r *lineReader) next() error {
	for {
		if i := bytes.IndexByte(r.buf, '\n'); i >= 0 {
			r.line, r.buf = r.buf[:i+1], r.buf[i+1:]
			return nil
		}
		if r.ahead == nil {
			r.line = nil
			return io.EOF
		}
		b := <-r.ahead
		if b.err != nil {
			return b.err
		}
		r.buf = append(slices.Clip(r.buf), b.data...)
		r.fetch()
	}
}

// The methods of heap.Interface.

func (m *merge) Len() int           { return len(m.readers) }
func (m *merge) Less(i, j int) bool { return bytes.Compare(m.readers[i].line, m.readers[j].line) < 0 }
func (m *merge) Swap(i, j int)      { m.readers[i], m.readers[j] = m.readers[j], m.readers[i] }
func (m *merge) Push(x any)         { m.readers = append(m.readers, x.(*lineReader)) }
func (m *merge) Pop() any {
	last := len(m.readers) - 1
	r := m.readers[last]
	m.readers = m.readers[:last]
	return r
}
