package transitions_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/transitions"
)

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
	before := map[string]image{}
	sequence := 0
	send := func(r transitions.Record) {
		t.Helper()
		if failed := p.Publish(t.Context(), []transitions.Record{r}); failed != "" {
			t.Fatalf("record %s was not published", failed)
		}
	}
	// publish sends the items that changed since its last call to the publisher, as the stream
	// does.
	publish := func() {
		t.Helper()
		after := scan(t, client, table)
		for key, item := range after {
			if reflect.DeepEqual(before[key], item) {
				continue
			}
			sequence++
			send(record(sequence, before[key], item))
			send(record(sequence, item, item)) // a write without a transition
		}
		for key, item := range before {
			if after[key] == nil {
				sequence++
				send(record(sequence, item, nil))
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
