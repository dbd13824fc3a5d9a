package export_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/warc"
)

// faults are objects whose writes fail from a number on.
type faults struct {
	export.Objects
	left atomic.Int64 // operations until the failure
}

func newFaults(o export.Objects, left int) *faults {
	f := &faults{Objects: o}
	f.left.Store(int64(left))
	return f
}

var errFault = errors.New("the process died")

func (f *faults) fail() error {
	if f.left.Add(-1) < 0 {
		return errFault
	}
	return nil
}

func (f *faults) Write(ctx context.Context, name string, o objects.WriteOptions) (io.WriteCloser, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Objects.Write(ctx, name, o)
}

func (f *faults) Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Objects.Read(ctx, name, offset, length)
}

func (f *faults) Join(ctx context.Context, name string, o objects.WriteOptions, pieces []string) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Objects.Join(ctx, name, o, pieces)
}

// An export that is continued after each possible failure has the same bytes as one that is made
// without any. The index of the second site has several members, with a save after each.
func TestContinuedExportsAreEqual(t *testing.T) {
	for _, format := range export.Formats() {
		t.Run(string(format), func(t *testing.T) { testFailures(t, newSite(t, 9), format, 1000) })
	}
	t.Run("long index", func(t *testing.T) {
		s := newSite(t, 0)
		s.pages = 1000
		for i := range 3 {
			s.addPart(t, i)
		}
		testFailures(t, s, export.WACZ, 20_000)
	})
}

func testFailures(t *testing.T, s *site, format export.Format, pieceBytes int64) {
	e := s.export(format)
	want := s.make(t, e, 1<<30)
	if len(want) == 0 {
		t.Fatal("the file is empty")
	}
	for failure := 0; ; failure++ {
		objects := newFaults(s, failure)
		m := &export.Maker{Log: s, Objects: objects, PieceBytes: pieceBytes}
		e := s.export(format)
		save := func(p export.Progress) error {
			e.Progress = p
			return objects.fail() // the process may die after the write, too
		}
		_, first := m.Make(t.Context(), e, time.Time{}, save)
		if first == nil {
			if failure < 10 {
				t.Errorf("only %d failures are possible", failure)
			}
			break
		}
		if !errors.Is(first, errFault) {
			t.Fatal(first)
		}
		if got := s.make(t, e, pieceBytes); !bytes.Equal(got, want) {
			t.Fatalf("after failure %d, the file has %d bytes and others than the %d bytes without a failure", failure, len(got), len(want))
		}
	}
}

// Make ends at its deadline after one more part, and continues.
func TestDeadline(t *testing.T) {
	s := newSite(t, 5)
	for _, format := range export.Formats() {
		t.Run(string(format), func(t *testing.T) {
			want := s.make(t, s.export(format), 0)
			e := s.export(format)
			m := &export.Maker{Log: s, Objects: s}
			calls := 0
			for ; ; calls++ {
				before := e.Progress
				_, err := m.Make(t.Context(), e, time.Now(), func(p export.Progress) error { e.Progress = p; return nil })
				if err == nil {
					break
				}
				if !errors.Is(err, export.ErrDeadline) {
					t.Fatal(err)
				}
				if reflect.DeepEqual(e.Progress, before) {
					t.Fatal("no progress")
				}
			}
			if calls < 5 || !bytes.Equal(s.read(t, e.File()), want) {
				t.Errorf("%d calls, and other bytes than in one call", calls)
			}
		})
	}
}

// A log that is shorter than the export says is an error, not a short file.
func TestShortLog(t *testing.T) {
	s := newSite(t, 2)
	e := s.export(export.CSV)
	e.Parts = 3
	m := &export.Maker{Log: s, Objects: s}
	_, err := m.Make(t.Context(), e, time.Time{}, func(export.Progress) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "part 2") {
		t.Error(err)
	}
}

// A process that lost its lease may still write pieces, which end at other bytes than those of the
// one that has the lease. The file consists of the latter.
func TestPiecesOfALostLease(t *testing.T) {
	for _, format := range export.Formats() {
		t.Run(string(format), func(t *testing.T) {
			s := newSite(t, 9)
			want := s.make(t, s.export(format), 1<<30)
			e := s.export(format)
			lost := func() {
				m := &export.Maker{Log: s, Objects: s, PieceBytes: 2500}
				saves := 0
				_, err := m.Make(t.Context(), s.export(format), time.Time{}, func(export.Progress) error {
					if saves++; saves > 3 {
						return errFault
					}
					return nil
				})
				if !errors.Is(err, errFault) {
					t.Fatal(err)
				}
			}
			m := &export.Maker{Log: s, Objects: s, PieceBytes: 1000}
			for {
				_, err := m.Make(t.Context(), e, time.Now(), func(p export.Progress) error {
					e.Progress = p
					lost()
					return nil
				})
				if err == nil {
					break
				}
				if !errors.Is(err, export.ErrDeadline) {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(s.read(t, e.File()), want) {
				t.Error("the file has bytes of the other process")
			}
		})
	}
}

// The file of a run that kept nothing is a WARC file: it has a record.
func TestEmptyWARC(t *testing.T) {
	s := newSite(t, 0)
	r := warc.NewReader(bytes.NewReader(s.make(t, s.export(export.WARC), 0)))
	record, err := r.Next()
	if err != nil || record.Type != "warcinfo" {
		t.Fatalf("%+v, %v", record, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Error(err)
	}
}
