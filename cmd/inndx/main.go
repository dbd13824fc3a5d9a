// Command inndx runs the crawl service on one machine: the whole of it (inndx serve), or
// one crawl (inndx crawl).
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
)

const usage = `inndx crawls web sites, politely, and records each run.

usage:
  inndx serve            serve the API and crawl, until Ctrl-C
  inndx crawl FILE       run the one crawl that the YAML or JSON file describes (- reads
                         standard input), and print the finished run as JSON
  inndx version          print the version
  inndx help             print this

environment:
  PORT                   the port that serve listens on (8022)
  DATA_DIR               the folder of the database (.data)
  DEFAULT_TENANT_ID      the tenant of requests without X-Tenant-Id (default)
  CORS_ORIGINS           the origins whose pages may call, with commas between (none)
  RUN_RETENTION_DAYS     days after which runs that serve finished are deleted (0: never)
  LOG_LEVEL              debug, info, warn or error (serve: info, crawl: warn)
  LOG_FORMAT             text or json (text on a terminal, else json)
  AWS_ENDPOINT_URL_DYNAMODB
                         a DynamoDB to use instead of starting DynamoDB Local

exit codes: 0 done, 1 failed, 2 wrong usage or manifest, 130 interrupted
`

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	os.Exit(dispatch(os.Args[1:]))
}

// dispatch runs the command that the arguments name and returns the exit code.
func dispatch(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return exitUsage
	}
	command, args := args[0], args[1:]
	switch {
	case command == "help" || command == "-h" || command == "--help":
		fmt.Print(usage)
		return exitOK
	case command == "version" && len(args) == 0:
		fmt.Println(version())
		return exitOK
	case command == "serve" && len(args) == 0:
		return report(os.Stderr, interruptible(serve))
	case command == "crawl" && len(args) == 1:
		return report(os.Stderr, interruptible(func(ctx context.Context) error { return crawlFile(ctx, args[0]) }))
	}
	fmt.Fprint(os.Stderr, usage)
	return exitUsage
}

// interruptible calls do with a context that ends at the first Ctrl-C or SIGTERM. A second
// one ends the process at once.
func interruptible(do func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return do(ctx)
}

// errInterrupted says that the command was told to end before it was done.
var errInterrupted = errors.New("interrupted")

// A usageError is a mistake in what the command was given, one line each.
type usageError struct{ lines []string }

func (e *usageError) Error() string { return fmt.Sprint(e.lines) }

// report tells a person what went wrong, if anything, and returns the exit code.
func report(w io.Writer, err error) int {
	var wrong *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		for _, line := range wrong.lines {
			fmt.Fprintln(w, "inndx:", line)
		}
		return exitUsage
	case errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled):
		fmt.Fprintln(w, "inndx: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(w, "inndx:", err)
	return exitFailed
}

// commit is what the command was built from. The linker sets it when it is known.
var commit string

func version() string {
	return strings.TrimSpace("inndx " + config.Version + " " + commit)
}
