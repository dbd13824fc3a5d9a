// Command deploy brings the stack to what AWS_ENDPOINT_URL names, such as an emulator, or,
// where that is not set, to the account of the AWS credentials. It prints the stack's
// outputs.
//
//	go run ./localstack/deploy [-stack NAME] [-bucket NAME] [-arch ARCH] [-delete] PARAMETER=VALUE...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"runtime"
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
	stack := deploy.Stack{Root: ".", Parameters: map[string]string{}}
	remove := flag.Bool("delete", false, "delete the stack instead; the table is kept")
	flag.StringVar(&stack.Name, "stack", "inndx-runs", "the stack's `name`")
	flag.StringVar(&stack.Bucket, "bucket", "inndx-runs-code", "the `name` of the bucket of the functions' code")
	flag.StringVar(&stack.Arch, "arch", runtime.GOARCH, "the functions' architecture: amd64 or arm64")
	flag.Parse()
	for _, arg := range flag.Args() {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return errors.New("parameters are written NAME=VALUE, not " + arg)
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
