package crawl

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

// A refusingStore refuses a commit, and says what continues the log.
type refusingStore struct {
	LogStore
	published, unpublished []byte
}

func (s refusingStore) LogParts(_ context.Context, _ run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return partOf(after+1, s.published)
}

func (s refusingStore) Unpublished(_ context.Context, l *run.Lease) iter.Seq2[crawllog.Part, error] {
	if s.published != nil {
		return partOf(l.Seq+1, s.published) // it is stored, too
	}
	return partOf(l.Seq+1, s.unpublished)
}

func partOf(seq int64, data []byte) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		if data != nil {
			yield(crawllog.Part{Seq: seq, Data: data}, nil)
		}
	}
}

// A countingObjects counts deletions.
type countingObjects struct {
	ObjectStore
	deleted int
}

func (s *countingObjects) Delete(context.Context, string) error {
	s.deleted++
	return nil
}

// The object of a refused commit is deleted only if no part of the log names it or ever will.
func TestDiscardObject(t *testing.T) {
	own, other := []byte("own"), []byte("other")
	lost := fault.New(fault.Conflict, "lost")
	for _, tt := range []struct {
		name    string
		store   refusingStore
		refusal error
		want    int
	}{
		{"the next worker may adopt the part", refusingStore{unpublished: own}, lost, 0},
		{"the part may still be stored", refusingStore{}, lost, 0},
		{"another worker came first", refusingStore{published: other}, lost, 1},
		{"the run finished without the part", refusingStore{unpublished: own}, run.ErrFinished, 1},
		{"the run finished before the part was stored", refusingStore{}, run.ErrFinished, 1},
		{"another worker adopted the part and finished the run", refusingStore{published: own}, run.ErrFinished, 0},
		{"another worker came first and finished the run", refusingStore{published: other}, run.ErrFinished, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			objects := new(countingObjects)
			c := &committer{
				store: tt.store, objects: objects, log: slog.New(slog.DiscardHandler),
				lease: &run.Lease{Seq: 3, Until: time.Now().Add(time.Minute)},
			}
			c.discardObject(t.Context(), &object{base: "4"}, crawllog.Commit{Parts: [][]byte{own}}, tt.refusal)
			if objects.deleted != tt.want {
				t.Errorf("%d objects are deleted, want %d", objects.deleted, tt.want)
			}
		})
	}
}
