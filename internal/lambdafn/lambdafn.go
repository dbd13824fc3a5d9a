// Package lambdafn turns the parts of the service into Lambda functions. It reads a function's
// environment, creates the clients that the function needs, and starts it. It adapts the events of
// API Gateway, SQS and DynamoDB streams to handlers that are independent of AWS Lambda.
//
// A misconfigured function does not start. It logs the reason and exits.
package lambdafn

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strconv"
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

// requestTimeout bounds the work on one request. A function that exceeds its own timeout sends no
// response, so requestTimeout plus the time to send a wake-up is less than the timeout in
// template.yaml.
const requestTimeout = 6 * time.Second

// ServeRoute serves the named route of the API behind an HTTP API with payload format 2.0. More
// options may be set by with. It does not return.
func ServeRoute(name string, with ...func(*api.Options)) {
	d := Connect()
	o := api.Options{
		Store:         d.Store,
		Queue:         d.Queue,
		DefaultTenant: d.env.defaultTenant,
		CallersTenant: d.env.callersTenant(),
		Logger:        d.Log,
	}
	for _, set := range with {
		set(&o)
	}
	serve(name, o)
}

// The bounds of the routes that read and write contents. The timeout of their functions in
// template.yaml is longer than contentsTimeout. A Lambda function returns at most 6 MB, in which a
// content is Base64; see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const (
	contentsTimeout = 55 * time.Second
	maxContent      = 4_500_000
)

// WithContents returns an option of ServeRoute for a route that reads or writes the contents of
// artifacts. Only functions that need it contain what opens the contents, so they pass it.
func WithContents(open func(*store.Store) api.Contents) func(*api.Options) {
	return func(o *api.Options) {
		o.Contents = open(o.Store.(*store.Store))
		o.MaxContent = maxContent
		o.Timeout = contentsTimeout
	}
}

// WithFiles returns an option of ServeRoute for the route of the files of exports.
func WithFiles(files api.Files) func(*api.Options) {
	return func(o *api.Options) {
		o.Files = files
		o.MaxContent = maxContent
	}
}

// ServeDocs serves the named route under /.well-known/, which uses neither the table nor the queue.
// It does not return.
func ServeDocs(name string, docs api.Docs) {
	env, log := setUp()
	serve(name, api.Options{Docs: docs, DefaultTenant: env.defaultTenant, Logger: log})
}

// ServeDashboard serves the dashboard that open returns, which uses neither the table nor the queue.
// It does not return.
func ServeDashboard(open func(DashboardEnvironment) api.Dashboard) {
	env, log := setUp()
	d, err := readDashboardEnvironment(env.auth, os.Getenv)
	if err != nil {
		log.Error("the function's environment is wrong", "error", err)
		os.Exit(1)
	}
	serve(api.GetDashboard, api.Options{Dashboard: open(d), Logger: log})
}

// ServeNoRoute serves the requests that match no route. It uses neither the table nor the queue. It
// does not return.
func ServeNoRoute() {
	_, log := setUp()
	serve(api.NoRoute, api.Options{Logger: log})
}

func serve(name string, o api.Options) {
	o.RequestID = gatewayRequestID
	o.Metrics = Metrics()
	o.Timeout = cmp.Or(o.Timeout, requestTimeout)
	lambda.Start(gateway(api.New(o).Route(name)))
}

// ServeQueue handles the wake-ups of the queue that invokes the named function. It does not return.
func (d Dependencies) ServeQueue(name string, handle wake.Handler) {
	lambda.Start(queueHandler(wake.Instrument(name, handle, d.Log, Metrics()), d.Log))
}

// Keeper returns a keeper that uses the dependencies. The exporter is nil in a function that makes
// no exports.
func (d Dependencies) Keeper(exporter housekeeping.Exporter) *housekeeping.Keeper {
	return housekeeping.New(housekeeping.Options{
		Store: d.Store, Queue: d.Queue, Waiting: d.Queue.Waiting, Exporter: exporter, MaxExports: d.env.maxExports(),
		Logger: d.Log, Metrics: Metrics(),
	})
}

// Dependencies are the parts that functions share.
type Dependencies struct {
	Log   *slog.Logger
	Store *store.Store
	Queue *SQS
	// AllowPrivate permits runs to fetch from addresses that are not public.
	AllowPrivate bool
	// MaxIdle bounds how long the crawl function waits for a host. 0 means the crawler's default.
	MaxIdle time.Duration
	// Period is the period at whose multiples the workers of the crawl function leave their runs.
	Period time.Duration

	env environment
}

// Connect returns the dependencies that the environment configures, or exits. It makes no
// requests. The store gets the options in addition to those of the environment.
func Connect(opts ...store.Option) Dependencies {
	env, log := setUp()
	cfg := configure(log)
	return Dependencies{
		Log:          log,
		Store:        store.New(store.NewClient(cfg), env.table, append(opts, store.WithRetention(env.retention))...),
		Queue:        newSQS(sqs.NewFromConfig(cfg), env.queueURL),
		AllowPrivate: env.allowPrivate,
		MaxIdle:      env.maxIdle,
		Period:       env.period,
		env:          env,
	}
}

// OpenBucket opens the bucket BUCKET_NAME by open, or exits. Only the functions that use the bucket
// contain its client, so they pass it.
func OpenBucket[S any](open func(cfg aws.Config, name string) (S, error)) S {
	cfg, log := Configure()
	name := os.Getenv("BUCKET_NAME")
	s, err := open(cfg, name)
	if name == "" {
		err = errors.New("BUCKET_NAME must be set to the name of the bucket")
	}
	if err != nil {
		log.Error("the function's environment is wrong", "error", err)
		os.Exit(1)
	}
	return s
}

// Configure returns the configuration of the AWS SDK and the log, or exits.
func Configure() (aws.Config, *slog.Logger) {
	_, log := setUp()
	return configure(log), log
}

// configure returns the configuration of the AWS SDK from its own environment variables, or exits.
func configure(log *slog.Logger) aws.Config {
	cfg, err := awsconfig.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Error("the AWS configuration cannot be loaded", "error", err)
		os.Exit(1)
	}
	return cfg
}

// Metrics returns a recorder for the stack whose name is in STACK_NAME, by default
// store.DefaultTable. It returns nil, which records nothing, unless DETAILED_METRICS is true.
func Metrics() *metrics.Recorder { return recorderTo(os.Stdout, os.Getenv) }

func recorderTo(out io.Writer, getenv func(string) string) *metrics.Recorder {
	if detailed, _ := strconv.ParseBool(getenv("DETAILED_METRICS")); !detailed { // readEnvironment checks the value
		return nil
	}
	return metrics.New(out, cmp.Or(getenv("STACK_NAME"), store.DefaultTable))
}

// setUp returns the environment and the log, or exits.
func setUp() (environment, *slog.Logger) {
	env, err := readEnvironment(os.Getenv)
	log := newLog(os.Stderr, env.logLevel)
	if err != nil {
		log.Error("the function's environment is wrong", "error", err)
		os.Exit(1)
	}
	return env, log
}

// newLog returns a log of JSON lines. Lambda leaves a line as it is only if it has a level and a
// member timestamp. It treats a line without them as one of level INFO. See
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.
func newLog(out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.String("timestamp", a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
			}
			return a
		},
	}))
}
