package lambdafn

import (
	"cmp"
	"context"
	"fmt"
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

	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// received lists what Lambda does with the queue or stream of a function in the function's name.
var received = map[string][]string{
	"crawl":       receiving("WakeQueue"),
	"dead-letter": receiving("DeadLetterQueue"),
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

// The template permits each function exactly the calls that it makes, which the test records. With
// fewer permissions the function fails in an account. More would not be least privilege.
func TestFunctionsMayDoWhatTheyDo(t *testing.T) {
	w := newRecorder(t)
	w.exerciseRoutes()
	w.exerciseWorkers()
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

// A function that only reads may not write. No function may reach more than the table, indexes and
// queues of the stack. TestFunctionsMayDoWhatTheyDo checks what each function needs.
func TestTemplatePolicies(t *testing.T) {
	for name, f := range readTemplate(t).functions(t) {
		if name == "publish-changes" {
			continue // it uses none of these resources: see received
		}
		reads := strings.HasPrefix(name, "list-") || strings.HasPrefix(name, "get-")
		for _, permission := range allowed(f) {
			action, resource, _ := strings.Cut(permission, " ")
			// Only the sweep, which no request invokes, may read across tenants.
			if strings.Contains(action, "*") || action == "dynamodb:Scan" && name+" "+resource != "sweep by_created" {
				t.Errorf("%s may %s %s", name, action, resource)
			}
			if reads && !slices.Contains([]string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}, action) {
				t.Errorf("%s only reads but may %s", name, action)
			}
			if !slices.Contains([]string{"Table", "WakeQueue", "DeadLetterQueue", "by_created", "by_job", "by_status", "by_wake"}, resource) {
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

	mu    sync.Mutex
	calls map[string]map[string]bool // by function
}

const owner tenant.ID = "acme" // the tenant of the sample events

func newRecorder(t *testing.T) *recorder {
	w := &recorder{
		t: t, config: dynamotest.Config(t), table: "test-" + uuid.NewString(), calls: map[string]map[string]bool{},
	}
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
