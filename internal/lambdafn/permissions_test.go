package lambdafn

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// received is what Lambda does with a function's queue or stream, on behalf of the function.
var received = map[string][]string{
	"crawl":       receiving("WakeQueue"),
	"dead-letter": receiving("DeadLetterQueue"),
	"publish-changes": { // which calls no table and no queue; what it does call is PutEvents
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

// Each function may do exactly what it does: less and it fails in an account, more and it is
// no least privilege. What it does is seen at its own calls.
func TestFunctionsMayDoWhatTheyDo(t *testing.T) {
	w := newWatched(t)
	w.callRoutes()
	w.work()
	for name, f := range readTemplate(t).functions(t) {
		want := append(w.seen(name), received[name]...)
		slices.Sort(want)
		if diff := gocmp.Diff(want, allowed(f)); diff != "" {
			t.Errorf("%s: what it does and what the template allows (-does +may):\n%s", name, diff)
		}
	}
}

// allowed returns the actions and resources of a function's policies.
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

// watched is a deployment whose functions' calls of AWS are written down.
type watched struct {
	t      *testing.T
	config aws.Config
	client *dynamodb.Client
	table  string
	setup  *store.Store // not watched

	mu    sync.Mutex
	calls map[string]map[string]bool // by function
}

const owner tenant.ID = "acme" // the tenant of the sample events

func newWatched(t *testing.T) *watched {
	w := &watched{
		t: t, config: dynamotest.Config(t), table: "test-" + uuid.NewString(), calls: map[string]map[string]bool{},
	}
	w.client = store.NewClient(w.config)
	w.setup = store.New(w.client, w.table)
	if err := w.setup.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *watched) seen(name string) (all []string) {
	for call := range w.calls[name] {
		all = append(all, call)
	}
	return all
}

func (w *watched) see(name, action, resource string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls[name] == nil {
		w.calls[name] = map[string]bool{}
	}
	w.calls[name][action+" "+resource] = true
}

// store returns a new store, which remembers nothing, for one start of a function.
func (w *watched) store(name string, opts ...store.Option) *store.Store {
	watch := middleware.InitializeMiddlewareFunc("watch", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		switch input := in.Parameters.(type) {
		case *dynamodb.TransactWriteItemsInput: // allowed by the actions that it is made of
			for _, item := range input.TransactItems {
				w.see(name, "dynamodb:"+transacted(item), "Table")
			}
		case *dynamodb.QueryInput:
			w.see(name, "dynamodb:Query", cmp.Or(aws.ToString(input.IndexName), "Table"))
		case *dynamodb.ScanInput:
			w.see(name, "dynamodb:Scan", cmp.Or(aws.ToString(input.IndexName), "Table"))
		default:
			w.see(name, "dynamodb:"+middleware.GetOperationName(ctx), "Table")
		}
		return next.HandleInitialize(ctx, in)
	})
	return store.New(store.NewClient(w.config, func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(watch, middleware.After) })
	}), w.table, opts...)
}

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

// watchedQueue is the wake queue as one function sees it.
type watchedQueue struct {
	w    *watched
	name string
}

func (q watchedQueue) Send(context.Context, run.Ref, time.Duration) error {
	q.w.see(q.name, "sqs:SendMessage", "WakeQueue")
	return nil
}

