package lambdafn

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/inndx/runs/internal/transitions"
)

// StreamHandler returns the handler of a function that the table's stream invokes. The response
// names the first record that was not published, so that Lambda sends that record and all later
// ones again.
func StreamHandler(p *transitions.Publisher) func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return func(ctx context.Context, e events.DynamoDBEvent) (res events.DynamoDBEventResponse, err error) {
		records := make([]transitions.Record, len(e.Records))
		for i, r := range e.Records {
			records[i] = recordOf(r)
		}
		if failed := p.Publish(ctx, records); failed != "" {
			res.BatchItemFailures = []events.DynamoDBBatchItemFailure{{ItemIdentifier: failed}}
		}
		return res, nil
	}
}

func recordOf(r events.DynamoDBEventRecord) transitions.Record {
	return transitions.Record{
		Sequence: r.Change.SequenceNumber,
		Old:      itemOf(r.Change.OldImage),
		New:      itemOf(r.Change.NewImage),
		Time:     r.Change.ApproximateCreationDateTime.Time,
	}
}

// itemOf converts an image in a stream record to an item of the table. Lambda's events and the SDK
// have different types for the same values.
func itemOf(image map[string]events.DynamoDBAttributeValue) map[string]types.AttributeValue {
	converted := make(map[string]types.AttributeValue, len(image))
	for name, v := range image {
		converted[name] = attributeValue(v)
	}
	return converted
}

func attributeValue(v events.DynamoDBAttributeValue) types.AttributeValue {
	switch v.DataType() {
	case events.DataTypeString:
		return &types.AttributeValueMemberS{Value: v.String()}
	case events.DataTypeNumber:
		return &types.AttributeValueMemberN{Value: v.Number()}
	case events.DataTypeBoolean:
		return &types.AttributeValueMemberBOOL{Value: v.Boolean()}
	case events.DataTypeBinary:
		return &types.AttributeValueMemberB{Value: v.Binary()}
	case events.DataTypeMap:
		return &types.AttributeValueMemberM{Value: itemOf(v.Map())}
	case events.DataTypeList:
		list := make([]types.AttributeValue, len(v.List()))
		for i, element := range v.List() {
			list[i] = attributeValue(element)
		}
		return &types.AttributeValueMemberL{Value: list}
	case events.DataTypeStringSet:
		return &types.AttributeValueMemberSS{Value: v.StringSet()}
	case events.DataTypeNumberSet:
		return &types.AttributeValueMemberNS{Value: v.NumberSet()}
	case events.DataTypeBinarySet:
		return &types.AttributeValueMemberBS{Value: v.BinarySet()}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}
