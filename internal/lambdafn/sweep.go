package lambdafn

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/wake"
)

// ServeSweep sweeps with the keeper when a schedule invokes the function. It receives the dead
// letters of the queue in DEAD_LETTER_QUEUE_URL. It does not return.
func (d Dependencies) ServeSweep(k *housekeeping.Keeper) {
	url := os.Getenv("DEAD_LETTER_QUEUE_URL")
	if url == "" {
		d.Log.Error("the function's environment is wrong", "error", "DEAD_LETTER_QUEUE_URL must be set to the URL of the queue")
		os.Exit(1)
	}
	lambda.Start(sweeper(k, &deadLetters{client: d.Queue.client, queueURL: url, log: d.Log}, d.Log, Metrics()))
}

// sweeper returns a handler that sweeps, handles dead letters, and writes missing index entries. A
// step that fails does not keep the others from being done.
func sweeper(k *housekeeping.Keeper, letters *deadLetters, log *slog.Logger, recorder *metrics.Recorder) func(context.Context) error {
	abandon := wake.Instrument("dead-letter", k.Abandon, log, recorder)
	return func(ctx context.Context) error {
		err := errors.Join(k.Sweep(ctx), letters.handle(ctx, abandon), k.Backfill(ctx))
		if err != nil {
			log.Error("the sweep failed", "error", err)
		}
		return err
	}
}
