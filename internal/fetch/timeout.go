package fetch

import (
	"context"
	"errors"
	"time"
)

// A timed is a context that ends after a time, which can be stopped.
type timed struct {
	context.Context
	outer *timed // that it derives from, nil for none
	timer *time.Timer
	end   time.Time
}

// timedKey is the key of the innermost timed among the values of a context.
type timedKey struct{}

// timedOf returns the innermost timed that ctx is or derives from, or nil.
func timedOf(ctx context.Context) *timed {
	t, _ := ctx.Value(timedKey{}).(*timed)
	return t
}

// WithTimeout is like context.WithTimeout, except that no time passes while a Client waits for the
// memory of a body: other clients cause that wait, and not the host. The cause of the end is
// context.DeadlineExceeded. Only one goroutine at a time may fetch with the context.
func WithTimeout(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	t := &timed{Context: ctx, outer: timedOf(parent), end: time.Now().Add(d)}
	t.timer = time.AfterFunc(d, func() { cancel(context.DeadlineExceeded) })
	return t, func() {
		t.timer.Stop()
		cancel(nil)
	}
}

// Value implements context.Context.
func (t *timed) Value(key any) any {
	if key == (timedKey{}) {
		return t
	}
	return t.Context.Value(key)
}

// pause stops the time until resume is called.
func (t *timed) pause() (resume func()) {
	if t == nil {
		return func() {}
	}
	left, resumeOuter := time.Until(t.end), t.outer.pause()
	if !t.timer.Stop() { // t has ended
		return resumeOuter
	}
	return func() {
		t.end = time.Now().Add(left)
		t.timer.Reset(left)
		resumeOuter()
	}
}

// causeOf returns the cause in place of an error that says no more than that ctx ended: HTTP/2
// returns the error of the context.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}
