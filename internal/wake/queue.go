package wake

import (
	"context"
	"crypto/md5" //nolint:gosec // SQS names the digest of a body that way.
	"encoding/hex"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"
)

// A Handler handles a batch of messages. An error fails the whole batch, the response
// fails single messages of it; a message that did not fail is deleted.
type Handler func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// queue is one queue: the wake-ups, or the dead letters.
type queue struct {
	name    string
	opts    LocalOptions
	redrive *queue // gets messages that were received too often; nil: they stay

	mu       sync.Mutex
	messages []*message
	changed  chan struct{} // buffered; has an element when messages changed since the last look
}

// message is a message that was sent and not yet deleted.
type message struct {
	id            string
	body          string
	sent          time.Time
	visible       time.Time // hidden until then: delayed, or received and not yet deleted
	receipt       string    // of the last receive
	receives      int
	firstReceived time.Time
}

func newQueue(name string, o LocalOptions) *queue {
	return &queue{name: name, opts: o, changed: make(chan struct{}, 1)}
}

func (q *queue) send(body string, delay time.Duration) {
	now := time.Now()
	q.mu.Lock()
	i := slices.IndexFunc(q.messages, func(m *message) bool { return m.receives == 0 && m.body == body })
	if i < 0 {
		q.messages = append(q.messages, &message{id: uuid.NewString(), body: body, sent: now, visible: now.Add(delay)})
	} else if at := now.Add(delay); at.Before(q.messages[i].visible) {
		q.messages[i].visible = at
	}
	q.mu.Unlock()
	q.notify()
}

// take takes over a message that was received too often elsewhere. It keeps the time when it was
// sent, as SQS has it.
func (q *queue) take(m *message, now time.Time) {
	q.mu.Lock()
	q.messages = append(q.messages, &message{id: m.id, body: m.body, sent: m.sent, visible: now})
	q.mu.Unlock()
	q.notify()
}

func (q *queue) notify() {
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

func (q *queue) run(ctx context.Context, handle Handler) {
	slots := make(chan struct{}, q.opts.Concurrency)
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch, ok := q.await(ctx)
		if !ok {
			return
		}
		calls.Go(func() {
			defer func() { <-slots }()
			q.deliver(ctx, handle, batch)
		})
	}
}

// await returns the next batch as soon as there is one, or false when ctx is done.
func (q *queue) await(ctx context.Context) ([]events.SQSMessage, bool) {
	for ctx.Err() == nil {
		batch, next := q.receive(time.Now())
		if len(batch) > 0 {
			return batch, true
		}
		var due <-chan time.Time // nil, and so never, when nothing waits
		if !next.IsZero() {
			due = time.After(time.Until(next))
		}
		select {
		case <-ctx.Done():
		case <-q.changed:
		case <-due:
		}
	}
	return nil, false
}

// receive takes up to a batch of the visible messages, oldest first, and hides them. When
// there are none it says when the next one becomes visible, if any does.
func (q *queue) receive(now time.Time) (batch []events.SQSMessage, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	slices.SortStableFunc(q.messages, func(a, b *message) int { return a.visible.Compare(b.visible) })
	kept := q.messages[:0]
	for _, m := range q.messages {
		switch {
		case m.visible.After(now):
			if next.IsZero() {
				next = m.visible
			}
		case len(batch) == q.opts.BatchSize:
		case q.redrive != nil && m.receives >= q.opts.MaxReceives:
			q.redrive.take(m, now)
			continue
		default:
			batch = append(batch, q.hide(m, now))
		}
		kept = append(kept, m)
	}
	clear(q.messages[len(kept):])
	q.messages = kept
	return batch, next
}

// hide counts a receive of m and returns what the handler sees of it.
func (q *queue) hide(m *message, now time.Time) events.SQSMessage {
	m.receives++
	m.receipt = uuid.NewString()
	m.visible = now.Add(q.opts.VisibilityTimeout)
	if m.firstReceived.IsZero() {
		m.firstReceived = now
	}
	digest := md5.Sum([]byte(m.body))
	return events.SQSMessage{
		MessageId:     m.id,
		ReceiptHandle: m.receipt,
		Body:          m.body,
		Md5OfBody:     hex.EncodeToString(digest[:]),
		Attributes: map[string]string{
			"ApproximateReceiveCount":          strconv.Itoa(m.receives),
			"SentTimestamp":                    strconv.FormatInt(m.sent.UnixMilli(), 10),
			"SenderId":                         "local",
			"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstReceived.UnixMilli(), 10),
		},
		MessageAttributes: map[string]events.SQSMessageAttribute{},
		EventSource:       "aws:sqs",
		EventSourceARN:    "arn:aws:sqs:local:000000000000:" + q.name,
		AWSRegion:         "local",
	}
}

// deliver calls the handler and deletes the messages that it did not fail. The others
// become visible again when their visibility timeout is over.
func (q *queue) deliver(ctx context.Context, handle Handler, batch []events.SQSMessage) {
	call, cancel := context.WithTimeout(ctx, q.opts.Timeout)
	defer cancel()
	resp, err := guard(call, handle, events.SQSEvent{Records: batch})
	if err != nil {
		level := slog.LevelError
		if ctx.Err() != nil {
			level = slog.LevelDebug // it was told to end
		}
		q.opts.Logger.Log(ctx, level, "handling messages failed", "queue", q.name, "messages", len(batch), "error", err)
		return
	}
	failed := failures(resp, batch)
	q.mu.Lock()
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		i := slices.IndexFunc(batch, func(b events.SQSMessage) bool { return b.ReceiptHandle == m.receipt })
		return i >= 0 && !failed(m.id)
	})
	q.mu.Unlock()
}

// failures returns which messages of the batch failed. As with Lambda, a response that
// names a message outside the batch fails all of it. See
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
func failures(resp events.SQSEventResponse, batch []events.SQSMessage) func(id string) bool {
	failed := map[string]bool{}
	for _, f := range resp.BatchItemFailures {
		if !slices.ContainsFunc(batch, func(m events.SQSMessage) bool { return m.MessageId == f.ItemIdentifier }) {
			return func(string) bool { return true }
		}
		failed[f.ItemIdentifier] = true
	}
	return func(id string) bool { return failed[id] }
}

// guard calls the handler and turns a panic, which would end one Lambda environment and
// nothing else, into an error.
func guard(ctx context.Context, handle Handler, e events.SQSEvent) (resp events.SQSEventResponse, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handle(ctx, e)
}
