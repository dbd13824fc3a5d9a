package bucket_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
)

// A runLog is a log. The n-th part, from 1, names the objects parts[n-1].
type runLog struct {
	parts [][]string
	err   error // after the last part
	read  int64 // the first part that was read
}

func (l *runLog) from(_ context.Context, after int64) iter.Seq2[crawllog.Part, error] {
	l.read = after + 1
	return func(yield func(crawllog.Part, error) bool) {
		for i, names := range l.parts[min(after, int64(len(l.parts))):] {
			o := &crawllog.Outcome{URL: "http://a.example/", Status: crawllog.OK, Step: crawllog.Fetch}
			for _, name := range names {
				o.Artifacts = append(o.Artifacts, crawllog.Artifact{
					Kind: crawllog.Raw, KeyStrategy: "hash", Location: crawllog.Location{Object: name, Length: 1},
				})
			}
			part := crawllog.Encode([]crawllog.Record{&crawllog.SeedsRead{}, o})[0]
			if !yield(crawllog.Part{Seq: after + int64(i) + 1, Data: part}, nil) {
				return
			}
		}
		if l.err != nil {
			yield(crawllog.Part{}, l.err)
		}
	}
}

func TestDeleteUnnamed(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		ref, at := run.Ref{Tenant: "acme", ID: uuid.New()}, time.Now()
		prefix := objects.Prefix(ref, at)
		named := []string{objects.NewWARC(1), objects.NewWARC(2), objects.NewWARC(2), objects.NewWARC(5)}
		for _, base := range named {
			put(t, s, objects.WARC(prefix, base))
		}
		for _, first := range []int64{1, 2, 3, 5, 1000} { // lost races, and what dead workers left
			put(t, s, objects.WARC(prefix, objects.NewWARC(first)))
		}
		others := []string{
			objects.Content(prefix, "x"), objects.ExportFolder(prefix, "x") + "y",
			objects.WARC(objects.Prefix(ref, at.Add(time.Millisecond)), objects.NewWARC(1)),
			objects.WARC(objects.Prefix(run.Ref{Tenant: "acme2", ID: ref.ID}, at), objects.NewWARC(1)),
		}
		put(t, s, others...)
		// A commit may name its object in a later part than its first one.
		log := &runLog{parts: [][]string{{named[0]}, nil, {named[1]}, {named[2]}, {named[3]}, nil}}
		for range 2 {
			last, done, err := s.DeleteUnnamed(t.Context(), ref, at, "", log.from, time.Now().Add(time.Minute))
			if last == "" || !done || err != nil {
				t.Fatal(last, done, err)
			}
		}
		var want []string
		for _, base := range named {
			want = append(want, objects.WARC(prefix, base))
		}
		want = append(want, others...)
		slices.Sort(want)
		if got := list(t, s, ""); got != strings.Join(want, " ") {
			t.Errorf("left are %s, want %s", got, want)
		}
	})
}

// Nothing is deleted if the log cannot be read to its end.
func TestDeleteUnnamedWithoutLog(t *testing.T) {
	s := bucket.New(memblob.OpenBucket(nil))
	ref, at := run.Ref{Tenant: "acme", ID: uuid.New()}, time.Now()
	put(t, s, objects.WARC(objects.Prefix(ref, at), objects.NewWARC(1)))
	broken := errors.New("broken")
	_, done, err := s.DeleteUnnamed(t.Context(), ref, at, "", (&runLog{err: broken}).from, time.Now().Add(time.Minute))
	if done || !errors.Is(err, broken) {
		t.Errorf("got %t, %v", done, err)
	}
	if list(t, s, "") == "" {
		t.Error("the object is gone")
	}
}

// A name of another version says nothing about the part that names the object.
func TestDeleteUnnamedKeepsOtherNames(t *testing.T) {
	s := bucket.New(memblob.OpenBucket(nil))
	ref, at := run.Ref{Tenant: "acme", ID: uuid.New()}, time.Now()
	prefix := objects.Prefix(ref, at)
	put(t, s, objects.WARC(prefix, "later-version"), objects.WARC(prefix, objects.NewWARC(300)))
	log := &runLog{parts: make([][]string, 150)}
	log.parts[149] = []string{"later-version"}
	if _, done, err := s.DeleteUnnamed(t.Context(), ref, at, "", log.from, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if got := list(t, s, ""); got != objects.WARC(prefix, "later-version") {
		t.Errorf("left are %q", got)
	}
}

// The work stops at the deadline after some objects, and continues with those that follow. Only the
// parts of the log that may name them are read.
func TestDeleteUnnamedContinues(t *testing.T) {
	s := bucket.New(memblob.OpenBucket(nil))
	ref, at := run.Ref{Tenant: "acme", ID: uuid.New()}, time.Now()
	prefix := objects.Prefix(ref, at)
	const many = 10_050
	log := &runLog{parts: make([][]string, many)}
	for i := range log.parts {
		base := objects.NewWARC(int64(i) + 1)
		put(t, s, objects.WARC(prefix, base))
		if i%2 == 0 {
			log.parts[i] = []string{base}
		}
	}
	after, done, err := s.DeleteUnnamed(t.Context(), ref, at, "", log.from, time.Now())
	if done || err != nil || after == "" {
		t.Fatal(after, done, err)
	}
	if _, done, err = s.DeleteUnnamed(t.Context(), ref, at, after, log.from, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if left := len(strings.Fields(list(t, s, ""))); left != many/2 {
		t.Errorf("%d objects are left", left)
	}
	if log.read < many/2 {
		t.Errorf("the last objects took the log from part %d", log.read)
	}
}
