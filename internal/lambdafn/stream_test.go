package lambdafn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/eventbus"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/transitions"
)

// An acceptingBus accepts every event.
type acceptingBus struct {
	calls    [][]eventtypes.PutEventsRequestEntry
	accepted []eventbus.Detail
}

func (b *acceptingBus) PutEvents(
	_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	b.calls = append(b.calls, in.Entries)
	out := &eventbridge.PutEventsOutput{}
	for _, e := range in.Entries {
		var d eventbus.Detail
		if err := json.Unmarshal([]byte(*e.Detail), &d); err != nil {
			return nil, err
		}
		b.accepted = append(b.accepted, d)
		out.Entries = append(out.Entries, eventtypes.PutEventsResultEntry{EventId: aws.String(uuid.NewString())})
	}
	return out, nil
}

func publisher(b *acceptingBus) *transitions.Publisher {
	return &transitions.Publisher{Bus: eventbus.Bus{Client: b, Name: "runs"}, Logger: slog.New(slog.DiscardHandler)}
}

// The sample event leads to the events and metrics that docs and template.yaml describe.
func TestStreamHandlerPublishesTheSampleEvent(t *testing.T) {
	var sample events.DynamoDBEvent
	readEvent(t, "publish-changes", &sample)
	var b acceptingBus
	var recorded bytes.Buffer
	p := publisher(&b)
	p.Metrics = metrics.New(&recorded, "test")
	if res, err := StreamHandler(p)(t.Context(), sample); err != nil || len(res.BatchItemFailures) > 0 {
		t.Fatal(res, err)
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

// The response names the first record that was not published.
func TestStreamHandlerReportsTheFirstFailure(t *testing.T) {
	var e events.DynamoDBEvent
	readEvent(t, "publish-changes", &e)
	e.Records[1].Change.SequenceNumber = "42"
	e.Records[1].Change.NewImage["id"] = events.NewStringAttribute("not an id")
	res, err := StreamHandler(publisher(&acceptingBus{}))(t.Context(), e)
	want := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: "42"}}}
	if diff := cmp.Diff(want, res); diff != "" || err != nil {
		t.Errorf("%v, response (-want +got):\n%s", err, diff)
	}
}

func TestRecordOf(t *testing.T) {
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	got := recordOf(events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{
		SequenceNumber: "7", ApproximateCreationDateTime: events.SecondsEpochTime{Time: at},
		OldImage: map[string]events.DynamoDBAttributeValue{"s": events.NewStringAttribute("old")},
		NewImage: map[string]events.DynamoDBAttributeValue{
			"s":    events.NewStringAttribute("a"),
			"n":    events.NewNumberAttribute("1.50"),
			"bool": events.NewBooleanAttribute(true),
			"b":    events.NewBinaryAttribute([]byte{0, 1}),
			"m":    events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{"x": events.NewStringAttribute("y")}),
			"l":    events.NewListAttribute([]events.DynamoDBAttributeValue{events.NewNumberAttribute("2")}),
			"ss":   events.NewStringSetAttribute([]string{"c", "d"}),
			"ns":   events.NewNumberSetAttribute([]string{"3", "4"}),
			"bs":   events.NewBinarySetAttribute([][]byte{{5}}),
			"null": events.NewNullAttribute(),
		},
	}})
	want := transitions.Record{
		Sequence: "7", Time: at,
		Old: map[string]types.AttributeValue{"s": &types.AttributeValueMemberS{Value: "old"}},
		New: map[string]types.AttributeValue{
			"s":    &types.AttributeValueMemberS{Value: "a"},
			"n":    &types.AttributeValueMemberN{Value: "1.50"},
			"bool": &types.AttributeValueMemberBOOL{Value: true},
			"b":    &types.AttributeValueMemberB{Value: []byte{0, 1}},
			"m":    &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"x": &types.AttributeValueMemberS{Value: "y"}}},
			"l":    &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "2"}}},
			"ss":   &types.AttributeValueMemberSS{Value: []string{"c", "d"}},
			"ns":   &types.AttributeValueMemberNS{Value: []string{"3", "4"}},
			"bs":   &types.AttributeValueMemberBS{Value: [][]byte{{5}}},
			"null": &types.AttributeValueMemberNULL{Value: true},
		},
	}
	unexported := cmpopts.IgnoreUnexported(
		types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberBOOL{}, types.AttributeValueMemberB{},
		types.AttributeValueMemberM{}, types.AttributeValueMemberL{}, types.AttributeValueMemberSS{}, types.AttributeValueMemberNS{},
		types.AttributeValueMemberBS{}, types.AttributeValueMemberNULL{},
	)
	if diff := cmp.Diff(want, got, unexported); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}
