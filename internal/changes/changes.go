// Package changes publishes the changes of runs' states as events of Amazon EventBridge.
//
// It is told of them by the table's DynamoDB stream, not by those who make them: whoever
// changes a run may die right after its write, and the stream has the change all the same.
// Lambda gives the records of a stream to the function until it takes them, so every change
// is published at least once, and those of one run in their order.
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

// What all events have in common.
const (
	Source     = "inndx.runs"
	DetailType = "Run State Change"
)

// Deleted is the state that a deleted run is in, as events tell it.
const Deleted run.Status = "deleted"

// maxEntries is how many events one call of PutEvents takes. See
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
const maxEntries = 10

// A Detail is what an event says.
type Detail struct {
	Tenant     tenant.ID       `json:"tenant"`
	JobID      uuid.UUID       `json:"job_id"`
	RunID      uuid.UUID       `json:"run_id"`
	From       *run.Status     `json:"from"`        // null: the run was created
	To         run.Status      `json:"to"`          // a status of a run, or Deleted
	StopReason *run.StopReason `json:"stop_reason"` // null unless the run is, or was, finished
	Time       string          `json:"time"`        // RFC 3339, UTC, with microseconds
}

// A Bus takes events: an *eventbridge.Client.
type Bus interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// A Publisher publishes changes. It is safe for concurrent use.
type Publisher struct {
	Bus     Bus
	BusName string
	Logger  *slog.Logger
	Metrics *metrics.Recorder // gets what was published; nil for nowhere
}

// An entry is an event to be published and the record of the stream that tells of it.
type entry struct {
	sequence string
	change   run.Transition
	event    types.PutEventsRequestEntry
}

// Handle publishes the changes that the records of the stream tell, in their order. It
// reports the first record that it could not publish: Lambda gives that one and all that
// follow it again.
func (p *Publisher) Handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	var entries []entry
	for _, record := range e.Records {
		next, ok, err := p.read(record)
		if err != nil {
			// What came before it is published, and it is tried again, until the event source
			// gives it up and keeps a note of it: it may be that only this version cannot read it.
			p.Logger.Error("a record of the stream cannot be read", "sequence", record.Change.SequenceNumber, "error", err)
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

func failure(sequence string) *events.DynamoDBEventResponse {
	return &events.DynamoDBEventResponse{
		BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: sequence}},
	}
}

// read returns the event of a record, and false for a record that is no change.
func (p *Publisher) read(record events.DynamoDBEventRecord) (entry, bool, error) {
	change, ok, err := store.ReadTransition(item(record.Change.OldImage), item(record.Change.NewImage))
	if err != nil || !ok {
		return entry{}, false, err
	}
	if change.To == "" {
		change.To = Deleted
		change.At = record.Change.ApproximateCreationDateTime.Time
	}
	detail, err := json.Marshal(newDetail(change))
	if err != nil {
		return entry{}, false, err
	}
	return entry{record.Change.SequenceNumber, change, types.PutEventsRequestEntry{
		EventBusName: aws.String(p.BusName),
		Source:       aws.String(Source),
		DetailType:   aws.String(DetailType),
		Detail:       aws.String(string(detail)),
		Time:         aws.Time(change.At),
	}}, true, nil
}

func newDetail(c run.Transition) Detail {
	d := Detail{
		Tenant: c.Run.Tenant, JobID: c.JobID, RunID: c.Run.ID, To: c.To,
		Time: c.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
	}
	if c.From != "" {
		d.From = &c.From
	}
	if c.StopReason != "" {
		d.StopReason = &c.StopReason
	}
	return d
}

// publish publishes the entries in their order. When that fails it reports the first that
// was not published. It tries again for as long as the invocation has time, so that the bounded
// retries of the event source last while the bus is away.
func (p *Publisher) publish(ctx context.Context, entries []entry) *events.DynamoDBEventResponse {
	for wait := firstWait; len(entries) > 0; {
		batch := entries[:min(maxEntries, len(entries))]
		done, err := p.put(ctx, batch)
		p.record(batch[:done])
		entries = entries[done:]
		switch {
		case err == nil:
		case errors.Is(err, errRefused) || !pause(ctx, wait):
			p.Logger.Error("changes could not be published and are tried again", "changes", len(entries), "error", err)
			return failure(entries[0].sequence)
		default:
			p.Logger.Warn("the bus does not take changes", "changes", len(entries), "error", err)
			wait = min(2*wait, maxWait)
		}
	}
	return nil
}

// The waits before another try, and what an invocation keeps of its time to answer.
const (
	firstWait = 200 * time.Millisecond
	maxWait   = 5 * time.Second
	margin    = 10 * time.Second
)

// pause waits, or reports false when the invocation has no time for that and another try.
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

// errRefused says that the bus will not take an event, however often it is tried.
var errRefused = errors.New("refused")

// put puts a batch on the bus and returns how many of its first entries were taken. The
// error says why the one that follows them was not. See
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
			return i, fmt.Errorf("changes: the bus answered for %d of %d events", len(out.Entries), len(batch))
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

// record logs the changes and counts them by their kind.
func (p *Publisher) record(published []entry) {
	for _, e := range published {
		c := e.change
		p.Logger.Info("published", "tenant", c.Run.Tenant, "job_id", c.JobID, "run_id", c.Run.ID,
			"from", c.From, "to", c.To, "stop_reason", c.StopReason, "late_ms", time.Since(c.At).Milliseconds())
		p.Metrics.Record(metrics.Dimension{Name: "Transition", Value: kind(c)}, metrics.Count("Transitions", 1))
		if c.To == run.Finished {
			p.Metrics.Record(metrics.Dimension{Name: "StopReason", Value: string(c.StopReason)}, metrics.Count("RunsFinished", 1))
		}
	}
}

// kind names what happened to the run.
func kind(c run.Transition) string {
	switch {
	case c.To == run.Running && c.From == run.Paused:
		return "resumed"
	case c.To == run.Running:
		return "started"
	case c.To == run.Pending:
		return "created"
	}
	return string(c.To) // paused, finished, deleted
}
