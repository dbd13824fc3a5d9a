// Command inndx runs the whole crawl service on one machine (inndx serve), or a single crawl (inndx
// crawl).
package main

import (
	"context"
	"errors"
	"flag"
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
  inndx crawl FILE       run the crawl that a YAML or JSON file describes, and print the
                         finished run as JSON; the file - is standard input
  inndx version          print the version
  inndx help             print this text

  Each command accepts --help and --version.

environment:
  PORT                   the port that serve listens on (8022)
  DATA_DIR               the folder of the database and the objects (.data)
  DEFAULT_TENANT_ID      the tenant of crawl, and of requests without X-Tenant-Id (default)
  CORS_ORIGINS           web origins that may call, separated by commas (none)
  RUN_RETENTION_DAYS     serve: the days until a finished run is deleted (0: never)
  LOG_LEVEL              debug, info, warn or error (serve: info, crawl: warn)
  LOG_FORMAT             text or json (text on a terminal, else json)
  AWS_ENDPOINT_URL_DYNAMODB
                         the DynamoDB to use instead of DynamoDB Local

exit codes: 0 done, 1 failed, 2 wrong usage or manifest, 3 the crawl fetched nothing,
            130 interrupted
`

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitEmptyCrawl  = 3
	exitInterrupted = 130
)

func main() {
	os.Exit(dispatch(os.Args[1:]))
}

// A command is a subcommand of inndx, such as serve.
type command struct {
	operands int // how many arguments it takes
	run      func(ctx context.Context, args []string) error
}

var commands = map[string]command{
	"serve":   {0, func(ctx context.Context, _ []string) error { return serve(ctx) }},
	"crawl":   {1, func(ctx context.Context, args []string) error { return crawlFile(ctx, args[0]) }},
	"version": {0, func(context.Context, []string) error { return printVersion() }},
	"help":    {0, func(context.Context, []string) error { return printUsage() }},
}

// dispatch runs the subcommand that the arguments name, and returns the exit code.
func dispatch(args []string) int {
	name, cmd := "inndx", command{}
	if len(args) > 0 {
		if named, ok := commands[args[0]]; ok {
			name, cmd, args = args[0], named, args[1:]
		}
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // dispatch reports errors itself
	showVersion := flags.Bool("version", false, "print the version")
	err := flags.Parse(args)
	var operands []string // flags may follow operands
	for err == nil && flags.NArg() > 0 {
		operands = append(operands, flags.Arg(0))
		err = flags.Parse(flags.Args()[1:])
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return report(os.Stderr, printUsage())
	case err == nil && *showVersion:
		return report(os.Stderr, printVersion())
	case err != nil:
		fmt.Fprintf(os.Stderr, "inndx: %v\n%s", err, usage)
	case cmd.run == nil && len(operands) > 0:
		fmt.Fprintf(os.Stderr, "inndx: there is no command %q\n%s", operands[0], usage)
	case cmd.run == nil || len(operands) != cmd.operands:
		fmt.Fprint(os.Stderr, usage)
	default:
		return report(os.Stderr, interruptible(func(ctx context.Context) error { return cmd.run(ctx, operands) }))
	}
	return exitUsage
}

func printUsage() error { return printOut(usage) }

func printVersion() error { return printOut(version() + "\n") }

// printOut writes the result of the command to standard output. A failure loses the result, so the
// command must fail too.
func printOut(text string) error {
	if _, err := os.Stdout.WriteString(text); err != nil {
		return fmt.Errorf("standard output cannot be written: %w", err)
	}
	return nil
}

// interruptible calls do with a context that ends at the first SIGINT (Ctrl-C), SIGTERM or SIGHUP.
// A second signal ends the process at once. If the process was started with SIGHUP ignored, as
// nohup does, it keeps ignoring SIGHUP.
func interruptible(do func(context.Context) error) error {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	context.AfterFunc(ctx, stop)
	return do(ctx)
}

// errInterrupted reports that a signal ended the command.
var errInterrupted = errors.New("interrupted")

// A usageError reports mistakes in the arguments, the environment or the manifest, each on a line.
type usageError struct{ lines []string }

func (e *usageError) Error() string { return fmt.Sprint(e.lines) }

// An emptyCrawlError reports why a crawl fetched nothing.
type emptyCrawlError struct{ reason string }

func (e *emptyCrawlError) Error() string { return "nothing was fetched: " + e.reason }

// report writes the error, if any, for the user, and returns the exit code.
func report(w io.Writer, err error) int {
	var wrong *usageError
	var empty *emptyCrawlError
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
	case errors.As(err, &empty):
		fmt.Fprintln(w, "inndx:", err)
		return exitEmptyCrawl
	}
	fmt.Fprintln(w, "inndx:", err)
	return exitFailed
}

// commit is the Git commit of the build, or empty. The linker sets it.
var commit string

func version() string {
	return strings.TrimSpace("inndx " + config.Version + " " + commit)
}
