package lambdafn

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

func (w *recorder) transition(id uuid.UUID, a run.Action) {
	w.t.Helper()
	if _, _, err := w.setup.Transition(w.t.Context(), run.Ref{Tenant: owner, ID: id}, a, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *recorder) keeper(name string, opts ...store.Option) *housekeeping.Keeper {
	q := recordingQueue{w, name}
	return housekeeping.New(housekeeping.Options{
		Store: w.store(name, opts...), Queue: q, Waiting: q.waiting, Logger: w.log, Metrics: w.metrics,
		Exporter: &export.Worker{Store: w.store(name, opts...), Objects: w.objects(name), Logger: w.log},
	})
}

func (q recordingQueue) waiting(context.Context) (int, error) {
	q.w.record(q.name, "sqs:GetQueueAttributes", "WakeQueue")
	return 0, nil
}

// exerciseWorkers makes every worker do all that it can have to do.
func (w *recorder) exerciseWorkers() {
	site := sitetest.Start(w.t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" { // responds only when the invocation ends
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
		w.t.Errorf("the run is %s with %+v (%v), want it finished", r.Status, r.Progress, err)
	}
	w.wake(w.t.Context(), whole) // the run is finished, and its objects are tidied
	if err := w.setup.DeleteRun(w.t.Context(), run.Ref{Tenant: owner, ID: whole}, nil); err != nil {
		w.t.Error(err)
	}
	w.wake(w.t.Context(), whole)

	_, paused := w.run(site.URL)
	w.transition(paused, run.Start)
	w.transition(paused, run.Pause)
	w.wake(w.t.Context(), paused)

	_, cut := w.run(site.URL + "/slow")
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
	defer cancel()
	w.wake(ctx, cut)

	_, hopeless := w.run(site.URL)
	record := middleware.InitializeMiddlewareFunc("record", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		w.record("sweep", "sqs:"+strings.TrimSuffix(middleware.GetOperationName(ctx), "Batch"), "DeadLetterQueue")
		return next.HandleInitialize(ctx, in)
	})
	queue, letters := letterQueue(w.t, w.log, []run.Ref{{Tenant: owner, ID: hopeless}}, func(o *sqs.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(record, middleware.After) })
	})
	after := time.Now().Add(time.Second) // the last change of the run
	queue.queues["DeadLetterQueue"].messages[0].Attributes["SentTimestamp"] = strconv.FormatInt(after.UnixMilli(), 10)
	if err := sweeper(w.keeper("sweep"), letters, w.log, w.metrics)(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	if r, err := w.setup.Run(w.t.Context(), run.Ref{Tenant: owner, ID: hopeless}); err != nil || r.StopReason != run.Unknown {
		w.t.Errorf("after its dead letter the run is %s %s (%v)", r.Status, r.StopReason, err)
	}
}

// backfill completes the sweep's backfill of index entries.
func (w *recorder) backfill() {
	w.t.Helper()
	st := w.store("sweep", store.WithBackfillGrace(0))
	if done, err := st.Backfill(w.t.Context(), 4000, time.Now().Add(time.Minute)); !done || err != nil {
		w.t.Error(done, err)
	}
}

func (w *recorder) wake(ctx context.Context, id uuid.UUID) {
	w.t.Helper()
	opts := []store.Option{store.WithObjects(w.objects("crawl")), store.WithSettleTime(0)}
	c := crawl.New(crawl.Options{
		Store: w.store("crawl", opts...), Queue: recordingQueue{w, "crawl"}, Objects: w.objects("crawl"), AllowPrivate: true,
		Secrets: w.secrets("crawl"),
		Logger:  w.log,
	})
	handle := wake.Instrument(crawl.Function, w.keeper("crawl", opts...).Handler(c.Crawl), w.log, w.metrics)
	if err := handle(ctx, wake.Delivery{Run: run.Ref{Tenant: owner, ID: id}}); err != nil {
		w.t.Errorf("a wake-up failed: %v", err)
	}
}
