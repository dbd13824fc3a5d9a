// Command sweep is the Lambda function that wakes the runs whose wake time has passed, and writes
// the index entries that runs of earlier versions lack. A schedule invokes it.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/inndx/runs/internal/lambdafn"
)

func main() {
	k := lambdafn.Connect().Keeper(nil)
	lambda.Start(func(ctx context.Context) error { return errors.Join(k.Sweep(ctx), k.Backfill(ctx)) })
}
