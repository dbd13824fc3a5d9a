// Command inndx runs the whole crawl service on one machine (inndx serve) or a single crawl (inndx
// crawl), and controls a service: its jobs, runs, logs and artifacts.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/outfile"
)

func main() {
	err := interruptible(func(ctx context.Context) error { return execute(ctx, os.Args[1:]) })
	if err != nil {
		exit.Print(os.Stderr, err)
	}
	os.Exit(exit.Code(err))
}

// printOut writes the result of the command to standard output. A failure loses the result, so the
// command must fail too.
func printOut(text string) error {
	_, err := io.WriteString(outfile.Stdout{}, text)
	return err
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
			outfile.Unfinished.RemoveAll()
			os.Exit(exit.Interrupted)
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

// commit is the Git commit of the build, or empty. The linker sets it.
var commit string

func version() string {
	return strings.TrimSpace("inndx " + config.Version + " " + commit)
}
