package lambdafn

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// SQS sends wake-ups to an Amazon SQS queue, which invokes the crawl function.
type SQS struct {
	client   *sqs.Client
	queueURL string
}

// newSQS returns a sender to the queue at queueURL. The client determines the endpoint and the
// region.
func newSQS(client *sqs.Client, queueURL string) *SQS {
	return &SQS{client: client, queueURL: queueURL}
}

// Send sends a wake-up of the run, to be delivered after the delay at the earliest. The delay is
// rounded up to whole seconds and is at most wake.MaxDelay.
func (q *SQS) Send(ctx context.Context, ref run.Ref, delay time.Duration) error {
	return q.send(ctx, wake.Delivery{Run: ref}, delay)
}

// SendExport is Send for an export of the run.
func (q *SQS) SendExport(ctx context.Context, ref run.Ref, id uuid.UUID, delay time.Duration) error {
	return q.send(ctx, wake.Delivery{Run: ref, Export: id}, delay)
}

func (q *SQS) send(ctx context.Context, d wake.Delivery, delay time.Duration) error {
	body, err := wake.Encode(d)
	if err != nil {
		return fmt.Errorf("encode a wake-up: %w", err)
	}
	_, err = q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:     &q.queueURL,
		MessageBody:  &body,
		DelaySeconds: int32((wake.Delay(delay) + time.Second - 1) / time.Second),
	})
	if err != nil {
		return fmt.Errorf("send the wake-up of run %s: %w", d.Run.ID, err)
	}
	return nil
}

// Waiting returns about how many messages wait in the queue for a consumer: those that are neither
// delayed nor received. SQS counts them within about a minute. See
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html.
func (q *SQS) Waiting(ctx context.Context) (int, error) {
	const name = types.QueueAttributeNameApproximateNumberOfMessages
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &q.queueURL, AttributeNames: []types.QueueAttributeName{name},
	})
	if err != nil {
		return 0, fmt.Errorf("count the wake-ups that wait: %w", err)
	}
	n, err := strconv.Atoi(out.Attributes[string(name)])
	if err != nil {
		return 0, fmt.Errorf("count the wake-ups that wait: %w", err)
	}
	return n, nil
}
