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
	r := rehearsal{
		db:    dynamodb.NewFromConfig(cfg),
		table: aws.String("rehearsal"),
		key:   item{"pk": text("a"), "sk": text("b")},
	}
	for _, call := range []func(context.Context) error{
		r.createTable, r.describeTable, r.putItem, r.transactWriteItems, r.query, r.batchGetItem, r.getItem,
		r.updateItem, r.deleteItem, r.listTables,
	} {
		if err := call(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A rehearsal makes calls for one item of a table.
type rehearsal struct {
	db    *dynamodb.Client
	table *string
	key   item
}

type item = map[string]types.AttributeValue

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func number(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

func (r rehearsal) createTable(ctx context.Context) error {
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
	_, err := r.db.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: r.table, BillingMode: types.BillingModePayPerRequest, KeySchema: keys("pk"), AttributeDefinitions: attributes,
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("by_i"), KeySchema: keys("i"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	return err
}

func (r rehearsal) describeTable(ctx context.Context) error {
	_, err := r.db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: r.table})
	return err
}

func (r rehearsal) putItem(ctx context.Context) error {
	_, err := r.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: r.table,
		Item: item{
			"pk": text("a"), "sk": text("b"), "i": text("c"), "n": number("1"),
			"b": &types.AttributeValueMemberB{Value: []byte{1}},
			"m": &types.AttributeValueMemberM{Value: item{"x": text("y")}},
			"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("y")}},
		},
		ConditionExpression:    aws.String("attribute_not_exists(pk)"),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes,
	})
	return err
}

func (r rehearsal) transactWriteItems(ctx context.Context) error {
	_, err := r.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: r.table, Key: r.key,
			UpdateExpression:          aws.String("SET #n = #n + :one, i = if_not_exists(i, :i) REMOVE m"),
			ConditionExpression:       aws.String("attribute_exists(pk) AND (#n < :max OR i IN (:i)) AND NOT begins_with(sk, :i)"),
			ExpressionAttributeNames:  map[string]string{"#n": "n"},
			ExpressionAttributeValues: item{":i": text("c"), ":one": number("1"), ":max": number("9")},
		}},
		{Put: &types.Put{TableName: r.table, Item: item{"pk": text("a"), "sk": text("d")}}},
	}})
	return err
}

func (r rehearsal) query(ctx context.Context) error {
	_, err := r.db.Query(ctx, &dynamodb.QueryInput{
		TableName: r.table, IndexName: aws.String("by_i"), Limit: aws.Int32(1), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:    aws.String("i = :i AND sk < :sk"),
		FilterExpression:          aws.String("contains(pk, :pk)"),
		ExpressionAttributeValues: item{":i": text("c"), ":sk": text("z"), ":pk": text("a")},
	})
	return err
}

func (r rehearsal) batchGetItem(ctx context.Context) error {
	_, err := r.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		*r.table: {Keys: []map[string]types.AttributeValue{r.key}, ConsistentRead: aws.Bool(true)},
	}})
	return err
}

func (r rehearsal) getItem(ctx context.Context) error {
	_, err := r.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: r.table, Key: r.key, ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("pk"),
	})
	return err
}

func (r rehearsal) updateItem(ctx context.Context) error {
	_, err := r.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: r.table, Key: r.key, UpdateExpression: aws.String("SET i = :i"),
		ExpressionAttributeValues: item{":i": text("d")}, ReturnValues: types.ReturnValueAllNew,
	})
	return err
}

func (r rehearsal) deleteItem(ctx context.Context) error {
	_, err := r.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: r.table, Key: r.key})
	return err
}

func (r rehearsal) listTables(ctx context.Context) error {
	_, err := r.db.ListTables(ctx, nil)
	return err
}
