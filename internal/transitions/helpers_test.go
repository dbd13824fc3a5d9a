package transitions_test

import (
	gocmp "cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/eventbus"
	"github.com/inndx/runs/internal/transitions"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// An image is an item of the table.
type image = map[string]dynamotypes.AttributeValue

// A bus records the events that it accepts. It implements eventbus.Client.
type bus struct {
	calls    [][]types.PutEventsRequestEntry
	accepted []eventbus.Detail
	away     bool // calls fail
	refuse   func(eventbus.Detail) bool
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
		var d eventbus.Detail
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

func publisher(b eventbus.Client) *transitions.Publisher {
	return &transitions.Publisher{Bus: eventbus.Bus{Client: b, Name: "runs"}, Logger: slog.New(slog.DiscardHandler)}
}

// record returns a stream record with the images.
func record(sequence int, before, after image) transitions.Record {
	return transitions.Record{Sequence: fmt.Sprint(sequence), Old: before, New: after, Time: time.Now()}
}

// pending returns the item of a pending run.
func pending(id uuid.UUID) image {
	return image{
		"pk": text("T#acme"), "sk": text("RUN#" + id.String()), "id": text(id.String()), "job_id": text(uuid.NewString()),
		"status": text("pending"), "updated_at": text("2026-01-02T15:04:05.000000Z"),
	}
}

func text(s string) dynamotypes.AttributeValue { return &dynamotypes.AttributeValueMemberS{Value: s} }

// scan returns the items of the table by their keys.
func scan(t *testing.T, client *dynamodb.Client, table string) map[string]image {
	t.Helper()
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]image{}
	for _, item := range out.Items {
		var key struct{ PK, SK string }
		key.PK = item["pk"].(*dynamotypes.AttributeValueMemberS).Value
		key.SK = item["sk"].(*dynamotypes.AttributeValueMemberS).Value
		all[key.PK+" "+key.SK] = item
	}
	return all
}
