// Package changes publishes the transitions of runs as Amazon EventBridge events.
//
// A process may die right after it changes a run, so events are published from the table's DynamoDB
// stream. Lambda sends stream records to the function until the function succeeds. So every
// transition is published at least once, and the transitions of one run in their order.
package changes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// The source and the detail type of all events.
const (
	Source     = "inndx.runs"
	DetailType = "Run State Change"
)

// Deleted is the status of a deleted run in events.
const Deleted run.Status = "deleted"

// maxEntries bounds the events of one PutEvents call. See
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
const maxEntries = 10

// A Detail is the detail of an event.
type Detail struct {
	Tenant     tenant.ID       `json:"tenant"`
	JobID      uuid.UUID       `json:"job_id"`
	RunID      uuid.UUID       `json:"run_id"`
	From       *run.Status     `json:"from"`        // null if the run was created
	To         run.Status      `json:"to"`          // the status of a run, or Deleted
	StopReason *run.StopReason `json:"stop_reason"` // null unless the run is, or was, finished
	Time       string          `json:"time"`        // RFC 3339, UTC, with microseconds
}

// A Bus is an event bus. *eventbridge.Client implements it.
type Bus interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// A Publisher publishes transitions. It is safe for concurrent use.
type Publisher struct {
	Bus     Bus
	BusName string
	Logger  *slog.Logger
	Metrics *metrics.Recorder // counts published transitions; may be nil
}

// An entry is an event to publish and the transition that it describes.
type entry struct {
	sequence   string // the sequence number of the stream record
	transition run.Transition
	event      types.PutEventsRequestEntry
}

// Handle publishes the transitions in the stream records, in their order. Its response names the
// first record that it could not publish. Lambda sends that record and all behind it again.
func (p *Publisher) Handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	var entries []entry
	for _, record := range e.Records {
		next, ok, err := p.read(record)
		if err != nil {
			// The transitions before it are published. Lambda sends the record again, because another
			// version may be able to read it, and at last to the event source's failure destination.
			p.Logger.Error("a stream record cannot be read", "sequence", record.Change.SequenceNumber, "error", err)
			if failed := p.publish(ctx, entries); failed != nil {
				return *failed, nil
			}
			return *failure(record.Change.SequenceNumber), nil
		}
		if ok {
			entries = append(entries, next)
		}
	}
	if failed := p.publish(ctx, entries); failed != nil {
		return *failed, nil
	}
	return events.DynamoDBEventResponse{}, nil
}

// failure returns the response for a batch that failed at the record with the sequence number.
func failure(sequence string) *events.DynamoDBEventResponse {
	return &events.DynamoDBEventResponse{
		BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: sequence}},
	}
}

// read returns the event for a stream record, and false for a record without a transition.
func (p *Publisher) read(record events.DynamoDBEventRecord) (entry, bool, error) {
	transition, ok, err := store.ReadTransition(item(record.Change.OldImage), item(record.Change.NewImage))
	if err != nil || !ok {
		return entry{}, false, err
	}
	if transition.To == "" {
		transition.To = Deleted
		transition.At = record.Change.ApproximateCreationDateTime.Time
	}
	detail, err := json.Marshal(newDetail(transition))
	if err != nil {
		return entry{}, false, err
	}
	return entry{record.Change.SequenceNumber, transition, types.PutEventsRequestEntry{
		EventBusName: aws.String(p.BusName),
		Source:       aws.String(Source),
		DetailType:   aws.String(DetailType),
		Detail:       aws.String(string(detail)),
		Time:         aws.Time(transition.At),
	}}, true, nil
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

// publish publishes the entries in their order. If it fails, it returns a response that names the
// first entry that was not published. It retries as long as the invocation has time, because the
// event source retries only a few times, and the bus may be unavailable for longer.
func (p *Publisher) publish(ctx context.Context, entries []entry) *events.DynamoDBEventResponse {
	for wait := firstWait; len(entries) > 0; {
		batch := entries[:min(maxEntries, len(entries))]
		done, err := p.put(ctx, batch)
		p.count(batch[:done])
		entries = entries[done:]
		switch {
		case err == nil:
		case errors.Is(err, errRefused) || !pause(ctx, wait):
			p.Logger.Error("transitions could not be published and will be retried", "transitions", len(entries), "error", err)
			return failure(entries[0].sequence)
		default:
			p.Logger.Warn("the event bus does not accept transitions", "transitions", len(entries), "error", err)
			wait = min(2*wait, maxWait)
		}
	}
	return nil
}

const (
	// firstWait and maxWait are the shortest and the longest wait before another attempt.
	firstWait = 200 * time.Millisecond
	maxWait   = 5 * time.Second
	// margin is the time that an invocation keeps for another attempt and its response.
	margin = 10 * time.Second
)

// pause waits. It reports false if the invocation has no time for that and another attempt.
func pause(ctx context.Context, wait time.Duration) bool {
	end, ok := ctx.Deadline()
	if !ok || time.Until(end) < wait+margin {
		return false
	}
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// errRefused is the error for an event that the bus will never accept.
var errRefused = errors.New("refused")

// put sends a batch to the bus and returns how many entries the bus accepted before the first one
// that it did not accept. The error is that of this entry. See
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html.
func (p *Publisher) put(ctx context.Context, batch []entry) (int, error) {
	input := &eventbridge.PutEventsInput{}
	for _, e := range batch {
		input.Entries = append(input.Entries, e.event)
	}
	out, err := p.Bus.PutEvents(ctx, input)
	if err != nil {
		return 0, err
	}
	for i := range batch {
		if i >= len(out.Entries) {
			return i, fmt.Errorf("changes: the response has %d of %d events", len(out.Entries), len(batch))
		}
		code, message := aws.ToString(out.Entries[i].ErrorCode), aws.ToString(out.Entries[i].ErrorMessage)
		switch code {
		case "":
		case "InternalFailure", "InternalException", "ThrottlingException":
			return i, fmt.Errorf("changes: %s: %s", code, message)
		default:
			return i, fmt.Errorf("changes: %w: %s: %s", errRefused, code, message)
		}
	}
	return len(batch), nil
}

// count logs the published transitions and counts them by their kind.
func (p *Publisher) count(published []entry) {
	for _, e := range published {
		t := e.transition
		p.Logger.Info("published", "tenant", t.Run.Tenant, "job_id", t.JobID, "run_id", t.Run.ID,
			"from", t.From, "to", t.To, "stop_reason", t.StopReason, "late_ms", time.Since(t.At).Milliseconds())
		p.Metrics.Record(metrics.Dimension{Name: "Transition", Value: kind(t)}, metrics.Count("Transitions", 1))
		if t.To == run.Finished {
			p.Metrics.Record(metrics.Dimension{Name: "StopReason", Value: string(t.StopReason)}, metrics.Count("RunsFinished", 1))
		}
	}
}

// kind returns the name of a transition in metrics.
func kind(t run.Transition) string {
	switch {
	case t.To == run.Running && t.From == run.Paused:
		return "resumed"
	case t.To == run.Running:
		return "started"
	case t.To == run.Pending:
		return "created"
	}
	return string(t.To) // paused, finished, deleted
}