// call starts the function of a route and lets it serve its sample event for the given job
// and run, with a condition on the state, or with an idempotency key and then again.
func (w *watched) call(want int, name string, jobID, runID uuid.UUID) {
	w.t.Helper()
	var e events.APIGatewayV2HTTPRequest
	readEvent(w.t, name, &e)
	for variable, id := range map[string]uuid.UUID{"job_id": jobID, "run_id": runID} {
		if sample := e.PathParameters[variable]; sample != "" {
			e.RawPath = strings.Replace(e.RawPath, sample, id.String(), 1)
		}
	}
	if strings.HasPrefix(name, "list-") {
		e.RawQueryString, e.QueryStringParameters = "", nil
	}
	if name == "update-job" {
		e.Body = `{"config": {"seeds": []}}`
	}
	e.Headers["if-none-match"] = `"another"` // which holds, and is looked at
	times := 1
	if e.RequestContext.HTTP.Method == http.MethodPost {
		delete(e.Headers, "if-none-match")
		e.Headers["idempotency-key"] = uuid.NewString()
		times = 2
	}
	for range times {
		// Each is the first request of a function that starts, which remembers nothing.
		server := api.New(api.Options{
			Docs:  api.Docs{Spec: openapi.JSON, Page: openapi.Docs},
			Store: w.store(name), Queue: watchedQueue{w, name}, Logger: slog.New(slog.DiscardHandler),
		})
		resp, err := gateway(server.Route(name))(w.t.Context(), e)
		if err != nil || resp.StatusCode != want {
			w.t.Errorf("%s: %d %s (%v), want %d", name, resp.StatusCode, resp.Body, err, want)
		}
	}
}

// callRoutes takes every route through all that it may have to do.
func (w *watched) callRoutes() {
	w.call(http.StatusCreated, "create-job", uuid.Nil, uuid.Nil)
	j, first := w.run("http://127.0.0.1/")
	w.call(http.StatusOK, "list-jobs", j, first)
	w.call(http.StatusOK, "get-job", j, first)
	w.call(http.StatusOK, "list-runs", j, first)
	w.call(http.StatusOK, "list-job-runs", j, first)
	w.call(http.StatusOK, "get-run", j, first)
	w.call(http.StatusConflict, "delete-job", j, first)
	w.call(http.StatusNoContent, "delete-job", w.idleJob(), first)
	w.change(first, run.Start)
	w.recordPart(first)
	w.call(http.StatusOK, "list-run-logs", j, first)
	w.call(http.StatusOK, "pause-run", j, first)
	w.call(http.StatusOK, "resume-run", j, first)
	w.call(http.StatusOK, "stop-run", j, first)
	w.call(http.StatusNoContent, "delete-run", j, first)
	w.call(http.StatusOK, "update-job", j, first)
	w.call(http.StatusCreated, "create-run", j, first)
	w.outdate(j)
	w.call(http.StatusCreated, "create-run", j, first)
	w.call(http.StatusOK, "get-openapi", j, first)
	w.call(http.StatusOK, "get-docs", j, first)
	w.listByIndexes(j, first)
}

// listByIndexes makes list-runs take the other ways through the table.
func (w *watched) listByIndexes(j, r uuid.UUID) {
	w.backfill() // lists by entries wait for it
	st := w.store("list-runs")
	for _, f := range []run.Filter{
		{JobIDs: []uuid.UUID{j}}, {Statuses: []run.Status{run.Pending}}, {IncludeIDs: []uuid.UUID{r}},
		{StopReasons: []run.StopReason{run.Manual}},
	} {
		if _, err := st.Runs(w.t.Context(), owner, f, paging.Request{Limit: 10}); err != nil {
			w.t.Error(err)
		}
	}
	st = w.store("list-job-runs")
	f := run.Filter{StopReasons: []run.StopReason{run.Manual}}
	if _, err := st.JobRuns(w.t.Context(), job.Ref{Tenant: owner, ID: j}, f, paging.Request{Limit: 10}); err != nil {
		w.t.Error(err)
	}
	st = w.store("list-jobs")
	if _, err := st.Jobs(w.t.Context(), owner, job.Filter{IncludeIDs: []uuid.UUID{j}}, paging.Request{Limit: 10}); err != nil {
		w.t.Error(err)
	}
}

