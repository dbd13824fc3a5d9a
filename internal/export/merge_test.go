package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inndx/runs/internal/objects"
)

// A slowBucket holds objects that can only be read. Each read takes a time.
type slowBucket struct {
	Objects
	objects map[string][]byte
	latency time.Duration

	mu    sync.Mutex
	reads int
	fail  int // the number of the read that fails
}

func (b *slowBucket) Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	b.mu.Lock()
	b.reads++
	failed := b.reads == b.fail
	b.mu.Unlock()
	select {
	case <-time.After(b.latency):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if failed {
		return nil, io.ErrClosedPipe
	}
	return io.NopCloser(bytes.NewReader(b.objects[name][offset:][:length])), nil
}

// newSlowBucket returns a job with sorted objects of about the size, and all their lines in order.
func newSlowBucket(number, size int) (*job, *slowBucket, []*sortedObject, []string) {
	b := &slowBucket{objects: map[string][]byte{}, latency: 20 * time.Millisecond}
	j := &job{objects: b}
	lines := make([][]string, number)
	for n := range number * size / 250 {
		line := fmt.Sprintf("com,example)/%09d %s\n", n, strings.Repeat("x", 225))
		lines[n%number] = append(lines[n%number], line)
	}
	var sorted []*sortedObject
	for n := range lines {
		data := []byte(strings.Join(lines[n], ""))
		o := &sortedObject{Name: fmt.Sprint(n), Size: int64(len(data))}
		b.objects[j.folder()+o.Name] = data
		sorted = append(sorted, o)
	}
	all := slices.Concat(lines...)
	slices.Sort(all)
	return j, b, sorted, all
}

// A merge does not wait for each block: it waits a quarter of the time that the reads take, or
// less. The time is that of a synctest bubble.
func TestMergeReadsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, b, sorted, want := newSlowBucket(8, 8<<20)
		start := time.Now()
		m, err := j.newMerge(t.Context(), sorted)
		if err != nil {
			t.Fatal(err)
		}
		defer m.close()
		for i, line := range want {
			if string(m.line()) != line {
				t.Fatalf("line %d is %q", i, m.line())
			}
			if err := m.next(); err != nil {
				t.Fatal(err)
			}
		}
		if m.line() != nil {
			t.Error("there are more lines")
		}
		reads, waited := b.reads, time.Since(start)
		if reads < 4*len(sorted) || waited > time.Duration(reads)*b.latency/4 {
			t.Errorf("%d reads, and the merge waited %s", reads, waited)
		}
	})
}

// A merge that ends with an error ends its reads.
func TestMergeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for fail := 1; ; fail++ {
			j, b, sorted, _ := newSlowBucket(5, 3<<20)
			b.fail = fail
			m, err := j.newMerge(t.Context(), sorted)
			for err == nil && m.line() != nil {
				err = m.next()
			}
			if m != nil {
				m.close()
			}
			if err == nil {
				if fail <= len(sorted) {
					t.Errorf("read %d did not fail", fail)
				}
				return
			}
			if !errors.Is(err, io.ErrClosedPipe) {
				t.Fatal(err)
			}
		}
	})
}

func (b *slowBucket) Write(context.Context, string, objects.WriteOptions) (io.WriteCloser, error) {
	return discard{}, nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

// BenchmarkMerge measures the merge with the compression of its members, without the time of reads.
func BenchmarkMerge(b *testing.B) {
	j, bucket, sorted, lines := newSlowBucket(32, 4<<20)
	bucket.latency = 0
	b.ReportAllocs()
	for b.Loop() {
		for _, o := range sorted {
			o.Read = 0
		}
		x := index{job: j, Sorted: sorted}
		if err := x.merge(b.Context(), io.Discard, func(context.Context) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(lines)*b.N)/b.Elapsed().Seconds(), "lines/s")
}
