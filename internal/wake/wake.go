// Package wake carries the messages that make the crawl function look at a run. A message
// is a hint and holds no state: it may be lost, late or doubled without harm.
package wake

import (
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/tenant"
)

// A Message asks the crawl function to look at one run.
type Message struct {
	Tenant tenant.ID `json:"tenant"`
	RunID  uuid.UUID `json:"run_id"`
}

// MaxDelay is the longest delay that SQS gives a message. A later wake-up is left to the
// sweep. See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html.
const MaxDelay = 15 * time.Minute
