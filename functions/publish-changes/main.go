// Command publish-changes is the Lambda function that publishes the transitions of runs, as the
// table's stream reports them, to the EventBridge bus that EVENT_BUS_NAME names: the account's
// default bus when it is not set.
package main

import (
	"cmp"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/inndx/runs/internal/changes"
	"github.com/inndx/runs/internal/lambdafn"
)

func main() {
	cfg, log := lambdafn.Configure()
	publisher := &changes.Publisher{
		Bus:     eventbridge.NewFromConfig(cfg),
		BusName: cmp.Or(os.Getenv("EVENT_BUS_NAME"), "default"),
		Logger:  log,
		Metrics: lambdafn.Metrics(),
	}
	lambda.Start(publisher.Handle)
}
