// Package worker makes the Lambda functions that serve no route of the API. It is apart from
// package lambdafn so that a route's function holds no crawler.
package worker

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/inndx/runs/internal/changes"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/lambdafn"
)

// ServeWakeups crawls the runs that the wake-ups of the queue name. It does not return.
func ServeWakeups() { lambda.Start(crawler(lambdafn.Connect()).HandleWake) }

// ServeDeadLetters gives up the runs whose wake-ups failed again and again. It does not
// return.
func ServeDeadLetters() { lambda.Start(crawler(lambdafn.Connect()).HandleDeadLetter) }

// Bounds of what one sweep does for the entries of runs that earlier versions wrote.
const (
	backfillRuns = 4000
	backfillTime = 20 * time.Second
)

// ServeSweep wakes the runs whose wake time has passed, each time it is called by a
// schedule, and then writes some of the entries that runs of earlier versions lack. It does
// not return.
func ServeSweep() {
	d := lambdafn.Connect()
	c := crawler(d)
	lambda.Start(func(ctx context.Context, _ events.EventBridgeEvent) error {
		err := c.Sweep(ctx)
		_, failed := d.Store.Backfill(ctx, backfillRuns, time.Now().Add(backfillTime))
		return errors.Join(err, failed)
	})
}

// ServeChanges publishes the changes of runs' states of which the table's stream tells, to
// the EventBridge bus that EVENT_BUS_NAME names; the account's default one when it is not
// set. It does not return.
func ServeChanges() {
	cfg, log := lambdafn.Configure()
	publisher := &changes.Publisher{
		Bus:     eventbridge.NewFromConfig(cfg),
		BusName: cmp.Or(os.Getenv("EVENT_BUS_NAME"), "default"),
		Logger:  log,
		Metrics: lambdafn.Metrics(),
	}
	lambda.Start(publisher.Handle)
}

func crawler(d lambdafn.Dependencies) *crawl.Crawler {
	return crawl.New(crawl.Options{
		Store:        d.Store,
		Queue:        d.Queue,
		AllowPrivate: d.AllowPrivate,
		MaxIdle:      d.MaxIdle,
		Logger:       d.Log,
		Metrics:      lambdafn.Metrics(),
	})
}
