package lambdafn

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/contents"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/warc"
)

// call starts the function of a route, which serves its sample event for the given job and run,
// with a precondition. It serves a POST twice, with an idempotency key instead of the precondition.
func (w *recorder) call(want int, name string, jobID, runID uuid.UUID) {
	w.t.Helper()
	var e events.APIGatewayV2HTTPRequest
	readEvent(w.t, name, &e)
	for variable, id := range map[string]uuid.UUID{"job_id": jobID, "run_id": runID} {
		if sample := e.PathParameters[variable]; sample != "" {
			e.RawPath = strings.Replace(e.RawPath, sample, id.String(), 1)
		}
	}
	if sample := e.PathParameters["export_id"]; sample != "" {
		e.RawPath = strings.Replace(e.RawPath, sample, w.export.String(), 1)
		delete(e.Headers, "range")
	}
	if sample := e.PathParameters["artifact_id"]; sample != "" {
		e.RawPath = strings.Replace(e.RawPath, sample, w.artifact, 1)
		delete(e.Headers, "range")
	}
	if strings.HasPrefix(name, "list-") {
		e.RawQueryString, e.QueryStringParameters = "", nil
	}
	if name == "get-run" {
		e.RawQueryString = "wait=2s" // it polls
	}
	// A run of such a job is created after a read of the other runs of the tenant.
	const exclusive = `"config": {"seeds": [], "starting_criteria": [{"kind": "exclusive", "params": {"by": "labels", "limit": 100}}]}`
	switch name {
	case "update-job":
		e.Body = "{" + exclusive + "}"
	case "create-job":
		e.Body = `{"name": "docs", "labels": {"team": "research"}, ` + exclusive + "}"
	}
	e.Headers["if-none-match"] = `"another"` // a precondition that holds
	if name == "stream-run-events" {
		delete(e.Headers, "if-none-match") // a stream supports none
	}
	times := 1
	if e.RequestContext.HTTP.Method == http.MethodPost {
		delete(e.Headers, "if-none-match")
		e.Headers["idempotency-key"] = uuid.NewString()
		times = 2
	}
	for range times {
		// Each request is the first of a function that just started.
		st := w.store(name)
		server := api.New(api.Options{
			Docs:      api.Docs{Spec: openapi.JSON, Page: openapi.Docs},
			Dashboard: api.Dashboard{Page: func() []byte { return nil }},
			Store:     st, Queue: recordingQueue{w, name}, Logger: w.log, Metrics: w.metrics,
			Contents: contents.New(w.objects(name), st), Files: w.objects(name), MaxContent: maxContent,
		})
		resp, err := gateway(server.Route(name))(w.t.Context(), e)
		if err != nil || resp.StatusCode != want {
			w.t.Errorf("%s: %d %s (%v), want %d", name, resp.StatusCode, resp.Body, err, want)
		}
	}
}

// exerciseRoutes makes every route do all that it can have to do.
func (w *recorder) exerciseRoutes() {
	w.call(http.StatusCreated, "create-job", uuid.Nil, uuid.Nil)
	j, first := w.run("http://127.0.0.1/")
	w.call(http.StatusOK, "list-jobs", j, first)
	w.call(http.StatusOK, "get-job", j, first)
	w.call(http.StatusOK, "list-runs", j, first)
	w.call(http.StatusOK, "list-job-runs", j, first)
	w.call(http.StatusOK, "get-run", j, first)
	w.call(http.StatusConflict, "delete-job", j, first)
	w.call(http.StatusNoContent, "delete-job", w.idleJob(), first)
	w.transition(first, run.Start)
	w.recordPart(first)
	w.call(http.StatusOK, "list-run-logs", j, first)
	w.call(http.StatusNotImplemented, "stream-run-events", j, first)
	w.call(http.StatusOK, "list-run-links", j, first)
	w.call(http.StatusOK, "list-run-edges", j, first)
	for _, numbers := range []string{"get-run-metrics", "get-run-latency", "list-run-hosts"} {
		w.recordDigests(first)
		w.call(http.StatusOK, numbers, j, first)
	}
	w.exerciseArtifacts(j, first)
	w.exerciseExports(j, first)
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
	w.call(http.StatusOK, "get-dashboard", j, first)
	w.listByIndexes(j, first)
}

