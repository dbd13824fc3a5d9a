// Package transitions publishes the transitions of runs.
//
// A process may die right after it changes a run, so transitions are published from the table's
// DynamoDB stream. The stream delivers records again that were not published. So every transition
// is published at least once, and the transitions of one run are published in order.
package transitions

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// Deleted is the status that a published transition leads to when a run is deleted. No run has it.
const Deleted run.Status = "deleted"

// A Record is a record of the table's stream: one change of one item.
type Record struct {
	Sequence string                          // orders the records of a shard
	Old      map[string]types.AttributeValue // the item before the change; empty if the item is new
	New      map[string]types.AttributeValue // the item after the change; empty if the item is deleted
	Time     time.Time                       // of the change, to the second
}

// A Bus publishes transitions in order.
type Bus interface {
	// Put publishes transitions. It returns how many it published before the first one that failed,
	// and the error of that one, which wraps ErrRefused if another attempt is useless.
	Put(context.Context, []run.Transition) (int, error)
}

// ErrRefused is the error for a transition that the Bus will never accept.
var ErrRefused = errors.New("refused")

// A Publisher publishes transitions. It is safe for concurrent use.
type Publisher struct {
	Bus     Bus
	Logger  *slog.Logger
	Metrics *metrics.Recorder // counts published transitions; may be nil
}

// Publish publishes the transitions in the records, in order. It returns the sequence number of the
// first record that it could not publish, or "" if it published all. That record and all later ones
// must be published again.
func (p *Publisher) Publish(ctx context.Context, records []Record) (failed string) {
	var sequences []string // of the transitions
	var all []run.Transition
	for _, r := range records {
		t, ok, err := read(r)
		if err != nil {
			// Publish the transitions before the record. Lambda sends the record again, because
			// another version may be able to read it, and finally sends it to the event source's
			// failure destination.
			p.Logger.Error("a stream record cannot be read", "sequence", r.Sequence, "error", err)
			return cmp.Or(p.publish(ctx, sequences, all), r.Sequence)
		}
		if ok {
			sequences, all = append(sequences, r.Sequence), append(all, t)
		}
	}
	return p.publish(ctx, sequences, all)
}

// read returns the transition in a stream record, and false for a record without one.
func read(r Record) (run.Transition, bool, error) {
	t, ok, err := store.ReadTransition(r.Old, r.New)
	if err != nil || !ok {
		return run.Transition{}, false, err
	}
	if t.To == "" {
		t.To, t.At = Deleted, r.Time
	}
	return t, true, nil
}

// publish publishes the transitions in order. It returns the sequence number of the first one that
// it could not publish, or "". It retries while the invocation has time, because the event source
// retries only a few times, and the bus may be unavailable for longer.
func (p *Publisher) publish(ctx context.Context, sequences []string, all []run.Transition) (failed string) {
	for wait := firstWait; len(all) > 0; {
		n, err := p.Bus.Put(ctx, all)
		p.count(all[:n])
		sequences, all = sequences[n:], all[n:]
		switch {
		case err == nil:
		case errors.Is(err, ErrRefused) || !pause(ctx, wait):
			p.Logger.Error("transitions could not be published and will be retried", "transitions", len(all), "error", err)
			return sequences[0]
		default:
			p.Logger.Warn("the event bus does not accept transitions", "transitions", len(all), "error", err)
			wait = min(2*wait, maxWait)
		}
	}
	return ""
}

const (
	// firstWait and maxWait are the shortest and the longest wait before another attempt.
	firstWait = 200 * time.Millisecond
	maxWait   = 5 * time.Second
	// margin is the time that an invocation keeps for another attempt and its response.
	margin = 10 * time.Second
)

// pause waits and returns true. It returns false at once if the invocation has no time for the wait
// and another attempt, and when ctx is done.
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

// count logs the published transitions and counts them by their kind.
func (p *Publisher) count(published []run.Transition) {
	for _, t := range published {
		p.Logger.Info("published", "tenant", t.Run.Tenant, "job_id", t.JobID, "run_id", t.Run.ID,
			"from", t.From, "to", t.To, "stop_reason", t.StopReason, "late_ms", time.Since(t.At).Milliseconds())
		p.Metrics.Record(metrics.Dimension{Name: "Transition", Value: kind(t)}, metrics.Count("Transitions", 1))
		if t.To == run.Finished {
			p.Metrics.Record(metrics.Dimension{Name: "StopReason", Value: string(t.StopReason)}, metrics.Count("RunsFinished", 1))
		}
	}
}

// kind returns the name of a transition in metrics: created, started, paused, resumed, finished or
// deleted.
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
