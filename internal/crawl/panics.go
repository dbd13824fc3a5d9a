package crawl

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/inndx/runs/internal/run"
)

// Every goroutine of a run catches its panics, so that a panic ends the work on that run only, as
// an error of its wake-up. The lease ends by itself, which counts as an attempt, so a run that
// panics each time is abandoned.

// A panicError is the error that a panic becomes.
type panicError struct {
	during string
	value  any
	stack  []byte
}

func (e *panicError) Error() string {
	return fmt.Sprintf("panic while %s: %v\n%s", e.during, e.value, e.stack)
}

// catch, when it is deferred, turns a panic into an error.
func catch(during string, err *error) {
	if p := recover(); p != nil {
		*err = &panicError{during, p, debug.Stack()}
	}
}

// read reads the status of the run.
func (s *statusWatch) read(ctx context.Context) (status run.Status, err error) {
	defer catch("reading the status", &err)
	return s.store.Status(ctx, s.run)
}

// writeInTurn writes one commit, when the budget has a slot for its object, if it has one, and then
// when it has a slot for its parts of the log.
func (c *committer) writeInTurn(ctx context.Context, b batch, object *object) (err error) {
	defer catch("committing", &err)
	turn, cancel := context.WithDeadline(context.WithoutCancel(ctx), c.lease.Until)
	defer cancel()
	if err := c.putObject(ctx, turn, object); err != nil {
		return err
	}
	if err := c.share.Commit(turn); err != nil {
		return fmt.Errorf("wait for the commits of other runs: %w", err)
	}
	defer c.share.EndCommit()
	return c.write(ctx, b, object)
}
