package lambdafn

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/eventbus"
	"github.com/inndx/runs/internal/transitions"
)

// The event source passes only the records of runs, and retries them for minutes. The function may
// publish events of its own source only.
func TestTemplateChanges(t *testing.T) {
	for _, policy := range readTemplate(t).Resources["PublishChangesFunction"].Properties.Policies {
		for _, s := range policy.Statement {
			if s.Action[0] == "events:PutEvents" && s.Condition["StringEquals"]["events:source"] != eventbus.Source {
				t.Errorf("publish-changes may publish events of any source: %v", s.Condition)
			}
		}
	}
	resources := expandTemplate(t)["Resources"].(map[string]any)
	source := resources["RunChanges"].(map[string]any)["Properties"].(map[string]any)
	for name, want := range map[string]any{
		// A record that fails blocks its shard, so Lambda retries it for minutes, not for hours.
		"EventSourceArn": "Table.StreamArn", "BisectBatchOnFunctionError": true,
		"FunctionResponseTypes": []any{"ReportBatchItemFailures"}, "MaximumRetryAttempts": 10, "MaximumRecordAgeInSeconds": 3600,
		"DestinationConfig": map[string]any{"OnFailure": map[string]any{"Destination": "LostChangesQueue.Arn"}},
		"FilterCriteria": map[string]any{"Filters": []any{
			map[string]any{"Pattern": `{"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "RUN#"}]}}}}`},
		}},
	} {
		if diff := cmp.Diff(want, source[name]); diff != "" {
			t.Errorf("%s of the event source (-want +template):\n%s", name, diff)
		}
	}
}

// shard delivers the records of a stream as Lambda does with ReportBatchItemFailures and
// BisectBatchOnFunctionError. The records before the reported one are done. Lambda splits the rest
// in two and retries each half. It retries a single record as often as given, and then discards it.
// See https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html.
func shard(t *testing.T, p *transitions.Publisher, records []events.DynamoDBEventRecord, retries int) (lost []string, calls int) {
	t.Helper()
	for attempt := 0; len(records) > 0; {
		calls++
		res, err := StreamHandler(p)(t.Context(), events.DynamoDBEvent{Records: records})
		if err != nil {
			t.Fatal(err)
		}
		if len(res.BatchItemFailures) == 0 {
			break
		}
		done := slices.IndexFunc(records, func(r events.DynamoDBEventRecord) bool {
			return r.Change.SequenceNumber == res.BatchItemFailures[0].ItemIdentifier
		})
		if records = records[done:]; len(records) > 1 {
			half := len(records) / 2
			left, n := shard(t, p, records[:half], retries)
			right, m := shard(t, p, records[half:], retries)
			return slices.Concat(lost, left, right), calls + n + m
		}
		if attempt++; attempt > retries {
			return []string{records[0].Change.SequenceNumber}, calls
		}
	}
	return lost, calls
}

// A record that cannot be read delays its shard by a few attempts. All other records of the batch
// are published.
func TestUnreadableRecordIsDiscarded(t *testing.T) {
	source := readTemplate(t).Resources["RunChanges"].Properties
	var sample events.DynamoDBEvent
	readEvent(t, "publish-changes", &sample)
	var records []events.DynamoDBEventRecord
	for i := range 100 {
		r := sample.Records[0]
		r.Change.SequenceNumber = fmt.Sprint(i)
		r.Change.NewImage = maps.Clone(r.Change.NewImage)
		r.Change.NewImage["id"] = events.NewStringAttribute(uuid.UUID{15: byte(i)}.String())
		records = append(records, r)
	}
	records[37].Change.NewImage["id"] = events.NewStringAttribute("no id")
	var bus acceptingBus
	lost, calls := shard(t, publisher(&bus), records, source.MaximumRetryAttempts)
	if !slices.Equal(lost, []string{"37"}) || len(bus.accepted) != 99 {
		t.Errorf("%v are lost and %d published", lost, len(bus.accepted))
	}
	for i := 1; i < len(bus.accepted); i++ {
		if bus.accepted[i-1].RunID[15] >= bus.accepted[i].RunID[15] {
			t.Errorf("%d is published after %d", bus.accepted[i].RunID[15], bus.accepted[i-1].RunID[15])
		}
	}
	if calls > 30 {
		t.Errorf("the function is called %d times", calls)
	}
}