// recordPart gives the run a log.
func (w *watched) recordPart(r uuid.UUID) {
	w.t.Helper()
	lease, err := w.setup.Acquire(w.t.Context(), run.Ref{Tenant: owner, ID: r}, "watched", time.Minute)
	if err == nil {
		err = w.setup.Commit(w.t.Context(), lease, crawllog.Commit{Parts: crawllog.Encode([]crawllog.Record{&crawllog.SeedsRead{}})})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// outdate makes the job one whose configuration was resolved by a version with other
// defaults.
func (w *watched) outdate(j uuid.UUID) {
	_, err := w.client.UpdateItem(w.t.Context(), &dynamodb.UpdateItemInput{
		TableName: &w.table,
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "T#" + string(owner)},
			"sk": &types.AttributeValueMemberS{Value: "JOB#" + j.String()},
		},
		UpdateExpression:          aws.String("SET resolved_hash = :old"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":old": &types.AttributeValueMemberS{Value: "old"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// idleJob creates a job without runs.
func (w *watched) idleJob() uuid.UUID {
	w.t.Helper()
	j, err := w.setup.CreateJob(w.t.Context(), owner, job.Job{Name: "idle"}, config.Config{}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return j.ID
}

// run creates a job that crawls the URL, and its first run.
func (w *watched) run(url string) (jobID, runID uuid.UUID) {
	w.t.Helper()
	cfg, err := config.Parse(fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": []
	}`, url), "config")
	if err != nil {
		w.t.Fatal(err)
	}
	j, r, err := w.setup.CreateJobAndRun(w.t.Context(), owner, job.Job{Name: "watched"}, cfg, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return j.ID, r.ID
}

func (w *watched) change(id uuid.UUID, a run.Action) {
	w.t.Helper()
	if _, _, err := w.setup.Transition(w.t.Context(), run.Ref{Tenant: owner, ID: id}, a, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) keeper(name string) *housekeeping.Keeper {
	return housekeeping.New(housekeeping.Options{
		Store: w.store(name), Queue: watchedQueue{w, name}, Logger: slog.New(slog.DiscardHandler),
	})
}

// work takes every worker through all that it may have to do.
func (w *watched) work() {
	site := sitetest.Start(w.t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" { // as long as the invocation lasts
			<-r.Context().Done()
		}
		fmt.Fprint(rw, `<a href="/next">next</a>`)
	}))
	_, whole := w.run(site.URL)
	if err := w.keeper("sweep").Sweep(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	w.backfill()
	w.wake(w.t.Context(), whole)
	if r, err := w.setup.Run(w.t.Context(), run.Ref{Tenant: owner, ID: whole}); err != nil || r.Status != run.Finished || r.Progress.URLsFetched != 2 {
		w.t.Errorf("the watched run is %s with %+v (%v), want it finished", r.Status, r.Progress, err)
	}
	w.wake(w.t.Context(), whole) // once more than needed
	if err := w.setup.DeleteRun(w.t.Context(), run.Ref{Tenant: owner, ID: whole}, nil); err != nil {
		w.t.Error(err)
	}
	w.wake(w.t.Context(), whole)

	_, paused := w.run(site.URL)
	w.change(paused, run.Start)
	w.change(paused, run.Pause)
	w.wake(w.t.Context(), paused)

	_, cut := w.run(site.URL + "/slow")
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
	defer cancel()
	w.wake(ctx, cut)

	_, hopeless := w.run(site.URL)
	letter := wake.Delivery{Run: run.Ref{Tenant: owner, ID: hopeless}, Sent: time.Now().Add(time.Millisecond)}
	if err := w.keeper("dead-letter").Abandon(w.t.Context(), letter); err != nil {
		w.t.Error(err)
	}
}

// backfill takes the pass of the sweep over the runs to its end.
func (w *watched) backfill() {
	w.t.Helper()
	st := w.store("sweep", store.WithBackfillGrace(0))
	if done, err := st.Backfill(w.t.Context(), 4000, time.Now().Add(time.Minute)); !done || err != nil {
		w.t.Error(done, err)
	}
}

func (w *watched) wake(ctx context.Context, id uuid.UUID) {
	w.t.Helper()
	c := crawl.New(crawl.Options{
		Store: w.store("crawl"), Queue: watchedQueue{w, "crawl"}, AllowPrivate: true,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err := w.keeper("crawl").Handler(c.Crawl)(ctx, wake.Delivery{Run: run.Ref{Tenant: owner, ID: id}}); err != nil {
		w.t.Errorf("a wake-up failed: %v", err)
	}
}
