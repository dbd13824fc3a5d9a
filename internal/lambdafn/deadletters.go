package lambdafn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/inndx/runs/internal/wake"
)

// letterTime bounds the time that one sweep spends on dead letters. With the wake-ups and the
// backfill, a sweep takes less than its timeout in template.yaml.
const letterTime = 15 * time.Second

// deadLetters is the queue of wake-ups that failed too often. The sweep receives them, because the
// queue is nearly always empty, and an event source mapping would cost 650,000 empty responses a
// month.
type deadLetters struct {
	client   *sqs.Client
	queueURL string
	log      *slog.Logger
}

// handle handles the letters in the queue, ten at a time, and deletes those that it handled. SQS
// delivers the others again when their visibility timeout is over, and may deliver any of them
// twice. A receive does not wait and asks only some of the queue's servers, so it may miss letters,
// which the next sweep receives. See
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html.
func (q *deadLetters) handle(ctx context.Context, handle wake.Handler) error {
	bounded, cancel := context.WithTimeout(ctx, letterTime)
	defer cancel()
	for bounded.Err() == nil {
		received, err := q.client.ReceiveMessage(bounded, &sqs.ReceiveMessageInput{
			QueueUrl: &q.queueURL, MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
		})
		switch {
		case err != nil && bounded.Err() != nil:
			return nil // the next sweep continues
		case err != nil:
			return fmt.Errorf("receive dead letters: %w", err)
		case len(received.Messages) == 0:
			return nil
		}
		if err := q.remove(ctx, q.handled(bounded, received.Messages, handle)); err != nil {
			return err
		}
	}
	return nil
}

// handled calls handle for all letters at the same time, and returns those for which it succeeded.
func (q *deadLetters) handled(ctx context.Context, letters []types.Message, handle wake.Handler) []types.Message {
	batch := events.SQSEvent{Records: make([]events.SQSMessage, len(letters))}
	for i, m := range letters {
		batch.Records[i] = events.SQSMessage{MessageId: strconv.Itoa(i), Body: aws.ToString(m.Body), Attributes: m.Attributes}
	}
	res, _ := queueHandler(handle, q.log)(ctx, batch) // it reports no error
	failed := map[string]bool{}
	for _, f := range res.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	var done []types.Message
	for i, m := range letters {
		if !failed[strconv.Itoa(i)] {
			done = append(done, m)
		}
	}
	return done
}

// remove deletes letters. A letter that is not deleted is handled again, which changes nothing.
func (q *deadLetters) remove(ctx context.Context, letters []types.Message) error {
	if len(letters) == 0 {
		return nil
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.queueURL}
	for i, m := range letters {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
	}
	out, err := q.client.DeleteMessageBatch(ctx, in)
	if err != nil {
		return fmt.Errorf("delete dead letters: %w", err)
	}
	var errs []error
	for _, f := range out.Failed {
		errs = append(errs, fmt.Errorf("delete a dead letter: %s: %s", aws.ToString(f.Code), aws.ToString(f.Message)))
	}
	return errors.Join(errs...)
}
