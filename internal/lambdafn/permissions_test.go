package lambdafn

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/inndx/runs/internal/awssecrets"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/objects/s3bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// received lists what Lambda does with the queue or stream of a function in the function's name,
// and what a function does only after a part of a large object failed.
var received = map[string][]string{
	"crawl": append(receiving("WakeQueue"), "s3:AbortMultipartUpload ${Bucket.Arn}/*"),

	"delete-artifact":   {"s3:AbortMultipartUpload ${Bucket.Arn}/*"},
	"get-artifact-blob": {"s3:AbortMultipartUpload ${Bucket.Arn}/*", "s3:PutObjectTagging ${Bucket.Arn}/*"},

	"publish-changes": { // which itself only calls PutEvents
		"dynamodb:DescribeStream Table.StreamArn",
		"dynamodb:GetRecords Table.StreamArn",
		"dynamodb:GetShardIterator Table.StreamArn",
		"dynamodb:ListStreams ${Table.Arn}/stream/*",
		"events:PutEvents arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}",
		"sqs:SendMessage LostChangesQueue",
	},
}

func receiving(queue string) []string {
	return []string{"sqs:DeleteMessage " + queue, "sqs:GetQueueAttributes " + queue, "sqs:ReceiveMessage " + queue}
}

// TestFunctions makes every function do all that it can have to do, and checks what it called and
// logged.
func TestFunctions(t *testing.T) {
	w := newRecorder(t)
	w.exerciseRoutes()
	w.exerciseWorkers()
	w.exercisePublisher()
	t.Run("permissions", w.testPermissions)
	t.Run("log lines", w.testLines)
	t.Run("metrics", w.testMetrics)
	t.Run("queries", w.testQueries)
}

// The template permits each function exactly the calls that it makes. With fewer permissions the
// function fails in an account. More would not be least privilege.
func (w *recorder) testPermissions(t *testing.T) {
	for name, f := range readTemplate(t).functions(t) {
		t.Run(name, func(t *testing.T) {
			want := append(w.recorded(name), received[name]...)
			slices.Sort(want)
			if diff := gocmp.Diff(want, allowed(f)); diff != "" {
				t.Errorf("permissions (-used +allowed):\n%s", diff)
			}
		})
	}
}

// allowed returns the actions that the policies of a function allow, each with its resource.
func allowed(f resource) (all []string) {
	for _, policy := range f.Policies {
		for _, s := range policy.Statement {
			for arn := range strings.FieldsSeq(strings.Trim(fmt.Sprint(s.Resource), "[]")) {
				name := strings.TrimPrefix(strings.TrimSuffix(arn, ".Arn"), "${Table.Arn}/index/")
				for _, action := range s.Action {
					all = append(all, action+" "+name)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// A function that only reads may not write. No function may reach more than the table, indexes,
// queues and bucket of the stack. TestFunctions checks what each function needs.
func TestTemplatePolicies(t *testing.T) {
	for name, f := range readTemplate(t).functions(t) {
		if name == "publish-changes" {
			continue // it uses none of these resources: see received
		}
		copies := name == "get-artifact-blob" // contents that are too large for a response
		// Numbers that were folded from a log are stored.
		folds := slices.Contains([]string{"get-run-metrics", "get-run-latency", "list-run-hosts"}, name)
		reads := (strings.HasPrefix(name, "list-") || strings.HasPrefix(name, "get-")) && !copies && !folds
		for _, permission := range allowed(f) {
			action, resource, _ := strings.Cut(permission, " ")
			// Only the sweep, which no request invokes, may read across tenants.
			if strings.Contains(action, "*") || action == "dynamodb:Scan" && name+" "+resource != "sweep by_created" {
				t.Errorf("%s may %s %s", name, action, resource)
			}
			if reads && !slices.Contains([]string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "s3:GetObject"}, action) {
				t.Errorf("%s only reads but may %s", name, action)
			}
			if !slices.Contains([]string{
				"Table", "WakeQueue", "DeadLetterQueue", "by_created", "by_job", "by_status", "by_wake", "Bucket", "${Bucket.Arn}/*",
			}, resource) && name+" "+resource != "crawl "+secretsARN {
				t.Errorf("%s may reach %s", name, resource)
			}
		}
	}
}

// A recorder runs the functions on a table of their own and records their calls to AWS.
type recorder struct {
	t      *testing.T
	config aws.Config
	client *dynamodb.Client
	table  string
	setup  *store.Store // its calls are not recorded
	s3     string       // the URL of an emulator of S3

	output, embedded lines // what the functions log, and the metrics of DetailedMetrics
	log              *slog.Logger
	metrics          *metrics.Recorder

	artifact string    // the id of the artifact that calls are about
	export   uuid.UUID // the export that calls are about

	mu    sync.Mutex
	calls map[string]map[string]bool // by function
}

const owner tenant.ID = "acme" // the tenant of the sample events

func newRecorder(t *testing.T) *recorder {
	w := &recorder{
		t: t, config: dynamotest.Config(t), table: "test-" + uuid.NewString(), calls: map[string]map[string]bool{},
	}
	w.recordLogs()
	w.s3 = startS3(t)
	w.client = store.NewClient(w.config)
	w.setup = store.New(w.client, w.table)
	if err := w.setup.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// recorded returns the recorded actions of a function, each with its resource.
func (w *recorder) recorded(name string) (all []string) {
	for call := range w.calls[name] {
		all = append(all, call)
	}
	return all
}

// record records that a function uses an action on a resource.
func (w *recorder) record(name, action, resource string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls[name] == nil {
		w.calls[name] = map[string]bool{}
	}
	w.calls[name][action+" "+resource] = true
}

// store returns a store with empty caches, as a function has when it starts.
func (w *recorder) store(name string, opts ...store.Option) *store.Store {
	record := middleware.InitializeMiddlewareFunc("record", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		switch input := in.Parameters.(type) {
		case *dynamodb.TransactWriteItemsInput: // IAM checks the actions of its items
			for _, item := range input.TransactItems {
				w.record(name, "dynamodb:"+transacted(item), "Table")
			}
		case *dynamodb.QueryInput:
			w.record(name, "dynamodb:Query", cmp.Or(aws.ToString(input.IndexName), "Table"))
		case *dynamodb.ScanInput:
			w.record(name, "dynamodb:Scan", cmp.Or(aws.ToString(input.IndexName), "Table"))
		default:
			w.record(name, "dynamodb:"+middleware.GetOperationName(ctx), "Table")
		}
		return next.HandleInitialize(ctx, in)
	})
	return store.New(store.NewClient(w.config, func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(record, middleware.After) })
	}), w.table, opts...)
}

// bucketName is the name of the bucket of the functions.
const bucketName = "bucket"

// startS3 starts an emulator of S3 with the bucket and returns its URL.
func startS3(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucketName); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return server.URL
}

