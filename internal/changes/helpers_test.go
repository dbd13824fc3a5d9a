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
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/changes"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// A bus records the events that it accepts.
type bus struct {
	calls    [][]types.PutEventsRequestEntry
	accepted []changes.Detail
	away     bool // calls fail
	refuse   func(changes.Detail) bool
	code     string // of a refusal; ThrottlingException if empty
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
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: aws.String(gocmp.Or(b.code, "ThrottlingException"))})
			continue
		}
		b.accepted = append(b.accepted, d)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String(uuid.NewString())})
	}
	return out, nil
}

func publisher(b *bus) *changes.Publisher {
	return &changes.Publisher{Bus: b, BusName: "runs", Logger: slog.New(slog.DiscardHandler)}
}

// handle sends the records to the publisher and returns the sequence numbers that it reports.
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

// samples returns the records of the sample event.
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

// record returns a stream record with the images.
func record(sequence int, before, after map[string]events.DynamoDBAttributeValue) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{
		SequenceNumber:              fmt.Sprint(sequence),
		ApproximateCreationDateTime: events.SecondsEpochTime{Time: time.Now()},
		OldImage:                    before,
		NewImage:                    after,
	}}
}

// unreadable returns a stream record of a run whose item has no id.
func unreadable(sequence string) events.DynamoDBEventRecord {
	r := events.DynamoDBEventRecord{}
	r.Change.SequenceNumber = sequence
	r.Change.NewImage = map[string]events.DynamoDBAttributeValue{
		"pk": events.NewStringAttribute("T#acme"), "sk": events.NewStringAttribute("RUN#" + uuid.NewString()),
		"status": events.NewStringAttribute("pending"),
	}
	return r
}

func sameValue(a, b events.DynamoDBAttributeValue) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}

// scan returns the image of each item of the table, by its key.
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

// imageOf converts an item to an image in a stream record.
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
