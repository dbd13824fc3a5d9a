// Command inndx runs the whole crawl service on one machine (inndx serve) or a single crawl (inndx
// crawl), and downloads what a run of a service recorded (inndx export).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/visible"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitEmptyCrawl  = 3
	exitBroken      = 4
	exitInterrupted = 130
)

func main() {
	os.Exit(exitCode(os.Stderr, execute(os.Args[1:])))
}

// printOut writes the result of the command to standard output. A failure loses the result, so the
// command must fail too.
func printOut(text string) error {
	_, err := io.WriteString(stdout{}, text)
	return err
}

// stdout is standard output. Its errors say so.
type stdout struct{}

func (stdout) Write(p []byte) (int, error) {
	n, err := os.Stdout.Write(p)
	if err != nil {
		err = fmt.Errorf("standard output cannot be written: %w", err)
	}
	return n, err
}

// interruptible calls do with a context that ends at the first SIGINT (Ctrl-C), SIGTERM or SIGHUP.
// A second signal ends the process at once, without the files that it was writing. If the process
// was started with SIGHUP ignored, as nohup does, it keeps ignoring SIGHUP.
func interruptible(do func(context.Context) error) error {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	received := make(chan os.Signal, 1)
	signal.Notify(received, signals...)
	defer signal.Stop(received)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go func() {
		for _, act := range []func(){cancel, func() {
			signal.Reset(signals...) // a third signal does not wait for the file system
			unfinished.removeAll()
			os.Exit(exitInterrupted)
		}} {
			select {
			case <-received:
				act()
			case <-done:
				return
			}
		}
	}()
	return do(ctx)
}

// errInterrupted reports that a signal ended the command.
var errInterrupted = errors.New("interrupted")

// A usageError reports mistakes in the arguments, the environment or the manifest, each on a line.
type usageError struct {
	lines []string
	usage string // printed below the lines
}

func (e *usageError) Error() string { return fmt.Sprint(e.lines) }

// wrongUsage returns a usageError with one line.
func wrongUsage(format string, args ...any) *usageError {
	return &usageError{lines: []string{fmt.Sprintf(format, args...)}}
}

// An emptyCrawlError reports why a crawl fetched nothing.
type emptyCrawlError struct{ reason string }

func (e *emptyCrawlError) Error() string { return "nothing was fetched: " + e.reason }

// A brokenError reports that a crawl found broken links and was to fail on them.
type brokenError struct{ count int64 }

func (e *brokenError) Error() string {
	if e.count == 1 {
		return "1 URL is broken"
	}
	return fmt.Sprintf("%d URLs are broken", e.count)
}

// exitCode writes the error, if any, for the user, and returns the exit code.
func exitCode(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	lines, code, usage := []string{err.Error()}, exitFailed, ""
	var wrong *usageError
	var empty *emptyCrawlError
	var broken *brokenError
	switch {
	case errors.As(err, &wrong):
		lines, code, usage = wrong.lines, exitUsage, wrong.usage
	case errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled):
		lines, code = []string{"interrupted"}, exitInterrupted
	case errors.As(err, &empty):
		code = exitEmptyCrawl
	case errors.As(err, &broken):
		code = exitBroken
	}
	for _, line := range lines {
		fmt.Fprintln(w, "inndx:", visible.Text(line))
	}
	io.WriteString(w, usage)
	return code
}

// commit is the Git commit of the build, or empty. The linker sets it.
var commit string

func version() string {
	return strings.TrimSpace("inndx " + config.Version + " " + commit)
}
