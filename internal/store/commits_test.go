package store_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestCommit(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRun(t, s, acme, j.ID)
	l := acquire(t, s, acme, r.ID, "w")
	transition(t, s, acme, r.ID, run.Start)

	until := l.Until
	now.Advance(10 * time.Second)
	commit(t, s, l, "one", "two")
	if l.Seq != 2 || l.Progress.URLsFetched != 2 || l.Attempts != 0 || !l.Until.Equal(until) {
		t.Errorf("after a commit the lease is %+v", l)
	}
	again := acquire(t, s, acme, r.ID, "w") // as after a crash: no progress yet
	until = again.Until
	now.Advance(10 * time.Second)
	commit(t, s, again)
	if again.Attempts != 1 || !again.Until.Equal(until) {
		t.Errorf("a commit without parts left the lease as %+v", again)
	}
	l = again
	now.Advance(time.Microsecond) // less than half of the lease is left
	commit(t, s, l)
	if l.Seq != 2 || !l.Until.Equal(now.Now().Add(20*time.Second)) || !isDue(t, s, l.Until, r.ID) {
		t.Errorf("the lease is not extended: %+v", l)
	}
	transition(t, s, acme, r.ID, run.Pause)
	commit(t, s, l, "three") // what was in flight when the run was paused
	var seqs []int64
	for part, err := range s.LogParts(ctx, runRef(r.ID), 1) {
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, part.Seq)
	}
	wantEqual(t, seqs, []int64{2, 3})
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"one", "two", "three"})

	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.Commit(ctx, l, crawllog.Commit{Parts: [][]byte{[]byte("x")}}), fault.Conflict)
	if l.Seq != 3 {
		t.Error("a failed commit changed the lease")
	}
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"one", "two", "three"})
}

func TestCommitBounds(t *testing.T) {
	// The bounds of DynamoDB, if its KB and MB are the smaller ones, minus some room.
	const maxRequest, maxItem = 3_600_000, 400_000
	sent := &wire{}
	client := store.NewClient(dynamotest.Config(t), func(o *dynamodb.Options) { o.HTTPClient = sent })
	s := store.New(client, "test-"+uuid.NewString())
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	part := bytes.Repeat([]byte{1}, store.MaxLogItemBytes)
	full := crawllog.Commit{}
	for left := store.MaxCommitBytes; left > 0; left -= len(part) {
		full.Parts = append(full.Parts, part[:min(left, len(part))])
	}
	for len(full.Parts) < store.MaxCommitParts { // split the last one
		last := len(full.Parts) - 1
		full.Parts = append(full.Parts, full.Parts[last][1:])
		full.Parts[last] = part[:1]
	}
	if err := s.Commit(t.Context(), l, full); err != nil {
		t.Fatal("a commit at the bounds fails:", err)
	}
	if err := s.AddSegment(t.Context(), l, crawllog.Segment{First: 1, Last: l.Seq, Data: part}); err != nil {
		t.Fatal("a segment at the bound fails:", err)
	}
	if sent.body > maxRequest || sent.item > maxItem || sent.item < store.MaxLogItemBytes {
		t.Errorf("a request of %d bytes and an item of %d, want at most %d and %d", sent.body, sent.item, maxRequest, maxItem)
	}
	many := crawllog.Commit{}
	for range store.MaxCommitParts {
		many.Parts = append(many.Parts, []byte("x"))
	}
	if err := s.Commit(t.Context(), l, many); err != nil {
		t.Fatal("a commit at the bounds fails:", err)
	}
	for name, c := range map[string]crawllog.Commit{
		"long part":  {Parts: [][]byte{append(part, 1)}},
		"empty part": {Parts: [][]byte{{}}},
		"many bytes": {Parts: append(slices.Clone(full.Parts[:len(full.Parts)-1]), append(full.Parts[len(full.Parts)-1], 1))},
		"many parts": {Parts: append(many.Parts, []byte("x"))},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.Commit(t.Context(), l, c); err == nil {
				t.Error("a commit beyond the bounds succeeds")
			}
		})
	}
	if got := len(readLog(t, s, acme, r.ID)); got != len(full.Parts)+len(many.Parts) {
		t.Errorf("the log has %d parts, want %d", got, len(full.Parts)+len(many.Parts))
	}
}

// Several workers believe that they have the lease. For each part one of them wins, and the log is
// what the winners wrote.
func TestCommitRace(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	original := acquire(t, s, acme, r.ID, "w")
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := map[int64]string{}
	for worker := range 4 {
		l := *original
		wg.Go(func() {
			for i := range 10 {
				text := fmt.Sprint("worker ", worker, " part ", i)
				err := s.Commit(t.Context(), &l, crawllog.Commit{Parts: [][]byte{[]byte(text)}})
				switch {
				case err == nil:
					mu.Lock()
					if other, ok := won[l.Seq]; ok {
						t.Errorf("part %d was committed as %q and as %q", l.Seq, other, text)
					}
					won[l.Seq] = text
					mu.Unlock()
				case fault.Is(err, fault.Conflict):
					fresh, err := s.Acquire(t.Context(), runRef(r.ID), "w", time.Minute)
					if err != nil {
						t.Error(err)
						return
					}
					l = *fresh
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	parts := readLog(t, s, acme, r.ID)
	if len(parts) != len(won) || len(parts) < 10 {
		t.Fatalf("the log has %d parts, but %d commits succeeded", len(parts), len(won))
	}
	for i, part := range parts {
		if won[int64(i+1)] != part {
			t.Errorf("part %d is %q, but the commit of %q succeeded", i+1, part, won[int64(i+1)])
		}
	}
}

// Once a stop or a delete is answered, nothing more is recorded.
func TestNothingIsRecordedAfterTheEnd(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	for _, end := range []string{"stop", "delete"} {
		t.Run(end, func(t *testing.T) {
			r := createRunIn(t, s, acme, j.ID, run.Running)
			l := acquire(t, s, acme, r.ID, "w")
			committed, busy := int64(0), make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					err := s.Commit(t.Context(), l, crawllog.Commit{
						Parts:    [][]byte{[]byte("x")},
						Progress: run.Progress{URLsFetched: l.Seq + 1},
					})
					if err != nil {
						if !fault.Is(err, fault.Conflict) {
							t.Error(err)
						}
						return
					}
					if committed = l.Seq; committed == 5 {
						close(busy)
					}
				}
			})
			<-busy
			var ended run.Run
			var err error
			if end == "stop" {
				ended, _, err = s.Transition(t.Context(), runRef(r.ID), run.Stop, nil)
			} else {
				err = s.DeleteRun(t.Context(), runRef(r.ID), nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			recorded := int64(len(readLog(t, s, acme, r.ID)))
			wg.Wait()
			if got := int64(len(readLog(t, s, acme, r.ID))); got != recorded || got != committed {
				t.Errorf("the log had %d parts at the response and %d later; %d were committed", recorded, got, committed)
			}
			if end == "stop" && ended.Progress.URLsFetched != recorded {
				t.Errorf("the copied progress is that of part %d, and the last part is %d", ended.Progress.URLsFetched, recorded)
			}
		})
	}
}
