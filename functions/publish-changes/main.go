// Command publish-changes is the Lambda function that publishes the transitions of runs to an
// EventBridge bus. The table's stream invokes it. EVENT_BUS_NAME names the bus, by default the
// account's default bus.
package main

import (
	"cmp"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/inndx/runs/internal/eventbus"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/transitions"
)

func main() {
	cfg, log := lambdafn.Configure()
	publisher := &transitions.Publisher{
		Bus: eventbus.Bus{
			Client: eventbridge.NewFromConfig(cfg),
			Name:   cmp.Or(os.Getenv("EVENT_BUS_NAME"), "default"),
		},
		Logger:  log,
		Metrics: lambdafn.Metrics(),
	}
	lambda.Start(lambdafn.StreamHandler(publisher))
}
