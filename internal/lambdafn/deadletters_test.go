package lambdafn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// letterQueue returns a simulated dead-letter queue with a letter for each run, and its client.
func letterQueue(t *testing.T, log *slog.Logger, refs []run.Ref, options ...func(*sqs.Options)) (*cloud, *deadLetters) {
	t.Helper()
	const id = "DeadLetterQueue"
	c := &cloud{t: t, tmpl: readTemplate(t), second: time.Millisecond, queues: map[string]*cloudQueue{id: {id: id}}}
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(server.Close)
	for _, ref := range refs {
		body, err := wake.Encode(wake.Delivery{Run: ref})
		if err != nil {
			t.Fatal(err)
		}
		c.send(id, body, 0, "")
	}
	client := sqs.New(sqs.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1",
		Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("test", "test", "")),
	}, options...)
	return c, &deadLetters{client: client, queueURL: server.URL + "/" + id, log: log}
}

func newRefs(n int) (refs []run.Ref) {
	for range n {
		refs = append(refs, newRef())
	}
	return refs
}

// A sweep handles every letter, says when each was sent, and deletes it.
func TestDeadLettersAreHandled(t *testing.T) {
	refs := newRefs(23)
	c, letters := letterQueue(t, slog.New(slog.DiscardHandler), refs)
	var mu sync.Mutex
	var got []run.Ref
	err := letters.handle(t.Context(), func(_ context.Context, d wake.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, d.Run)
		if age := time.Since(d.Sent); age < 0 || age > time.Minute {
			t.Errorf("a letter was sent at %s", d.Sent)
		}
		return nil
	})
	byID := func(a, b run.Ref) int { return bytes.Compare(a.ID[:], b.ID[:]) }
	slices.SortFunc(got, byID)
	slices.SortFunc(refs, byID)
	if err != nil || !slices.Equal(got, refs) {
		t.Errorf("%v; handled %v, want %v", err, got, refs)
	}
	if left := c.queues["DeadLetterQueue"].messages; len(left) != 0 {
		t.Errorf("%d letters are left", len(left))
	}
}

// A letter that fails, and no other, stays in the queue. A later sweep handles it. A message that is
// not a wake-up would fail each time, so it is dropped.
func TestDeadLetterFailsAlone(t *testing.T) {
	refs := newRefs(12)
	var log bytes.Buffer
	c, letters := letterQueue(t, jsonLog(&log), refs)
	c.send("DeadLetterQueue", "hello", 0, "")
	broken := map[run.Ref]error{refs[3]: errors.New("broken"), refs[7]: nil}
	abandon := wake.Instrument("dead-letter", func(_ context.Context, d wake.Delivery) error {
		err, ok := broken[d.Run]
		if ok && err == nil {
			panic("broken")
		}
		return err
	}, jsonLog(&log), nil)
	if err := letters.handle(t.Context(), abandon); err != nil {
		t.Fatal(err)
	}
	left := map[uuid.UUID]bool{}
	for _, m := range c.queues["DeadLetterQueue"].messages {
		var ref run.Ref
		if err := json.Unmarshal([]byte(m.Body), &ref); err != nil {
			t.Fatal(err)
		}
		left[ref.ID] = true
		m.visible = time.Time{} // the visibility timeout is over
	}
	if len(left) != 2 || !left[refs[3].ID] || !left[refs[7].ID] {
		t.Errorf("left are %v", left)
	}
	if n := counted(t, "Failures", &log); n != 3 {
		t.Errorf("the filter counts %v failures, want 3, in %s", n, &log)
	}
	clear(broken)
	if err := letters.handle(t.Context(), abandon); err != nil || len(c.queues["DeadLetterQueue"].messages) != 0 {
		t.Errorf("%v; %d letters are left", err, len(c.queues["DeadLetterQueue"].messages))
	}
}

// When the time of a sweep is over, the letters that were not handled stay in the queue.
func TestDeadLettersEndWithTheSweep(t *testing.T) {
	c, letters := letterQueue(t, slog.New(slog.DiscardHandler), newRefs(15))
	ctx, cancel := context.WithCancel(t.Context())
	handled := make(chan struct{}, 15)
	err := letters.handle(ctx, func(ctx context.Context, _ wake.Delivery) error {
		handled <- struct{}{}
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if left := len(c.queues["DeadLetterQueue"].messages); len(handled) > 10 || left != 15 || err != nil {
		t.Errorf("%v; %d letters were handled, and %d are left", err, len(handled), left)
	}
}

// A sweep that cannot reach the queue fails.
func TestDeadLettersThatCannotBeReceived(t *testing.T) {
	refused := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type": "com.amazonaws.sqs#AccessDeniedException", "message": "no"}`)
	}))
	defer refused.Close()
	_, letters := letterQueue(t, slog.New(slog.DiscardHandler), nil, func(o *sqs.Options) { o.BaseEndpoint = &refused.URL })
	if err := letters.handle(t.Context(), nil); err == nil {
		t.Error("no error")
	}
}
