package changes_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/changes"
	"github.com/inndx/runs/internal/metrics"
)

func TestPublishSamples(t *testing.T) {
	var b bus
	var recorded bytes.Buffer
	p := publisher(&b)
	p.Metrics = metrics.New(&recorded, "test")
	if failed := handle(t, p, samples(t)...); failed != nil {
		t.Fatal(failed)
	}
	if len(b.calls) != 1 || len(b.calls[0]) != 3 {
		t.Fatalf("got %d calls, want one of 3 events", len(b.calls))
	}
	last := b.calls[0][2]
	if *last.Source != "inndx.runs" || *last.DetailType != "Run State Change" || *last.EventBusName != "runs" ||
		!last.Time.Equal(time.Date(2026, 11, 22, 10, 17, 2, 125e6, time.UTC)) {
		t.Errorf("got %+v", last)
	}
	const want = `{"tenant":"acme","job_id":"%s","run_id":"9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02",` +
		`"from":"running","to":"finished","stop_reason":"max_urls","time":"2026-11-22T10:17:02.125000Z"}`
	if got := *last.Detail; got != fmt.Sprintf(want, b.accepted[2].JobID) {
		t.Errorf("got detail %s", got)
	}
	if got := *b.calls[0][0].Detail; !strings.Contains(got, `"from":null,"to":"pending","stop_reason":null`) {
		t.Errorf("the detail of a creation is %s", got)
	}
	for _, name := range []string{
		`"Transition":"created","Transitions":1`, `"Transition":"started"`, `"Transition":"finished"`,
		`"RunsFinished":1,"Stack":"test","StopReason":"max_urls"`,
	} {
		if !strings.Contains(recorded.String(), name) {
			t.Errorf("no %s in %s", name, &recorded)
		}
	}
	if strings.Contains(recorded.String(), "acme") {
		t.Errorf("the metrics name the tenant: %s", &recorded)
	}
}

// A failure is reported, so that Lambda sends the record and those behind it again. The records
// before it are published.
func TestFailureIsReported(t *testing.T) {
	var records []events.DynamoDBEventRecord
	for i := range 25 {
		r := samples(t)[0]
		id := uuid.UUID{15: byte(i)}
		r.Change.SequenceNumber = fmt.Sprint(100 + i)
		r.Change.NewImage["id"] = events.NewStringAttribute(id.String())
		records = append(records, r)
	}
	number := func(d changes.Detail) int { return int(d.RunID[15]) }
	broken := slices.Clone(records)
	broken[14] = unreadable(broken[14].Change.SequenceNumber)
	for name, tt := range map[string]struct {
		bus      bus
		records  []events.DynamoDBEventRecord
		failed   []string
		accepted int // at least, the first ones
		calls    int
	}{
		"no failure":  {bus{}, records, nil, 25, 3},
		"away":        {bus{away: true}, records, []string{"100"}, 0, 0},
		"one refused": {bus{refuse: func(d changes.Detail) bool { return number(d) == 12 }}, records, []string{"112"}, 12, 2},
		"unreadable":  {bus{}, broken, []string{"114"}, 14, 2},
		"one refused before an unreadable one": {
			bus{refuse: func(d changes.Detail) bool { return number(d) == 3 }}, broken, []string{"103"}, 3, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			failed := handle(t, publisher(&tt.bus), tt.records...)
			if diff := cmp.Diff(tt.failed, failed); diff != "" {
				t.Errorf("reported (-want +got):\n%s", diff)
			}
			if len(tt.bus.calls) != tt.calls {
				t.Errorf("got %d calls, want %d", len(tt.bus.calls), tt.calls)
			}
			for i := range tt.accepted {
				if i >= len(tt.bus.accepted) || number(tt.bus.accepted[i]) != i {
					t.Fatalf("event %d was not accepted in its turn: %v", i, tt.bus.accepted)
				}
			}
		})
	}
}
