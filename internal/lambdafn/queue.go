package lambdafn

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/inndx/runs/internal/wake"
)

// queueHandler returns the handler of a function that an SQS queue invokes. It handles the messages
// of a batch concurrently and reports those that failed, so that SQS delivers only these again. A
// message that is not a wake-up would fail each time, so it is logged and dropped.
func queueHandler(handle wake.Handler, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		var (
			res = events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}} // not nil: an emulator may reject null
			mu  sync.Mutex
			wg  sync.WaitGroup
		)
		for _, message := range e.Records {
			d, err := wake.Decode(message.Body)
			if err != nil {
				log.Error("a message that is not a wake-up is dropped", "message_id", message.MessageId, "error", err)
				continue
			}
			d.Sent = sentAt(message)
			wg.Go(func() {
				if err := handle(ctx, d); err != nil {
					mu.Lock()
					defer mu.Unlock()
					res.BatchItemFailures = append(res.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
				}
			})
		}
		wg.Wait()
		return res, nil
	}
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
