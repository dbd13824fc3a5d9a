// Command deploy deploys the stack to the emulator at AWS_ENDPOINT_URL or, when that is not set, to
// the account of the AWS credentials. The parameter Architecture defaults to that of this machine.
// The command prints the outputs of the stack.
//
//	go run ./localstack/deploy [-stack NAME] [-bucket NAME] [-delete] PARAMETER=VALUE...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/inndx/runs/internal/deploy"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	stack := deploy.Stack{Root: ".", Parameters: map[string]string{"Architecture": deploy.Architecture()}}
	remove := flag.Bool("delete", false, "delete the stack but keep its table")
	flag.StringVar(&stack.Name, "stack", "inndx-runs", "the `name` of the stack")
	flag.StringVar(&stack.Bucket, "bucket", "inndx-runs-code", "the `name` of the bucket for the code of the functions")
	flag.Parse()
	for _, arg := range flag.Args() {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return errors.New("write a parameter as NAME=VALUE, not " + arg)
		}
		stack.Parameters[name] = value
	}
	var err error
	if stack.Config, err = awsconfig.LoadDefaultConfig(ctx); err != nil {
		return err
	}
	if *remove {
		return stack.Delete(ctx)
	}
	outputs, err := stack.Deploy(ctx)
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		fmt.Printf("%s=%s\n", name, outputs[name])
	}
	return err
}
