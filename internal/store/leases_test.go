package store_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestLease(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRun(t, s, acme, j.ID)
	m := run.Ref{Tenant: acme, ID: r.ID}

	first, err := s.Acquire(ctx, m, "first", 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if first.Seq != 0 || first.Attempts != 1 || !first.Until.Equal(now.Now().Add(20*time.Second)) {
		t.Errorf("%+v", first)
	}
	_, err = s.Acquire(ctx, m, "second", 20*time.Second)
	wantKind(t, err, fault.Conflict)
	if !strings.Contains(err.Error(), "2026-03-01T12:00:20") {
		t.Error("does not say until when:", err)
	}
	// While it is held, the sweep wakes the run only when the lease has ended.
	if isDue(t, s, first.Until.Add(-time.Microsecond), r.ID) || !isDue(t, s, first.Until, r.ID) {
		t.Error("the lease's end is not the wake time")
	}

	// The first owner dies: from the end of its lease another may take it.
	now.Advance(20*time.Second + time.Microsecond)
	second, err := s.Acquire(ctx, m, "second", 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if second.Attempts != 2 {
		t.Errorf("attempt %d", second.Attempts)
	}
	wantKind(t, s.Release(ctx, first, now.Now()), fault.Conflict)
	wantKind(t, s.Park(ctx, first), fault.Conflict)

	wakeAt := now.Now().Add(time.Hour)
	if err := s.Release(ctx, second, wakeAt); err != nil {
		t.Fatal(err)
	}
	if isDue(t, s, wakeAt.Add(-time.Microsecond), r.ID) || !isDue(t, s, wakeAt, r.ID) {
		t.Error("the run is not woken at the time given")
	}
	third := acquire(t, s, acme, r.ID, "third")
	if third.Attempts != 1 {
		t.Errorf("attempt %d after an orderly release", third.Attempts)
	}

	change(t, s, acme, r.ID, run.Stop)
	_, err = s.Acquire(ctx, m, "late", time.Minute)
	if !errors.Is(err, run.ErrFinished) {
		t.Error(err)
	}
	if err := s.DeleteRun(ctx, run.Ref{Tenant: acme, ID: r.ID}, nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Acquire(ctx, m, "late", time.Minute)
	if !errors.Is(err, run.ErrDeleting) {
		t.Error(err)
	}
	if _, err := s.Purge(ctx, m, now.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = s.Acquire(ctx, m, "late", time.Minute)
	if errors.Is(err, run.ErrDeleting) || !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if isDue(t, s, now.Now().Add(time.Hour), r.ID) {
		t.Error("a run that is gone is woken")
	}
}

// Who knows that all owners are dead need not wait for their leases to end, nor does it wake
// what waits for something else.
func TestFreeLeases(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	leased, resumed, waiting := createRun(t, s, acme, j.ID), createRun(t, s, acme, j.ID), createRun(t, s, acme, j.ID)
	for _, r := range []run.Run{leased, resumed, waiting} {
		change(t, s, acme, r.ID, run.Start)
	}
	dead := acquire(t, s, acme, leased.ID, "dead")
	acquire(t, s, acme, resumed.ID, "dead")
	change(t, s, acme, resumed.ID, run.Pause)
	change(t, s, acme, resumed.ID, run.Resume)
	if err := s.Release(t.Context(), acquire(t, s, acme, waiting.ID, "w"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.FreeLeases(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range []run.Run{leased, resumed} {
		if !isDue(t, s, time.Now(), r.ID) {
			t.Error("a run whose worker is dead is not due")
		}
		if l := acquire(t, s, acme, r.ID, "next"); l.Attempts != 2 {
			t.Errorf("attempt %d: the one before achieved nothing", l.Attempts)
		}
	}
	if isDue(t, s, time.Now().Add(59*time.Minute), waiting.ID) {
		t.Error("a run that waits for its host is woken before its time")
	}
	wantKind(t, s.Commit(t.Context(), dead, crawllog.Commit{Parts: [][]byte{[]byte("x")}}), fault.Conflict)
}

func TestCommit(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRun(t, s, acme, j.ID)
	l := acquire(t, s, acme, r.ID, "w")
	wantKind(t, s.Commit(ctx, l, crawllog.Commit{Parts: [][]byte{[]byte("x")}}), fault.Conflict) // pending
	change(t, s, acme, r.ID, run.Start)

	until := l.Until
	now.Advance(10 * time.Second)
	commit(t, s, l, "one", "two")
	if l.Seq != 2 || l.Progress.URLsFetched != 2 || l.Attempts != 0 || !l.Until.Equal(until) {
		t.Errorf("%+v", l)
	}
	again := acquire(t, s, acme, r.ID, "w") // as after a crash: nothing is achieved yet
	until = again.Until
	now.Advance(10 * time.Second)
	commit(t, s, again)
	if again.Attempts != 1 || !again.Until.Equal(until) {
		t.Errorf("a commit that only keeps the lease: %+v", again)
	}
	l = again
	now.Advance(time.Microsecond) // less than half is left
	commit(t, s, l)
	if l.Seq != 2 || !l.Until.Equal(now.Now().Add(20*time.Second)) || !isDue(t, s, l.Until, r.ID) {
		t.Errorf("not extended: %+v", l)
	}
	change(t, s, acme, r.ID, run.Pause)
	commit(t, s, l, "three") // what was under way when the run was paused
	var seqs []int64
	for part, err := range s.LogParts(ctx, run.Ref{Tenant: acme, ID: r.ID}, 1) {
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, part.Seq)
	}
	wantEqual(t, seqs, []int64{2, 3})
	wantEqual(t, log(t, s, acme, r.ID), []string{"one", "two", "three"})

	if err := s.DeleteRun(ctx, run.Ref{Tenant: acme, ID: r.ID}, nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.Commit(ctx, l, crawllog.Commit{Parts: [][]byte{[]byte("x")}}), fault.Conflict)
	if l.Seq != 3 {
		t.Error("a commit that failed moved the lease on")
	}
	wantEqual(t, log(t, s, acme, r.ID), []string{"one", "two", "three"})
}

// A wire is the HTTP client of a DynamoDB client. It keeps the largest body and item sent.
type wire struct {
	http.Client
	body, item int
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.body = max(w.body, len(body))
	var in struct {
		TransactItems []struct {
			Put struct{ Item map[string]map[string]any }
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	for _, put := range in.TransactItems {
		w.item = max(w.item, itemSize(put.Put.Item))
	}
	return w.Client.Do(r)
}

// itemSize returns how many bytes DynamoDB counts for an item, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
func itemSize(item map[string]map[string]any) (size int) {
	for name, value := range item {
		size += len(name)
		for kind, v := range value {
			text := fmt.Sprint(v)
			if size += len(text); kind == "B" {
				size += base64.StdEncoding.DecodedLen(len(text)) - len(text)
			}
		}
	}
	return size
}

func TestCommitBounds(t *testing.T) {
	// DynamoDB's bounds, were its KB and MB the smaller ones, and some room.
	const maxRequest, maxItem = 3_600_000, 400_000
	sent := &wire{}
	client := store.NewClient(dynamotest.Config(t), func(o *dynamodb.Options) { o.HTTPClient = sent })
	s := store.New(client, "test-"+uuid.NewString())
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	j := createJob(t, s, acme, plainConfig)
	r := toStatus(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	part := bytes.Repeat([]byte{1}, store.MaxPartBytes)
	full := crawllog.Commit{}
	for left := store.MaxCommitBytes; left > 0; left -= len(part) {
		full.Parts = append(full.Parts, part[:min(left, len(part))])
	}
	for len(full.Parts) < store.MaxCommitParts { // by cutting the last one to pieces
		last := len(full.Parts) - 1
		full.Parts = append(full.Parts, full.Parts[last][1:])
		full.Parts[last] = part[:1]
	}
	if err := s.Commit(t.Context(), l, full); err != nil {
		t.Fatal("a commit at the bounds:", err)
	}
	if err := s.AddSegment(t.Context(), l, crawllog.Segment{First: 1, Last: l.Seq, Data: part}); err != nil {
		t.Fatal("a segment at the bound:", err)
	}
	if sent.body > maxRequest || sent.item > maxItem || sent.item < store.MaxPartBytes {
		t.Errorf("a request of %d bytes and an item of %d, want at most %d and %d", sent.body, sent.item, maxRequest, maxItem)
	}
	many := crawllog.Commit{}
	for range store.MaxCommitParts {
		many.Parts = append(many.Parts, []byte("x"))
	}
	if err := s.Commit(t.Context(), l, many); err != nil {
		t.Fatal("a commit at the bounds:", err)
	}
	for name, c := range map[string]crawllog.Commit{
		"part":  {Parts: [][]byte{append(part, 1)}},
		"empty": {Parts: [][]byte{{}}},
		"bytes": {Parts: append(slices.Clone(full.Parts[:len(full.Parts)-1]), append(full.Parts[len(full.Parts)-1], 1))},
		"parts": {Parts: append(many.Parts, []byte("x"))},
	} {
		if err := s.Commit(t.Context(), l, c); err == nil {
			t.Errorf("%s: a commit past the bounds succeeds", name)
		}
	}
	if got := len(log(t, s, acme, r.ID)); got != len(full.Parts)+len(many.Parts) {
		t.Errorf("%d parts", got)
	}
}

func TestSegments(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := toStatus(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	commit(t, s, l, "1", "2", "3", "4", "5")
	lost := *l
	want := []crawllog.Segment{
		{First: 1, Last: 2, Data: []byte("12")},
		{First: 3, Last: 5, Data: []byte("345")},
	}
	for _, seg := range want {
		if err := s.AddSegment(ctx, l, seg); err != nil {
			t.Fatal(err)
		}
	}
	segments := func(after int64) (got []crawllog.Segment) {
		for seg, err := range s.Segments(ctx, run.Ref{Tenant: acme, ID: r.ID}, after) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, seg)
		}
		return got
	}
	wantEqual(t, segments(0), want)
	wantEqual(t, segments(1), want[1:])
	for name, seg := range map[string]crawllog.Segment{
		"backwards":       {First: 2, Last: 1, Data: []byte("x")},
		"past the log":    {First: 5, Last: 6, Data: []byte("x")},
		"without data":    {First: 1, Last: 2},
		"larger than fit": {First: 1, Last: 2, Data: bytes.Repeat([]byte{1}, store.MaxPartBytes+1)},
	} {
		if err := s.AddSegment(ctx, l, seg); err == nil {
			t.Errorf("a segment %s is stored", name)
		}
	}
	wantEqual(t, log(t, s, acme, r.ID), []string{"1", "2", "3", "4", "5"})

	// The run is deleted, and another gets its id: nothing of the first one shows in it.
	if err := s.DeleteRun(ctx, run.Ref{Tenant: acme, ID: r.ID}, nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.AddSegment(ctx, &lost, want[0]), fault.Conflict)
	if done, err := s.Purge(ctx, run.Ref{Tenant: acme, ID: r.ID}, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if _, err := s.CreateRun(ctx, job.Ref{Tenant: acme, ID: j.ID}, r.ID, nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.AddSegment(ctx, &lost, want[0]), fault.Conflict)
	if got := segments(0); len(got) > 0 {
		t.Errorf("segments of a deleted run: %v", got)
	}
}

// Two workers believe that the lease is theirs. For each part one of them wins, and the
// log is what the winners wrote.
func TestCommitRace(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	r := toStatus(t, s, acme, j.ID, run.Running)
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
						t.Errorf("part %d belongs to %s and to %s", l.Seq, other, text)
					}
					won[l.Seq] = text
					mu.Unlock()
				case fault.Is(err, fault.Conflict):
					fresh, err := s.Acquire(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, "w", time.Minute)
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
	parts := log(t, s, acme, r.ID)
	if len(parts) != len(won) || len(parts) < 10 {
		t.Fatalf("%d parts, %d commits", len(parts), len(won))
	}
	for i, part := range parts {
		if won[int64(i+1)] != part {
			t.Errorf("part %d is of %q, and %q was told so", i+1, part, won[int64(i+1)])
		}
	}
}

func TestNothingRecordedAfterStop(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	for _, end := range []string{"stop", "delete"} {
		r := toStatus(t, s, acme, j.ID, run.Running)
		l := acquire(t, s, acme, r.ID, "w")
		committed, underWay := int64(0), make(chan struct{})
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
					close(underWay)
				}
			}
		})
		<-underWay
		var ended run.Run
		var err error
		if end == "stop" {
			ended, _, err = s.Transition(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, run.Stop, nil)
		} else {
			err = s.DeleteRun(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		recorded := int64(len(log(t, s, acme, r.ID)))
		wg.Wait()
		if got := int64(len(log(t, s, acme, r.ID))); got != recorded || got != committed {
			t.Errorf("%s: %d parts when it was answered, %d later, %d committed", end, recorded, got, committed)
		}
		if end == "stop" && ended.Progress.URLsFetched != recorded {
			t.Errorf("the progress copied is of part %d, the last is %d", ended.Progress.URLsFetched, recorded)
		}
	}
}

// A worker parks while a client resumes. Whoever comes first, the run is woken afterwards.
func TestParkRacesResume(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	parked := 0
	for i := range 20 {
		r := toStatus(t, s, acme, j.ID, run.Paused)
		l := acquire(t, s, acme, r.ID, "w")
		var parkErr error
		var wg sync.WaitGroup
		wg.Go(func() {
			for range i % 6 { // resume reads before it writes: let it catch up now and then
				if _, err := s.Status(t.Context(), run.Ref{Tenant: acme, ID: r.ID}); err != nil {
					t.Error(err)
				}
			}
			parkErr = s.Park(t.Context(), l)
		})
		wg.Go(func() { change(t, s, acme, r.ID, run.Resume) })
		wg.Wait()
		switch {
		case parkErr == nil:
			parked++
		case !fault.Is(parkErr, fault.Conflict):
			t.Fatal(parkErr)
		}
		if !isDue(t, s, time.Now().Add(time.Millisecond), r.ID) {
			t.Fatalf("stranded: parked with %v", parkErr)
		}
	}
	t.Logf("%d of 20 parked first", parked)
}

func TestPark(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	r := toStatus(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	wantKind(t, s.Park(t.Context(), l), fault.Conflict) // it runs
	change(t, s, acme, r.ID, run.Pause)
	if err := s.Park(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if isDue(t, s, time.Now().Add(time.Hour), r.ID) {
		t.Error("a parked run is woken")
	}
	change(t, s, acme, r.ID, run.Resume)
	if !isDue(t, s, time.Now(), r.ID) {
		t.Error("a resumed run is not woken")
	}
	acquire(t, s, acme, r.ID, "another")
}

func TestPurgeResumes(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := toStatus(t, s, acme, j.ID, run.Running)
	other := toStatus(t, s, acme, j.ID, run.Running)
	commit(t, s, acquire(t, s, acme, other.ID, "w"), "stays")
	l := acquire(t, s, acme, r.ID, "w")
	parts := make([][]byte, store.MaxCommitParts)
	for i := range parts {
		parts[i] = []byte("x")
	}
	for range 23 {
		if err := s.Commit(ctx, l, crawllog.Commit{Parts: parts}); err != nil {
			t.Fatal(err)
		}
	}
	m := run.Ref{Tenant: acme, ID: r.ID}
	_, err := s.Purge(ctx, m, now.Now().Add(time.Hour))
	wantKind(t, err, fault.Conflict) // it is not deleted
	if err := s.DeleteRun(ctx, run.Ref{Tenant: acme, ID: r.ID}, nil); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Purge(ctx, m, now.Now()); done || err != nil {
		t.Fatal("there was no time:", done, err)
	}

	// The first purger gets some way and dies; two others share the rest.
	now.Advance(time.Second)
	now.Tick(10 * time.Millisecond)
	if done, err := s.Purge(ctx, m, now.Now().Add(time.Second)); done || err != nil {
		t.Fatal(done, err)
	}
	left := len(log(t, s, acme, r.ID))
	if left == 0 || int64(left) == l.Seq {
		t.Fatalf("%d parts of %d left", left, l.Seq)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if done, err := s.Purge(ctx, m, now.Now().Add(time.Hour)); !done || err != nil {
				t.Error(done, err)
			}
		})
	}
	wg.Wait()
	if got := log(t, s, acme, r.ID); len(got) > 0 {
		t.Errorf("%d parts left", len(got))
	}
	_, err = s.Acquire(ctx, m, "w", time.Minute)
	if errors.Is(err, run.ErrDeleting) {
		t.Error("the tombstone is left")
	}
	wantEqual(t, log(t, s, acme, other.ID), []string{"stays"})
}

func TestDueOldestFirst(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	var want []run.Ref
	for i := range 30 {
		owner := acme
		if i%2 == 1 {
			owner = rival
		}
		now.Advance(time.Second)
		r := createRun(t, s, owner, createJob(t, s, owner, plainConfig).ID)
		want = append(want, run.Ref{Tenant: owner, ID: r.ID})
	}
	got, err := s.Due(t.Context(), now.Now(), 20)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, want[:20])
	if got, err = s.Due(t.Context(), now.Now().Add(-15*time.Second), 100); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, want[:15])
}

func TestLogOfManyMegabytes(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	r := toStatus(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	want := 0
	for range 4 {
		c := crawllog.Commit{Parts: [][]byte{bytes.Repeat([]byte{7}, 300<<10), bytes.Repeat([]byte{8}, 300<<10)}}
		want += len(c.Parts)
		if err := s.Commit(t.Context(), l, c); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(log(t, s, acme, r.ID)); got != want {
		t.Errorf("%d parts, want %d", got, want)
	}
	for range s.LogParts(t.Context(), run.Ref{Tenant: acme, ID: uuid.New()}, 0) {
		t.Error("a run that does not exist has a log")
	}
}
