// Command with starts a DynamoDB in memory and runs another command with it:
//
//	go run ./internal/dynamolocal/with go test ./...
//
// The command gets the endpoint in the environment variable of the AWS SDK. So the tests of many
// packages share one DynamoDB, which starts and warms up once.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/inndx/runs/internal/dynamolocal"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: with COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// run runs the command and returns its exit code. It sends SIGTERM to the command when this process
// receives SIGINT or SIGTERM.
func run(args []string) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	db, err := dynamolocal.Start(ctx, dynamolocal.Options{Logger: slog.Default()})
	if err != nil {
		return 1, err
	}
	defer db.Stop()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Env = append(os.Environ(), dynamolocal.EndpointVariable+"="+db.Endpoint)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