// listByIndexes makes the lists read every index that they use.
func (w *recorder) listByIndexes(j, r uuid.UUID) {
	w.backfill() // lists by index entries need it
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

// recordPart writes a first log part of the run, in which a URL is queued.
func (w *recorder) recordPart(r uuid.UUID) {
	w.t.Helper()
	lease, err := w.setup.Acquire(w.t.Context(), run.Ref{Tenant: owner, ID: r}, "recorded", time.Minute)
	if err == nil {
		err = w.setup.Commit(w.t.Context(), lease, crawllog.Commit{
			Parts: crawllog.Encode(append(w.keepPages(lease),
				&crawllog.Discovered{URL: "http://127.0.0.1/"}, &crawllog.SeedsRead{})),
			Progress: run.Progress{URLsQueued: 1},
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// recordDigests commits parts that are so large that the numbers of the run, once they are read, are
// stored.
func (w *recorder) recordDigests(r uuid.UUID) {
	w.t.Helper()
	lease, err := w.setup.Acquire(w.t.Context(), run.Ref{Tenant: owner, ID: r}, "recorded", time.Minute)
	var outcomes []crawllog.Record
	for i := range 4000 {
		outcomes = append(outcomes, &crawllog.Outcome{
			URL: fmt.Sprint("http://127.0.0.1/digests/", i), Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
			OccurredAt: time.Now(), Digest: sha256.Sum256(fmt.Append(nil, i)),
		})
	}
	if err == nil {
		err = w.setup.Commit(w.t.Context(), lease, crawllog.Commit{Parts: crawllog.Encode(outcomes), Progress: lease.Progress})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// keepPages stores a small and a large page in an object and returns their outcomes.
func (w *recorder) keepPages(lease *run.Lease) (outcomes []crawllog.Record) {
	w.t.Helper()
	name := objects.NewWARC(1)
	var object []byte
	for i, size := range []int{10, maxContent + 1} {
		x := warc.Exchange{
			Run: lease.Ref.ID, URL: fmt.Sprint("http://127.0.0.1/", i), Date: lease.CreatedAt, Status: 200, Proto: "HTTP/1.1",
			Header: http.Header{"Content-Type": {"text/html"}}, Body: make([]byte, size),
		}
		record := x.ResponseRecord()
		outcomes = append(outcomes, &crawllog.Outcome{
			URL: x.URL, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: lease.CreatedAt,
			Artifacts: []crawllog.Artifact{{
				Kind: crawllog.Raw, PipelineID: "pages", KeyStrategy: "hash", ContentType: "text/html", Size: int64(size),
				Location: crawllog.Location{Object: name, Offset: int64(len(object)), Length: int64(len(record))},
			}},
		})
		object = append(object, record...)
	}
	name = objects.WARC(objects.Prefix(lease.Ref, lease.CreatedAt), name)
	if err := w.objects("setup").Put(w.t.Context(), name, object, warc.ContentType); err != nil {
		w.t.Fatal(err)
	}
	return outcomes
}

// outdate changes the hash of the job's resolved config, as if another version had resolved it.
func (w *recorder) outdate(j uuid.UUID) {
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
func (w *recorder) idleJob() uuid.UUID {
	w.t.Helper()
	j, err := w.setup.CreateJob(w.t.Context(), owner, job.Job{Name: "idle"}, config.Config{}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return j.ID
}

// run creates a job that crawls the URL, and its first run.
func (w *recorder) run(url string) (jobID, runID uuid.UUID) {
	w.t.Helper()
	cfg, err := config.Parse(fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [],
		"fetcher": {"bearer": {"token": {"secret": "token"}}},
		"pipelines": [{
			"navigator": {"kind": "anchor"},
			"steps": [{"kind": "extractor", "params": {"kind": "raw"}}],
			"actions": [{"kind": "to_blob", "params": {"directory": "pages"}}]
		}]
	}`, url), "config")
	if err != nil {
		w.t.Fatal(err)
	}
	j, r, err := w.setup.CreateJobAndRun(w.t.Context(), owner, job.Job{Name: "recorded"}, cfg, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return j.ID, r.ID
}
