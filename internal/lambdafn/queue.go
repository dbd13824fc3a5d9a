package lambdafn

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// At the deadline of an invocation Lambda kills the process, and the whole batch counts as failed.
// So the context of the handlers ends handlerMargin earlier, and the function responds
// responseMargin earlier, even if a handler has not returned. The margins are at most an eighth and
// a sixteenth of the time of the invocation.
const (
	handlerMargin  = 2 * time.Second
	responseMargin = 500 * time.Millisecond
)

// queueHandler returns the handler of a function that an SQS queue invokes. It handles the wake-ups
// of a batch side by side and reports the messages of those that failed, so that SQS delivers only
// these again. SQS does so after the visibility timeout of the queue, which is long. A run or an
// export that must continue sooner has a wake time, at which the sweep wakes it.
func queueHandler(handle wake.Handler, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		ctx, cancel, respond := margins(ctx)
		defer cancel()
		type result struct {
			of  target
			err error
		}
		waking := wakeups(e, log)
		results := make(chan result, len(waking)) // buffered, for handlers that return too late
		for t, w := range waking {
			go func() { results <- result{t, handle(ctx, w.Delivery)} }()
		}
		res := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}} // not nil: an emulator may reject null
		settle := func(r result) {
			if r.err != nil {
				for _, id := range waking[r.of].messages {
					res.BatchItemFailures = append(res.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
				}
			}
			delete(waking, r.of)
		}
		for len(waking) > 0 {
			select {
			case r := <-results:
				settle(r)
			case <-respond:
				for range len(results) {
					settle(<-results)
				}
				for t := range waking {
					// A metric filter of template.yaml (Failures) counts the line.
					log.Error("a wake-up failed", "tenant", t.run.Tenant, "run_id", t.run.ID, "error", errLate)
					settle(result{t, errLate})
				}
			}
		}
		return res, nil
	}
}

var errLate = errors.New("the handler did not return before the deadline of the invocation")

// margins returns the context of the handlers of an invocation, and a channel from which can be
// received when the function must respond.
func margins(ctx context.Context) (context.Context, context.CancelFunc, <-chan time.Time) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}, nil
	}
	left := time.Until(deadline)
	respond := time.After(left - min(responseMargin, left/16))
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-min(handlerMargin, left/8)))
	return ctx, cancel, respond
}

// A target is what a wake-up wakes.
type target struct {
	run    run.Ref
	export uuid.UUID // uuid.Nil for the run itself
}

// A wakeup is one delivery of the messages of a batch that have the same target.
type wakeup struct {
	wake.Delivery          // the one that was sent last
	messages      []string // their ids
}

// wakeups returns the wake-ups in a batch. A standard queue may deliver a message twice, and the
// sweep may have sent another message for a run. One delivery does the work of all, because a
// wake-up holds no state. A message that is not a wake-up would fail each time, so it is logged and
// dropped.
func wakeups(e events.SQSEvent, log *slog.Logger) map[target]*wakeup {
	all := make(map[target]*wakeup, len(e.Records))
	for _, message := range e.Records {
		d, err := wake.Decode(message.Body)
		if err != nil {
			log.Error("a message that is not a wake-up is dropped", "message_id", message.MessageId, "error", err)
			continue
		}
		d.Sent = sentAt(message)
		t := target{d.Run, d.Export}
		w := all[t]
		if w == nil {
			w = &wakeup{Delivery: d}
			all[t] = w
		}
		if d.Sent.After(w.Sent) {
			w.Sent = d.Sent
		}
		w.messages = append(w.messages, message.MessageId)
	}
	return all
}

// sentAt returns the time at which the message was sent, or zero if the message does not say. SQS
// reports milliseconds, and keeps the time of a message that it moves to a dead-letter queue. See
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html.
func sentAt(m events.SQSMessage) time.Time {
	ms, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
