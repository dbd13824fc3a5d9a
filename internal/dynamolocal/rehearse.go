package dynamolocal

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// rehearse makes the kinds of calls that the service makes, so that Java loads the classes that
// they need.
func (s *Server) rehearse(ctx context.Context) error {
	cfg, err := s.Config(ctx)
	if err != nil {
		return err
	}
	db := dynamodb.NewFromConfig(cfg)
	table := aws.String("rehearsal")
	text := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	key := map[string]types.AttributeValue{"pk": text("a"), "sk": text("b")}
	item := map[string]types.AttributeValue{"pk": text("a"), "sk": text("b"), "i": text("c"),
		"n": &types.AttributeValueMemberN{Value: "1"}, "b": &types.AttributeValueMemberB{Value: []byte{1}},
		"m": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"x": text("y")}},
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("y")}}}
	keys := func(hash string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		}
	}
	var attributes []types.AttributeDefinition
	for _, name := range []string{"pk", "sk", "i"} {
		attributes = append(attributes, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS})
	}
	for _, call := range []func() error{
		func() error {
			_, err := db.CreateTable(ctx, &dynamodb.CreateTableInput{
				TableName: table, BillingMode: types.BillingModePayPerRequest, KeySchema: keys("pk"), AttributeDefinitions: attributes,
				GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("by_i"), KeySchema: keys("i"),
					Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}}},
			})
			return err
		},
		func() error {
			_, err := db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: table})
			return err
		},
		func() error {
			_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item,
				ConditionExpression: aws.String("attribute_not_exists(pk)"), ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes})
			return err
		},
		func() error {
			_, err := db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
				{Update: &types.Update{TableName: table, Key: key, UpdateExpression: aws.String("SET #n = #n + :one, i = if_not_exists(i, :i) REMOVE m"),
					ConditionExpression: aws.String("attribute_exists(pk) AND (#n < :max OR i IN (:i)) AND NOT begins_with(sk, :i)"), ExpressionAttributeNames: map[string]string{"#n": "n"},
					ExpressionAttributeValues: map[string]types.AttributeValue{":i": text("c"),
						":one": &types.AttributeValueMemberN{Value: "1"}, ":max": &types.AttributeValueMemberN{Value: "9"}}}},
				{Put: &types.Put{TableName: table, Item: map[string]types.AttributeValue{"pk": text("a"), "sk": text("d")}}},
			}})
			return err
		},
		func() error {
			_, err := db.Query(ctx, &dynamodb.QueryInput{TableName: table, IndexName: aws.String("by_i"), Limit: aws.Int32(1),
				KeyConditionExpression: aws.String("i = :i AND sk < :sk"), FilterExpression: aws.String("contains(pk, :pk)"), ScanIndexForward: aws.Bool(false),
				ExpressionAttributeValues: map[string]types.AttributeValue{":i": text("c"), ":sk": text("z"), ":pk": text("a")}})
			return err
		},
		func() error {
			_, err := db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
				*table: {Keys: []map[string]types.AttributeValue{key}, ConsistentRead: aws.Bool(true)}}})
			return err
		},
		func() error {
			_, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key, ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("pk")})
			return err
		},
		func() error {
			_, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: key, UpdateExpression: aws.String("SET i = :i"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":i": text("d")}, ReturnValues: types.ReturnValueAllNew})
			return err
		},
		func() error {
			_, err := db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key})
			return err
		},
		func() error {
			_, err := db.ListTables(ctx, nil)
			return err
		},
	} {
		if err := call(); err != nil {
			return err
		}
	}
	return nil
}
