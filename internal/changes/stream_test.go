package changes_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// Items of other kinds, which a later version may add, are not transitions of runs, whatever their
// attributes are.
func TestOtherItemsAreNotTransitions(t *testing.T) {
	id := uuid.NewString()
	for _, key := range []struct{ pk, sk string }{
		{"T#acme", "JOB#" + id},
		{"T#acme", "RUN#"},
		{"T#acme", "RUN#" + id + "#NOTE"},
		{"T#acme", "CONFIG#RUN#" + id},
		{"T#acme#RUN#" + id, "PROGRESS"},
		{"T#acme#RUN#" + id, "RUN#" + id},
		{"T#acme#BY#LABEL#00ff", "RUN#" + id},
		{"T#acme#BY#STOP_REASON#unknown", "2026-01-02T15:04:05.000000Z#" + id},
		{"T#", "RUN#" + id},
		{"KEY#acme", "RUN#" + id},
	} {
		t.Run(key.pk+" "+key.sk, func(t *testing.T) {
			image := map[string]events.DynamoDBAttributeValue{
				"pk": events.NewStringAttribute(key.pk), "sk": events.NewStringAttribute(key.sk),
				"status": events.NewStringAttribute("pending"),
			}
			var b bus
			failed := handle(t, publisher(&b), record(1, nil, image), record(2, image, nil), record(3, image, image))
			if len(failed) > 0 || len(b.calls) > 0 {
				t.Errorf("got %d calls, failed %v", len(b.calls), failed)
			}
		})
	}
}

// Each transition in the life of a run is published from the item that the store writes, and
// nothing else that the store writes.
func TestPublishLifecycle(t *testing.T) {
	client := store.NewClient(dynamotest.Config(t))
	table := "test-" + uuid.NewString()
	s := store.New(client, table)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	var b bus
	p := publisher(&b)
	before := map[string]map[string]events.DynamoDBAttributeValue{}
	sequence := 0
	// publish sends the items that changed since its last call to the publisher, as the stream
	// does.
	publish := func() {
		t.Helper()
		after := scan(t, client, table)
		for key, image := range after {
			if cmp.Equal(before[key], image, cmp.Comparer(sameValue)) {
				continue
			}
			sequence++
			handle(t, p, record(sequence, before[key], image))
			handle(t, p, record(sequence, image, image)) // a write without a transition
		}
		for key, image := range before {
			if after[key] == nil {
				sequence++
				handle(t, p, record(sequence, image, nil))
			}
		}
		before = after
	}
	cfg, err := config.Parse([]byte(`{}`), "config")
	if err != nil {
		t.Fatal(err)
	}
	j, r, err := s.CreateJobAndRun(t.Context(), "acme", job.Job{Name: "a", Labels: map[string]string{"team": "research"}}, cfg,
		&idempotency.Key{Route: "create-job", Value: "k"}) // its item is not a run, but holds one
	if err != nil {
		t.Fatal(err)
	}
	publish()
	for _, action := range []run.Action{run.Start, run.Start, run.Pause, run.Resume, run.Stop, run.Stop} {
		if _, _, err := s.Transition(t.Context(), run.Ref{Tenant: "acme", ID: r.ID}, action, nil); err != nil {
			t.Fatal(err)
		}
		publish()
	}
	if err := s.DeleteRun(t.Context(), run.Ref{Tenant: "acme", ID: r.ID}, nil); err != nil {
		t.Fatal(err)
	}
	publish()

	var got []string
	for _, d := range b.accepted {
		from, reason := run.Status("-"), run.StopReason("-")
		if d.From != nil {
			from = *d.From
		}
		if d.StopReason != nil {
			reason = *d.StopReason
		}
		got = append(got, fmt.Sprintf("%s>%s %s", from, d.To, reason))
		if d.Tenant != "acme" || d.JobID != j.ID || d.RunID != r.ID {
			t.Errorf("%+v is of another run", d)
		}
	}
	if diff := cmp.Diff([]string{
		"->pending -", "pending>running -", "running>paused -", "paused>running -", "running>finished manual",
		"finished>deleted manual",
	}, got); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}
