// Package exit has the exit codes of the command inndx, and the errors that lead to them.
package exit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/inndx/runs/internal/visible"
)

// The exit codes.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2 // the arguments, the environment or the manifest is wrong
	EmptyCrawl  = 3
	Broken      = 4
	NotFound    = 5 // the service has no such job, run or artifact
	Interrupted = 130
)

// ErrInterrupted reports that a signal ended the command.
var ErrInterrupted = errors.New("interrupted")

// An InterruptedError is ErrInterrupted with something that the user should know.
type InterruptedError struct{ Hint string }

func (e *InterruptedError) Error() string { return ErrInterrupted.Error() + ": " + e.Hint }

// Unwrap returns ErrInterrupted.
func (e *InterruptedError) Unwrap() error { return ErrInterrupted }

// A UsageError reports mistakes in the arguments, the environment or the manifest.
type UsageError struct {
	Lines []string
	Usage string // is printed below the lines
}

func (e *UsageError) Error() string { return strings.Join(e.Lines, "; ") }

// Usagef returns a UsageError with one line.
func Usagef(format string, args ...any) *UsageError {
	return &UsageError{Lines: []string{fmt.Sprintf(format, args...)}}
}

// An EmptyCrawlError reports why a crawl fetched nothing.
type EmptyCrawlError struct{ Reason string }

func (e *EmptyCrawlError) Error() string { return "nothing was fetched: " + e.Reason }

// A BrokenError reports that a crawl found broken links and was to fail on them.
type BrokenError struct{ Count int64 }

func (e *BrokenError) Error() string {
	if e.Count == 1 {
		return "1 URL is broken"
	}
	return fmt.Sprintf("%d URLs are broken", e.Count)
}

// A coder is an error that knows its exit code.
type coder interface {
	error
	ExitCode() int
}

// A liner is an error that needs several lines. Its Error joins them.
type liner interface {
	error
	Lines() []string
}

// Code returns the exit code for the error, which may be nil.
func Code(err error) int {
	var usage *UsageError
	var empty *EmptyCrawlError
	var broken *BrokenError
	var coded coder
	switch {
	case err == nil:
		return OK
	case errors.As(err, &usage):
		return Usage
	case errors.Is(err, ErrInterrupted) || errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &empty):
		return EmptyCrawl
	case errors.As(err, &broken):
		return Broken
	case errors.As(err, &coded):
		return coded.ExitCode()
	}
	return Failed
}

// Print writes the error for the user. What is not visible is escaped.
func Print(w io.Writer, err error) {
	lines, below := []string{err.Error()}, ""
	var usage *UsageError
	var hinted *InterruptedError
	var several liner
	switch {
	case errors.As(err, &usage):
		lines, below = usage.Lines, usage.Usage
	case errors.As(err, &hinted):
		lines = []string{hinted.Error()}
	case Code(err) == Interrupted:
		lines = []string{ErrInterrupted.Error()}
	case errors.As(err, &several):
		prefix := strings.TrimSuffix(err.Error(), several.Error())
		lines = several.Lines()
		lines[0] = prefix + lines[0]
	}
	for _, line := range lines {
		fmt.Fprintln(w, "inndx:", visible.Text(line))
	}
	io.WriteString(w, below)
}
