// Command sweep is the Lambda function that a schedule invokes: it wakes the runs whose wake time
// has passed, and writes index entries that runs of earlier versions lack.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/inndx/runs/internal/lambdafn"
)

func main() {
	k := lambdafn.Connect().Keeper()
	lambda.Start(func(ctx context.Context) error { return errors.Join(k.Sweep(ctx), k.Backfill(ctx)) })
}