// s3Actions are the actions of S3 that IAM checks, where they are not named like the operation,
// with their resources. See
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html.
var s3Actions = map[string]string{
	"HeadObject":              "s3:GetObject ${Bucket.Arn}/*",
	"CreateMultipartUpload":   "s3:PutObject ${Bucket.Arn}/*",
	"UploadPart":              "s3:PutObject ${Bucket.Arn}/*",
	"CompleteMultipartUpload": "s3:PutObject ${Bucket.Arn}/*",
	"ListObjectsV2":           "s3:ListBucket Bucket",
}

// objects returns the store of the bucket for the function.
func (w *recorder) objects(name string) *bucket.Store {
	w.t.Helper()
	record := middleware.InitializeMiddlewareFunc("record", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		operation := middleware.GetOperationName(ctx)
		action, resource, _ := strings.Cut(cmp.Or(s3Actions[operation], "s3:"+operation+" ${Bucket.Arn}/*"), " ")
		w.record(name, action, resource)
		return next.HandleInitialize(ctx, in)
	})
	cfg := aws.Config{
		Region: w.config.Region, Credentials: w.config.Credentials, BaseEndpoint: &w.s3,
		APIOptions: []func(*middleware.Stack) error{
			func(s *middleware.Stack) error { return s.Initialize.Add(record, middleware.After) },
		},
	}
	b, err := s3bucket.Open(cfg, bucketName)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// secretsARN is the resource of the tenants' secrets.
const secretsARN = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretsPrefix}/*"

// secrets returns the secrets of an emulator of AWS Secrets Manager for the function.
func (w *recorder) secrets(name string) crawl.Secrets {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.record(name, "secretsmanager:"+operation, secretsARN)
		fmt.Fprint(rw, `{"SecretString": "value"}`)
	}))
	w.t.Cleanup(server.Close)
	cfg := aws.Config{Region: w.config.Region, Credentials: w.config.Credentials, BaseEndpoint: &server.URL}
	return awssecrets.New(cfg, "prefix").Value
}

// transacted returns the action that IAM checks for an item of a transaction.
func transacted(item types.TransactWriteItem) string {
	switch {
	case item.Put != nil:
		return "PutItem"
	case item.Update != nil:
		return "UpdateItem"
	case item.Delete != nil:
		return "DeleteItem"
	}
	return "ConditionCheckItem"
}

// A recordingQueue records that a function sends to the wake queue.
type recordingQueue struct {
	w    *recorder
	name string
}

func (q recordingQueue) Send(context.Context, run.Ref, time.Duration) error {
	q.w.record(q.name, "sqs:SendMessage", "WakeQueue")
	return nil
}

func (q recordingQueue) SendExport(ctx context.Context, ref run.Ref, _ uuid.UUID, delay time.Duration) error {
	return q.Send(ctx, ref, delay)
}
