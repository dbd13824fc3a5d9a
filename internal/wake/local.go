package wake

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/inndx/runs/internal/run"
)

// Local is a queue within this process. Towards its handlers it behaves like SQS towards a
// Lambda function: at least once, in no promised order, with delays, a visibility timeout,
// receive counts, partial batch failures and a dead-letter queue. What it holds is lost
// when the process ends; the sweep finds those runs again.
type Local struct {
	wakeups, dead *queue
}

// LocalOptions configure a Local queue. A zero field takes the default.
type LocalOptions struct {
	// Concurrency bounds the calls of a handler that are under way; 16 by default.
	Concurrency int
	// BatchSize bounds the messages of one call; 1 by default.
	BatchSize int
	// Timeout is the deadline that a handler's context gets, like the timeout of a Lambda
	// function; one minute by default.
	Timeout time.Duration
	// VisibilityTimeout is how long a message that was received stays hidden. One that was
	// not handled by then is received again. By default twice the Timeout.
	VisibilityTimeout time.Duration
	// MaxReceives is how many times a message is received before it goes to the
	// dead-letter handler; 5 by default.
	MaxReceives int
	// Logger gets failures of the handlers; slog.Default() by default.
	Logger *slog.Logger
}

// NewLocal returns a queue that takes messages at once, and delivers them while it runs.
func NewLocal(o LocalOptions) *Local {
	setDefault(&o.Concurrency, 16)
	setDefault(&o.BatchSize, 1)
	setDefault(&o.Timeout, time.Minute)
	setDefault(&o.VisibilityTimeout, 2*o.Timeout)
	setDefault(&o.MaxReceives, 5)
	setDefault(&o.Logger, slog.Default())
	l := &Local{
		wakeups: newQueue("inndx-wake", o),
		dead:    newQueue("inndx-wake-dead", o),
	}
	l.wakeups.redrive = l.dead
	return l
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Send makes the message receivable after the delay, which is at most MaxDelay. A message
// for the same run that waits and was never received is not doubled: the earlier of the two
// times is kept.
func (l *Local) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
	body, err := json.Marshal(ref)
	if err != nil {
		return fmt.Errorf("encode a wake-up: %w", err)
	}
	l.wakeups.send(string(body), clampDelay(delay))
	return nil
}

// Run delivers messages to the handlers until ctx is done, and returns when every call of
// a handler has returned. The contexts of the calls derive from ctx, so that a handler
// learns that it is to come to an end.
func (l *Local) Run(ctx context.Context, wakeups, deadLetters Handler) {
	var wg sync.WaitGroup
	wg.Go(func() { l.wakeups.run(ctx, wakeups) })
	wg.Go(func() { l.dead.run(ctx, deadLetters) })
	wg.Wait()
}
