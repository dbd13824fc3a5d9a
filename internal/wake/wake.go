// Package wake carries wake-ups: messages that make the crawl function process a run, or an export
// of it. A wake-up names the run or the export and holds no state, so losing, delaying or repeating
// one does no harm.
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
	Run    run.Ref
	Export uuid.UUID // of the run; uuid.Nil for the run itself
	Sent   time.Time // when it was sent; zero when that is unknown
}

// A message is the body of a message. Earlier versions take one that names an export for a wake-up
// of the run.
type message struct {
	run.Ref
	Export uuid.UUID `json:"export_id,omitzero"`
}

// Encode returns the body of the message that Decode decodes. The time is not part of it.
func Encode(d Delivery) (string, error) {
	body, err := json.Marshal(message{d.Run, d.Export})
	return string(body), err
}

// A Handler handles one wake-up. After an error, the wake-up is delivered again. After too many
// errors, it is delivered to the handler of dead letters.
type Handler func(ctx context.Context, d Delivery) error

// Decode returns the run, and the export if any, that the body of a message names.
func Decode(body string) (Delivery, error) {
	var m message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return Delivery{}, err
	}
	if _, ok := tenant.Parse(string(m.Tenant)); !ok || m.ID == uuid.Nil {
		return Delivery{}, errors.New("the message names no run")
	}
	return Delivery{Run: m.Ref, Export: m.Export}, nil
}

// Delay returns d, bounded to the delays that a queue supports: at least 0 and at most MaxDelay.
func Delay(d time.Duration) time.Duration { return min(max(d, 0), MaxDelay) }
