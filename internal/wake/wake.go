// Package wake carries wake-ups: messages that make the crawl function process a run. A wake-up
// names the run and holds no state, so losing, delaying or repeating one does no harm.
//
// On AWS, wake-ups travel through SQS (package lambdafn). On one machine, they travel through a
// Local queue. Both call a Handler for each wake-up.
package wake

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// MaxDelay is the longest delay that SQS supports. The sweep sends wake-ups that are due later. See
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html.
const MaxDelay = 15 * time.Minute

// A Delivery is a wake-up as a handler gets it.
type Delivery struct {
	Run  run.Ref
	Sent time.Time // when it was sent; zero when that is unknown
}

// A Handler handles one wake-up. After an error, the wake-up is delivered again. After too many
// errors, it is delivered to the handler of dead letters.
type Handler func(ctx context.Context, d Delivery) error

// Decode returns the run that the body of a message names: the JSON of a run.Ref.
func Decode(body string) (run.Ref, error) {
	var ref run.Ref
	if err := json.Unmarshal([]byte(body), &ref); err != nil {
		return ref, err
	}
	if _, ok := tenant.Parse(string(ref.Tenant)); !ok || ref.ID == uuid.Nil {
		return ref, errors.New("the message names no run")
	}
	return ref, nil
}

// Delay returns d, bounded to the delays that a queue supports: at least 0 and at most MaxDelay.
func Delay(d time.Duration) time.Duration { return min(max(d, 0), MaxDelay) }
