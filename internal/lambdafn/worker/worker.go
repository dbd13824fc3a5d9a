// Package worker makes the Lambda functions that serve no route of the API. It is apart from
// package lambdafn so that a route's function holds no crawler.
package worker

import (
	"cmp"
	"context"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/inndx/runs/internal/changes"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/lambdafn"
)

// ServeWakeups crawls the runs that the wake-ups of the queue name. It does not return.
func ServeWakeups() { lambda.Start(crawler().HandleWake) }

// ServeDeadLetters gives up the runs whose wake-ups failed again and again. It does not
// return.
func ServeDeadLetters() { lambda.Start(crawler().HandleDeadLetter) }

// ServeSweep wakes the runs whose wake time has passed, each time it is called by a
// schedule. It does not return.
func ServeSweep() {
	c := crawler()
	lambda.Start(func(ctx context.Context, _ events.EventBridgeEvent) error {
		return c.Sweep(ctx)
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

func crawler() *crawl.Crawler {
	d := lambdafn.Connect()
	return crawl.New(crawl.Options{
		Ledger:       d.Store,
		Queue:        d.Queue,
		AllowPrivate: d.AllowPrivate,
		MaxIdle:      d.MaxIdle,
		Logger:       d.Log,
		Metrics:      lambdafn.Metrics(),
	})
}
