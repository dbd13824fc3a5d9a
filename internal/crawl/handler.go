package crawl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// The names under which metrics know the handlers: those of their functions.
const (
	crawlFunction      = "crawl"
	deadLetterFunction = "dead-letter"
	sweepFunction      = "sweep"
)

const (
	// sweepLimit bounds the wake-ups that one sweep sends, and retireLimit those to finished
	// runs whose retention is over.
	sweepLimit  = 1000
	retireLimit = 200
	// overdue is how long after its wake time a run has waited too long: an invocation of the
	// crawl function takes up to five minutes, and as long again when all are taken.
	overdue = 10 * time.Minute
)

// HandleWake looks at the runs that the messages name, side by side, and works on those
// whose turn it is. It returns when that is done, or the context is about to end. Messages
// whose runs should be looked at again are reported as failed.
func (c *Crawler) HandleWake(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	return c.each(ctx, crawlFunction, e, func(ctx context.Context, m run.Ref, _ events.SQSMessage) error {
		return c.crawl(ctx, m)
	})
}

// HandleDeadLetter gives up the runs that the messages name: each message was received again and
// again, and its run has not moved on since it was sent. Such runs finish with the stop reason
// unknown. A run that is being crawled, waits, or was moved on since is left to the sweep, and the
// message is dropped.
func (c *Crawler) HandleDeadLetter(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	return c.each(ctx, deadLetterFunction, e, func(ctx context.Context, m run.Ref, record events.SQSMessage) error {
		log := c.Logger.With("tenant", m.Tenant, "run_id", m.ID)
		sent, err := sentAt(record)
		if err != nil {
			log.Error("a dead letter that does not say when it was sent is dropped", "error", err)
			return nil
		}
		_, changed, err := c.Store.Abandon(ctx, m, sent)
		switch {
		case fault.Is(err, fault.NotFound):
			return nil // deleted: the sweep sees to its log
		case fault.Is(err, fault.Conflict):
			log.Info("a dead letter is dropped: the run goes on", "sent", sent, "reason", err)
			return nil
		case changed:
			log.Error("the run is given up: waking it failed again and again")
		}
		return err
	})
}

// sentAt returns when the message was sent, which SQS tells in milliseconds and keeps when it moves
// the message to a dead-letter queue. See
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html.
func sentAt(m events.SQSMessage) (time.Time, error) {
	ms, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("crawl: the attribute SentTimestamp: %w", err)
	}
	return time.UnixMilli(ms), nil
}

// Sweep sends the wake-ups that are past due: those of runs whose message was lost, whose
// worker died, whose wait was longer than a queue allows, or whose retention is over. Runs that still wait long after
// they were due are an error, which the deployment raises an alarm for.
func (c *Crawler) Sweep(ctx context.Context) error {
	ctx, done := c.measure(ctx, sweepFunction)
	defer done()
	now := time.Now()
	due, err := c.Store.Due(ctx, now, sweepLimit)
	if err != nil {
		return fmt.Errorf("crawl: sweep: %w", err)
	}
	retired, err := c.Store.Expired(ctx, now, retireLimit)
	if err != nil {
		return fmt.Errorf("crawl: sweep: %w", err)
	}
	var errs []error
	for _, m := range slices.Concat(due, retired) {
		if err := c.Queue.Send(ctx, m, 0); err != nil {
			errs = append(errs, err)
		}
	}
	if len(due)+len(retired) > 0 {
		c.Logger.Info("swept", "due", len(due), "retired", len(retired), "failed", len(errs))
		errs = append(errs, c.reportOverdue(ctx, now))
	}
	return errors.Join(errs...)
}

// reportOverdue logs an error when runs should have been crawled long before now. The
// deployment's template looks for its message and its count.
func (c *Crawler) reportOverdue(ctx context.Context, now time.Time) error {
	late, err := c.Store.Due(ctx, now.Add(-overdue), sweepLimit)
	if err != nil {
		return fmt.Errorf("crawl: sweep: %w", err)
	}
	if len(late) > 0 {
		c.Logger.Error("runs are overdue", "overdue", len(late), "tenant", late[0].Tenant, "run_id", late[0].ID)
	}
	return nil
}

// each calls handle for each message, logs one line about it, and reports which ones failed.
func (c *Crawler) each(
	ctx context.Context, function string, e events.SQSEvent,
	handle func(context.Context, run.Ref, events.SQSMessage) error,
) (events.SQSEventResponse, error) {
	var (
		res = events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}} // not null, for emulators
		mu  sync.Mutex
		wg  sync.WaitGroup
	)
	for _, record := range e.Records {
		wg.Go(func() {
			m, err := wake.Decode(record.Body)
			if err != nil {
				c.Logger.Error("a message that is no wake-up is dropped", "message_id", record.MessageId, "error", err)
				return
			}
			began := time.Now()
			ctx, done := c.measure(ctx, function)
			err = c.safely(func() error { return handle(ctx, m, record) })
			used := done()
			c.Logger.Info("handled", "function", function, "tenant", m.Tenant, "run_id", m.ID,
				"latency_ms", float64(time.Since(began).Microseconds())/1000,
				"read_units", used.Read, "write_units", used.Write)
			if err != nil {
				level, message := slog.LevelError, "a wake-up failed"
				if ctx.Err() != nil {
					level, message = slog.LevelInfo, "a wake-up was interrupted"
				}
				c.Logger.Log(ctx, level, message, "tenant", m.Tenant, "run_id", m.ID, "error", err)
				mu.Lock()
				defer mu.Unlock()
				res.BatchItemFailures = append(res.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
			}
		})
	}
	wg.Wait()
	return res, nil
}

// measure returns a context whose use of the store is recorded and returned when done is
// called.
func (c *Crawler) measure(ctx context.Context, function string) (_ context.Context, done func() meter.Usage) {
	var m meter.Meter
	return meter.With(ctx, &m), func() meter.Usage {
		used := m.Usage()
		c.Metrics.Record(metrics.Function(function),
			metrics.Count("Requests", 1), metrics.Count("ReadUnits", used.Read), metrics.Count("WriteUnits", used.Write))
		return used
	}
}

// safely turns a panic into an error: other runs are crawled in this process too.
func (c *Crawler) safely(handle func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("crawl: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handle()
}
