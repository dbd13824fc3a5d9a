// Command inndx runs the crawl service on one machine: the whole of it (inndx serve), or
// one crawl (inndx crawl).
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
  inndx crawl FILE       run the one crawl that the YAML or JSON file describes (- reads
                         standard input), and print the finished run as JSON
  inndx version          print the version
  inndx help             print this

  Each of them takes --help and --version.

environment:
  PORT                   the port that serve listens on (8022)
  DATA_DIR               the folder of the database (.data)
  DEFAULT_TENANT_ID      the tenant of crawl, and of requests without X-Tenant-Id (default)
  CORS_ORIGINS           the origins whose pages may call, with commas between (none)
  RUN_RETENTION_DAYS     days after which runs that serve finished are deleted (0: never)
  LOG_LEVEL              debug, info, warn or error (serve: info, crawl: warn)
  LOG_FORMAT             text or json (text on a terminal, else json)
  AWS_ENDPOINT_URL_DYNAMODB
                         a DynamoDB to use instead of starting DynamoDB Local

exit codes: 0 done, 1 failed, 2 wrong usage or manifest, 3 the crawl fetched nothing,
            130 interrupted
`

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNowhere     = 3
	exitInterrupted = 130
)

func main() {
	os.Exit(dispatch(os.Args[1:]))
}

// A verb is what the first argument may be.
type verb struct {
	files int // how many arguments it takes
	run   func(ctx context.Context, args []string) error
}

var verbs = map[string]verb{
	"serve":   {0, func(ctx context.Context, _ []string) error { return serve(ctx) }},
	"crawl":   {1, func(ctx context.Context, args []string) error { return crawlFile(ctx, args[0]) }},
	"version": {0, func(context.Context, []string) error { return printVersion() }},
	"help":    {0, func(context.Context, []string) error { return printUsage() }},
}

// dispatch runs the command that the arguments name and returns the exit code.
func dispatch(args []string) int {
	name, v := "inndx", verb{}
	if len(args) > 0 {
		if named, ok := verbs[args[0]]; ok {
			name, v, args = args[0], named, args[1:]
		}
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is said below
	showVersion := flags.Bool("version", false, "print the version")
	err := flags.Parse(args)
	var operands []string // flags may stand behind them too
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
	case v.run == nil && len(operands) > 0:
		fmt.Fprintf(os.Stderr, "inndx: there is no command %q\n%s", operands[0], usage)
	case v.run == nil || len(operands) != v.files:
		fmt.Fprint(os.Stderr, usage)
	default:
		return report(os.Stderr, interruptible(func(ctx context.Context) error { return v.run(ctx, operands) }))
	}
	return exitUsage
}

func printUsage() error { return printOut(usage) }

func printVersion() error { return printOut(version() + "\n") }

// printOut writes to standard output. What the command was asked for is lost when that fails.
func printOut(text string) error {
	if _, err := os.Stdout.WriteString(text); err != nil {
		return fmt.Errorf("standard output cannot be written: %w", err)
	}
	return nil
}

// interruptible calls do with a context that ends at the first Ctrl-C, SIGTERM or SIGHUP. A
// second one ends the process at once. A SIGHUP that the process was started to ignore, as by
// nohup, stays ignored.
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

// errInterrupted says that the command was told to end before it was done.
var errInterrupted = errors.New("interrupted")

// A usageError is a mistake in what the command was given, one line each.
type usageError struct{ lines []string }

func (e *usageError) Error() string { return fmt.Sprint(e.lines) }

// A nowhereError says why a crawl fetched nothing.
type nowhereError struct{ reason string }

func (e *nowhereError) Error() string { return "nothing was fetched: " + e.reason }

// report tells a person what went wrong, if anything, and returns the exit code.
func report(w io.Writer, err error) int {
	var wrong *usageError
	var nowhere *nowhereError
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
	case errors.As(err, &nowhere):
		fmt.Fprintln(w, "inndx:", err)
		return exitNowhere
	}
	fmt.Fprintln(w, "inndx:", err)
	return exitFailed
}

// commit is what the command was built from. The linker sets it when it is known.
var commit string

func version() string {
	return strings.TrimSpace("inndx " + config.Version + " " + commit)
}
