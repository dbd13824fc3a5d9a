// Package lambdafn makes Lambda functions of the service's parts: it reads a function's
// environment, connects what the function needs, and starts it. The functions' mains call
// it and do nothing else.
//
// A function that is wrongly deployed does not start: it logs why and exits.
package lambdafn

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

// requestTimeout bounds the work on one request. A function that runs out of time does not
// answer at all: with a wake-up sent afterwards, this is within the timeout of template.yaml.
const requestTimeout = 6 * time.Second

// ServeRoute serves the API's route of the given name behind an HTTP API with payloads of
// version 2.0. It does not return.
func ServeRoute(name string) {
	d := Connect()
	serve(name, api.Options{
		Store:         d.Store,
		Queue:         d.Queue,
		DefaultTenant: d.env.defaultTenant,
		CallersTenant: d.env.callersTenant(),
		Logger:        d.Log,
	})
}

// ServeDocument serves a route that answers one of the documents, as ServeRoute serves the
// others. Such a function reaches neither table nor queue. It
// does not return.
func ServeDocument(name string, documents api.Documents) {
	env, log := setUp()
	serve(name, api.Options{Documents: documents, DefaultTenant: env.defaultTenant, Logger: log})
}

// ServeNoRoute serves what no other route takes, as ServeRoute serves those. It reaches
// neither table nor queue. It does not return.
func ServeNoRoute() {
	_, log := setUp()
	serve(api.NoRoute, api.Options{Logger: log})
}

func serve(name string, o api.Options) {
	o.RequestID = gatewayRequestID
	o.Metrics = Metrics()
	o.Timeout = requestTimeout
	lambda.Start(gateway(api.New(o).Route(name)))
}

// ServeQueue handles the wake-ups of the queue that invokes the function of the given name. It does
// not return.
func (d Dependencies) ServeQueue(name string, handle wake.Handler) {
	lambda.Start(QueueHandler(wake.Instrument(name, handle, d.Log, Metrics()), d.Log))
}

// Keeper returns the keeper that does the housekeeping.
func (d Dependencies) Keeper() *housekeeping.Keeper {
	return housekeeping.New(housekeeping.Options{Store: d.Store, Queue: d.Queue, Logger: d.Log, Metrics: Metrics()})
}

// Dependencies are what functions share.
type Dependencies struct {
	Log   *slog.Logger
	Store *store.Store
	Queue *SQS
	// AllowPrivate is whether runs may fetch from addresses that are not public.
	AllowPrivate bool
	// MaxIdle is how long the crawl function waits for a host; 0 for the crawler's default.
	MaxIdle time.Duration

	env environment
}

// Connect returns the dependencies by the environment, or ends the process. Nothing is sent
// before there is something to do.
func Connect() Dependencies {
	env, log := setUp()
	cfg := configure(log)
	return Dependencies{
		Log:          log,
		Store:        store.New(store.NewClient(cfg), env.table, store.WithRetention(env.retention)),
		Queue:        NewSQS(sqs.NewFromConfig(cfg), env.queueURL),
		AllowPrivate: env.allowPrivate,
		MaxIdle:      env.maxIdle,
		env:          env,
	}
}

// Configure returns the AWS configuration and the log, or ends the process.
func Configure() (aws.Config, *slog.Logger) {
	_, log := setUp()
	return configure(log), log
}

// configure returns the endpoints, the region and the credentials of the AWS SDK's own
// environment, or ends the process.
func configure(log *slog.Logger) aws.Config {
	cfg, err := awsconfig.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Error("the AWS configuration cannot be loaded", "error", err)
		os.Exit(1)
	}
	return cfg
}

// Metrics returns a recorder of the stack that STACK_NAME names, store.DefaultTable when it
// is not set.
func Metrics() *metrics.Recorder {
	return metrics.New(os.Stdout, cmp.Or(os.Getenv("STACK_NAME"), store.DefaultTable))
}

// setUp returns the environment and the log, or ends the process.
func setUp() (environment, *slog.Logger) {
	env, err := readEnvironment(os.Getenv)
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: env.logLevel}))
	if err != nil {
		log.Error("the function's environment is wrong", "error", err)
		os.Exit(1)
	}
	return env, log
}
