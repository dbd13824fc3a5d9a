// Package eventbus publishes the transitions of runs to Amazon EventBridge.
package eventbus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/transitions"
)

// The source and the detail type of all events.
const (
	Source     = "inndx.runs"
	DetailType = "Run State Change"
)

// maxEntries bounds the events of one PutEvents call. See
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
const maxEntries = 10

// A Detail is the detail of an event.
type Detail struct {
	Tenant     tenant.ID       `json:"tenant"`
	JobID      uuid.UUID       `json:"job_id"`
	RunID      uuid.UUID       `json:"run_id"`
	From       *run.Status     `json:"from"`        // null if the run was created
	To         run.Status      `json:"to"`          // the status of a run, or transitions.Deleted
	StopReason *run.StopReason `json:"stop_reason"` // null unless the run is, or was, finished
	Time       string          `json:"time"`        // RFC 3339, UTC, with microseconds
}

// A Client calls EventBridge. *eventbridge.Client implements it.
type Client interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// A Bus publishes transitions to an EventBridge bus. It is safe for concurrent use.
type Bus struct {
	Client Client
	Name   string // of the bus
}

// Put implements transitions.Bus.
func (b Bus) Put(ctx context.Context, all []run.Transition) (published int, err error) {
	for published < len(all) {
		batch := all[published:min(published+maxEntries, len(all))]
		n, err := b.put(ctx, batch)
		published += n
		if err != nil {
			return published, err
		}
	}
	return published, nil
}

// put sends a batch. It returns how many events EventBridge accepted before the first one that it
// did not accept, and the error of that one. See
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html.
func (b Bus) put(ctx context.Context, batch []run.Transition) (int, error) {
	input := &eventbridge.PutEventsInput{}
	for _, t := range batch {
		input.Entries = append(input.Entries, b.entry(t))
	}
	out, err := b.Client.PutEvents(ctx, input)
	if err != nil {
		return 0, err
	}
	for i := range batch {
		if i >= len(out.Entries) {
			return i, fmt.Errorf("eventbus: the response has %d of %d events", len(out.Entries), len(batch))
		}
		code, message := aws.ToString(out.Entries[i].ErrorCode), aws.ToString(out.Entries[i].ErrorMessage)
		switch code {
		case "":
		case "InternalFailure", "InternalException", "ThrottlingException":
			return i, fmt.Errorf("eventbus: %s: %s", code, message)
		default:
			return i, fmt.Errorf("eventbus: %w: %s: %s", transitions.ErrRefused, code, message)
		}
	}
	return len(batch), nil
}

// entry returns the event of a transition.
func (b Bus) entry(t run.Transition) types.PutEventsRequestEntry {
	detail, err := json.Marshal(newDetail(t))
	if err != nil {
		panic(err) // unreachable: a Detail can be encoded
	}
	return types.PutEventsRequestEntry{
		EventBusName: aws.String(b.Name),
		Source:       aws.String(Source),
		DetailType:   aws.String(DetailType),
		Detail:       aws.String(string(detail)),
		Time:         aws.Time(t.At),
	}
}

func newDetail(t run.Transition) Detail {
	d := Detail{
		Tenant: t.Run.Tenant, JobID: t.JobID, RunID: t.Run.ID, To: t.To,
		Time: t.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
	}
	if t.From != "" {
		d.From = &t.From
	}
	if t.StopReason != "" {
		d.StopReason = &t.StopReason
	}
	return d
}
