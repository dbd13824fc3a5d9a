// Package wake carries wake-ups: messages that make the crawl function process a run. A wake-up
// names the run and holds no state, so losing, delaying or repeating one does no harm.
package wake

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// MaxDelay is the longest delay that SQS gives a message. The sweep sends later wake-ups. See
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html.
const MaxDelay = 15 * time.Minute

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
