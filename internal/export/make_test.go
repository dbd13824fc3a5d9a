package export_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/warc"
)

// faults are objects whose writes fail from a number on.
type faults struct {
	export.Objects
	left int // operations until the failure
}

var errFault = errors.New("the process died")

func (f *faults) fail() error {
	if f.left--; f.left < 0 {
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
// without any.
func TestContinuedExportsAreEqual(t *testing.T) {
	for _, format := range export.Formats() {
		t.Run(string(format), func(t *testing.T) {
			s := newSite(t, 9)
			e := s.export(format)
			want := s.make(t, e, 1<<30)
			if len(want) == 0 {
				t.Fatal("the file is empty")
			}
			for failure := 0; ; failure++ {
				objects := &faults{s, failure}
				m := &export.Maker{Log: s, Objects: objects, PieceBytes: 1000}
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
				if got := s.make(t, e, 1000); !bytes.Equal(got, want) {
					t.Fatalf("after failure %d, the file has %d bytes and others than the %d bytes without a failure", failure, len(got), len(want))
				}
			}
		})
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
				if e.Progress.Phase == before.Phase && e.Progress.Part == before.Part {
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
