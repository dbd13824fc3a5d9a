package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The bounds of the work for one page, by all pipelines together. The work is too slow when it
// exceeds both maxUnits and maxTime, so that neither a slow machine nor many cheap steps exceed it.
// A unit is a step to another node of the page, or sixteen bytes that are read. It takes up to
// unitTime.
const (
	maxUnits = 5e7
	maxTime  = 5 * time.Second
	unitTime = 50 * time.Nanosecond
)

// maxOutput bounds the bytes that the extractors make of one page.
const maxOutput = 16 << 20

// checkInterval is how many units are spent between two checks of the context and the clock.
const checkInterval = 1 << 16

// errTooLong says that what is extracted of a page exceeds its bound.
var errTooLong = fmt.Errorf("more than %d MB would be extracted from this page", maxOutput>>20)

// errTooSlow says that the work for one page exceeds its bounds.
var errTooSlow = errors.New("the expressions take too long on this page")

// A meter counts the work for one page. It ends the work by a panic with a stop, which unwinds the
// libraries that walk the page and cannot be interrupted otherwise. Only one goroutine may use it.
type meter struct {
	ctx   context.Context
	began time.Time
	spent int64 // units
	next  int64 // spent at the next check
	made  int   // bytes, see produce
}

// A stop is the value of a meter's panic.
type stop struct{ err error }

// spend counts units. It panics with a stop if the work must end.
func (m *meter) spend(units int64) {
	if m.spent += units; m.spent >= m.next {
		m.check()
	}
}

// spendBytes counts bytes that are read.
func (m *meter) spendBytes(n int) { m.spend(1 + int64(n)/16) }

// produce counts bytes of content. It panics with a stop if they are too many.
func (m *meter) produce(n int) {
	if m.made += n; m.made > maxOutput {
		panic(stop{errTooLong})
	}
}

func (m *meter) check() {
	m.next = m.spent + checkInterval
	if err := m.ctx.Err(); err != nil {
		panic(stop{err})
	}
	if m.spent > maxUnits && time.Since(m.began) > maxTime {
		panic(stop{errTooSlow})
	}
}

// recovered returns the error of a recovered panic.
func recovered(p any) error {
	switch p := p.(type) {
	case stop:
		return p.err
	case error:
		return fmt.Errorf("panic: %w", p)
	}
	return fmt.Errorf("panic: %v", p)
}

// asError returns err as an *Error of the pipeline.
func asError(id string, err error) *Error {
	reason := reasonFailed
	if errors.Is(err, errTooSlow) {
		reason = reasonTooSlow
	}
	return &Error{Reason: reason, PipelineID: id, Err: err}
}
