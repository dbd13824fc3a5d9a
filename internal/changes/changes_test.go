package changes_test

import (
	"bytes"
	gocmp "cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/changes"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// A bus keeps what it takes. It refuses each event for which refuse is true.
type bus struct {
	calls  [][]types.PutEventsRequestEntry
	taken  []changes.Detail
	away   bool
	refuse func(changes.Detail) bool
	// refusal is the code of a refusal, ThrottlingException when empty.
	refusal string
}

func (b *bus) PutEvents(
	_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	if b.away {
		return nil, errors.New("away")
	}
	b.calls = append(b.calls, in.Entries)
	out := &eventbridge.PutEventsOutput{}
	for _, e := range in.Entries {
		var d changes.Detail
		if err := json.Unmarshal([]byte(*e.Detail), &d); err != nil {
			return nil, err
		}
		if b.refuse != nil && b.refuse(d) {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: aws.String(gocmp.Or(b.refusal, "ThrottlingException"))})
			continue
		}
		b.taken = append(b.taken, d)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String(uuid.NewString())})
	}
	return out, nil
}

func publisher(b *bus) *changes.Publisher {
	return &changes.Publisher{Bus: b, BusName: "runs", Logger: slog.New(slog.DiscardHandler)}
}

// handle gives the records to the publisher and returns the sequence numbers it reports.
func handle(t *testing.T, p *changes.Publisher, records ...events.DynamoDBEventRecord) (failed []string) {
	t.Helper()
	res, err := p.Handle(t.Context(), events.DynamoDBEvent{Records: records})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func samples(t *testing.T) []events.DynamoDBEventRecord {
	t.Helper()
	text, err := os.ReadFile("../../events/publish-changes.json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.DynamoDBEvent
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		t.Fatal(err)
	}
	return e.Records
}

func TestPublishSamples(t *testing.T) {
	var b bus
	var recorded bytes.Buffer
	p := publisher(&b)
	p.Metrics = metrics.New(&recorded, "test")
	if failed := handle(t, p, samples(t)...); failed != nil {
		t.Fatal(failed)
	}
	if len(b.calls) != 1 || len(b.calls[0]) != 3 {
		t.Fatalf("%d calls", len(b.calls))
	}
	last := b.calls[0][2]
	if *last.Source != "inndx.runs" || *last.DetailType != "Run State Change" || *last.EventBusName != "runs" ||
		!last.Time.Equal(time.Date(2026, 11, 22, 10, 17, 2, 125e6, time.UTC)) {
		t.Errorf("%+v", last)
	}
	const want = `{"tenant":"acme","job_id":"%s","run_id":"9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02",` +
		`"from":"running","to":"finished","stop_reason":"max_urls","time":"2026-11-22T10:17:02.125000Z"}`
	if got := *last.Detail; got != fmt.Sprintf(want, b.taken[2].JobID) {
		t.Errorf("detail %s", got)
	}
	if got := *b.calls[0][0].Detail; !strings.Contains(got, `"from":null,"to":"pending","stop_reason":null`) {
		t.Errorf("a creation is told as %s", got)
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

// What is not published is reported and comes again with all that follows it; what came
// before is published.
func TestFailuresAreReported(t *testing.T) {
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
		bus     bus
		records []events.DynamoDBEventRecord
		failed  []string
		taken   []int // of the first ones, how many must have been taken; calls
	}{
		"all well":     {bus{}, records, nil, []int{25, 3}},
		"away":         {bus{away: true}, records, []string{"100"}, []int{0, 0}},
		"one refused":  {bus{refuse: func(d changes.Detail) bool { return number(d) == 12 }}, records, []string{"112"}, []int{12, 2}},
		"not readable": {bus{}, broken, []string{"114"}, []int{14, 2}},
		"refused before what cannot be read": {
			bus{refuse: func(d changes.Detail) bool { return number(d) == 3 }}, broken, []string{"103"}, []int{3, 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			failed := handle(t, publisher(&tt.bus), tt.records...)
			if diff := cmp.Diff(tt.failed, failed); diff != "" {
				t.Errorf("reported (-want +got):\n%s", diff)
			}
			if len(tt.bus.calls) != tt.taken[1] {
				t.Errorf("%d calls, want %d", len(tt.bus.calls), tt.taken[1])
			}
			for i := range tt.taken[0] {
				if i >= len(tt.bus.taken) || number(tt.bus.taken[i]) != i {
					t.Fatalf("change %d was not taken in its turn: %v", i, tt.bus.taken)
				}
			}
		})
	}
}

// unreadable is a record of a run whose item lacks its id.
func unreadable(sequence string) events.DynamoDBEventRecord {
	r := events.DynamoDBEventRecord{}
	r.Change.SequenceNumber = sequence
	r.Change.NewImage = map[string]events.DynamoDBAttributeValue{
		"pk": events.NewStringAttribute("T#acme"), "sk": events.NewStringAttribute("RUN#" + uuid.NewString()),
		"status": events.NewStringAttribute("pending"),
	}
	return r
}

// Items of other kinds, such as a later version may keep, are no changes of runs, whatever
// attributes they have.
func TestOtherKindsAreNoChanges(t *testing.T) {
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
		image := map[string]events.DynamoDBAttributeValue{
			"pk": events.NewStringAttribute(key.pk), "sk": events.NewStringAttribute(key.sk),
			"status": events.NewStringAttribute("pending"),
		}
		var b bus
		failed := handle(t, publisher(&b), record(1, nil, image), record(2, image, nil), record(3, image, image))
		if len(failed) > 0 || len(b.calls) > 0 {
			t.Errorf("%v: %d calls, failed %v", key, len(b.calls), failed)
		}
	}
}

// While the bus is away the invocation tries for as long as it has time, so that the few retries
// of the event source last; what the bus will never take is not tried again.
func TestPublishTriesWhileTheBusIsAway(t *testing.T) {
	for name, tt := range map[string]struct {
		fails  int    // calls before the bus is back
		code   string // of a refusal, empty for a bus that does not answer
		failed []string
		took   time.Duration
	}{
		"a moment":       {fails: 3, took: 1400 * time.Millisecond},
		"throttled":      {fails: 3, code: "ThrottlingException", took: 1400 * time.Millisecond},
		"for good":       {fails: 1 << 30, failed: []string{"1"}, took: 50 * time.Second},
		"what is wrong":  {fails: 1 << 30, code: "MalformedDetail", failed: []string{"1"}},
		"not authorized": {fails: 1 << 30, code: "NotAuthorizedForSourceException", failed: []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &failingBus{fails: tt.fails, code: tt.code}
				p := publisher(&b.bus)
				p.Bus = b
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				r := samples(t)[0]
				r.Change.SequenceNumber = "1"
				res, err := p.Handle(ctx, events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{r}})
				if err != nil || ctx.Err() != nil {
					t.Fatal(err, ctx.Err())
				}
				var failed []string
				for _, f := range res.BatchItemFailures {
					failed = append(failed, f.ItemIdentifier)
				}
				if diff := cmp.Diff(tt.failed, failed); diff != "" || len(b.taken) != 1-len(failed) {
					t.Errorf("%d published, reported (-want +got):\n%s", len(b.taken), diff)
				}
				if took := time.Since(began); took > tt.took || took < tt.took*8/10 {
					t.Errorf("it took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// A failingBus takes nothing for its first calls.
type failingBus struct {
	bus
	fails int
	code  string
}

func (b *failingBus) PutEvents(
	ctx context.Context, in *eventbridge.PutEventsInput, opts ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	b.away, b.refuse = b.fails > 0 && b.code == "", nil
	if b.fails > 0 && b.code != "" {
		b.refuse, b.refusal = func(changes.Detail) bool { return true }, b.code
	}
	b.fails--
	return b.bus.PutEvents(ctx, in, opts...)
}

// A life is published step by step from the items that the store writes, and nothing else
// that the store writes is.
func TestPublishALife(t *testing.T) {
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
	// look gives the publisher what changed in the table since the last look, as a stream does.
	look := func() {
		t.Helper()
		after := scan(t, client, table)
		for key, image := range after {
			if cmp.Equal(before[key], image, cmp.Comparer(sameValue)) {
				continue
			}
			sequence++
			handle(t, p, record(sequence, before[key], image))
			handle(t, p, record(sequence, image, image)) // a write that changes nothing is no change
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
		&idempotency.Key{Route: "create-job", Value: "k"}) // its item is no run, though it holds one
	if err != nil {
		t.Fatal(err)
	}
	look()
	for _, action := range []run.Action{run.Start, run.Start, run.Pause, run.Resume, run.Stop, run.Stop} {
		if _, _, err := s.Transition(t.Context(), run.Ref{Tenant: "acme", ID: r.ID}, action, nil); err != nil {
			t.Fatal(err)
		}
		look()
	}
	if err := s.DeleteRun(t.Context(), run.Ref{Tenant: "acme", ID: r.ID}, nil); err != nil {
		t.Fatal(err)
	}
	look()

	var got []string
	for _, d := range b.taken {
		from, reason := run.Status("-"), run.StopReason("-")
		if d.From != nil {
			from = *d.From
		}
		if d.StopReason != nil {
			reason = *d.StopReason
		}
		got = append(got, fmt.Sprintf("%s>%s %s", from, d.To, reason))
		if d.Tenant != "acme" || d.JobID != j.ID || d.RunID != r.ID {
			t.Errorf("%+v is not the run's", d)
		}
	}
	if diff := cmp.Diff([]string{
		"->pending -", "pending>running -", "running>paused -", "paused>running -", "running>finished manual",
		"finished>deleted manual",
	}, got); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

func record(sequence int, before, after map[string]events.DynamoDBAttributeValue) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{
		SequenceNumber:              fmt.Sprint(sequence),
		ApproximateCreationDateTime: events.SecondsEpochTime{Time: time.Now()},
		OldImage:                    before,
		NewImage:                    after,
	}}
}

func sameValue(a, b events.DynamoDBAttributeValue) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}

// scan returns all items of the table as a stream gives them.
func scan(t *testing.T, client *dynamodb.Client, table string) map[string]map[string]events.DynamoDBAttributeValue {
	t.Helper()
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]events.DynamoDBAttributeValue{}
	for _, item := range out.Items {
		image := imageOf(item)
		all[image["pk"].String()+" "+image["sk"].String()] = image
	}
	return all
}

func imageOf(item map[string]dynamotypes.AttributeValue) map[string]events.DynamoDBAttributeValue {
	image := map[string]events.DynamoDBAttributeValue{}
	for name, v := range item {
		switch v := v.(type) {
		case *dynamotypes.AttributeValueMemberS:
			image[name] = events.NewStringAttribute(v.Value)
		case *dynamotypes.AttributeValueMemberN:
			image[name] = events.NewNumberAttribute(v.Value)
		case *dynamotypes.AttributeValueMemberB:
			image[name] = events.NewBinaryAttribute(v.Value)
		case *dynamotypes.AttributeValueMemberBOOL:
			image[name] = events.NewBooleanAttribute(v.Value)
		case *dynamotypes.AttributeValueMemberM:
			image[name] = events.NewMapAttribute(imageOf(v.Value))
		default:
			panic(fmt.Sprintf("%s is a %T", name, v))
		}
	}
	return image
}
