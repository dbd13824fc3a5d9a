package crawl

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/run"
)

// An adoptingStore has a part that was not published, and keeps what is committed.
type adoptingStore struct {
	LogStore
	part   []byte
	commit crawllog.Commit
}

func (s *adoptingStore) Unpublished(_ context.Context, l *run.Lease) iter.Seq2[crawllog.Part, error] {
	return partOf(l.Seq+1, s.part)
}

func (s *adoptingStore) Commit(_ context.Context, _ *run.Lease, c crawllog.Commit) error {
	s.commit = c
	return nil
}

// The numbers of a run count an adopted part as the log has it, also if the clock of the worker that
// stored it is ahead. The metrics count it, too: that worker did not.
func TestAdoptedPartIsCounted(t *testing.T) {
	ahead := time.Now().Add(7 * time.Minute).Truncate(time.Millisecond)
	records := []crawllog.Record{
		&crawllog.Discovered{URL: "https://example.com/", Seed: true},
		&crawllog.Outcome{URL: "https://example.com/", Step: crawllog.Fetch, Status: crawllog.OK, OccurredAt: ahead},
	}
	store := &adoptingStore{part: crawllog.Encode(records)[0]}
	want, err := crawllog.DecodeAll(store.part)
	if err != nil {
		t.Fatal(err)
	}
	f := newTestFrontier()
	l := &loader{store, &run.Lease{}, slog.New(slog.DiscardHandler), &snapshot{frontier: f, tail: new(tail)}}
	m := new(meter.Meter)
	if err := l.adopt(meter.With(t.Context(), m)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, store.commit.Records); d != "" {
		t.Errorf("the records that are counted differ from those of the log (-want +got):\n%s", d)
	}
	if !f.last.Before(ahead) || store.commit.Progress.Processed() != 1 {
		t.Errorf("the frontier has %+v, and a last fetch at %s", store.commit.Progress, f.last)
	}
	if got := m.Usage(); got != (meter.Usage{Commits: 1, Pages: 1}) {
		t.Errorf("the metrics have %+v", got)
	}
}
