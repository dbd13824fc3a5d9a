package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DefaultTable is the name of the table when the deployment gives none.
const DefaultTable = "inndx-runs"

// The table's indexes. The first three are sorted by created_key, and the partition key of each is
// named like the index. by_wake holds only runs that are to be woken.
const (
	byCreated = "by_created"
	byJob     = "by_job"
	byStatus  = "by_status"
	byWake    = "by_wake"
)

// Table returns the definition of the table. EnsureTable creates the table from it, and the
// template of the deployment must agree with it.
func Table(name string) *dynamodb.CreateTableInput {
	input := &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keySchema("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			index(byCreated, byCreated, "created_key", types.ProjectionTypeAll),
			index(byJob, byJob, "created_key", types.ProjectionTypeAll),
			index(byStatus, byStatus, "created_key", types.ProjectionTypeAll),
			index(byWake, "wake_shard", "wake_at", types.ProjectionTypeKeysOnly),
		},
	}
	for _, attribute := range []string{
		"pk", "sk", byCreated, byJob, byStatus, "created_key", "wake_shard", "wake_at",
	} {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute),
			AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return input
}

func index(name, hash, sort string, projection types.ProjectionType) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName:  aws.String(name),
		KeySchema:  keySchema(hash, sort),
		Projection: &types.Projection{ProjectionType: projection},
	}
}

func keySchema(hash, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
	}
}

// tableWait bounds the wait for a table that is being created.
const tableWait = 2 * time.Minute

// EnsureTable creates the table if it is missing, waits up to two minutes until it can be used, and
// enables its time to live, which the tables of earlier versions lack.
func (s *Store) EnsureTable(ctx context.Context) error {
	_, err := s.client.CreateTable(ctx, Table(s.name))
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		return classify(err, "create the table")
	}
	waiter := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay = 500 * time.Millisecond
		o.MaxDelay = 5 * time.Second
	})
	input := &dynamodb.DescribeTableInput{TableName: aws.String(s.name)}
	if err := waiter.Wait(ctx, input, tableWait); err != nil {
		return classify(err, fmt.Sprintf("wait for the table %s", s.name))
	}
	return s.ensureTimeToLive(ctx)
}

// TimeToLive names the attribute that holds the time, in seconds since 1970, after which DynamoDB
// may delete an item. It may do so days later, so a reader of such an item must check the time. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html.
const TimeToLive = "expires_at"

// ensureTimeToLive makes DynamoDB delete items by their TimeToLive. It does so only if that is not
// enabled yet, since enabling it twice is an error.
func (s *Store) ensureTimeToLive(ctx context.Context) error {
	table := aws.String(s.name)
	described, err := s.client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: table})
	if err != nil {
		return classify(err, "read the table's time to live")
	}
	switch described.TimeToLiveDescription.TimeToLiveStatus {
	case types.TimeToLiveStatusEnabled, types.TimeToLiveStatusEnabling:
		return nil
	}
	_, err = s.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(TimeToLive),
			Enabled:       aws.Bool(true),
		},
	})
	return classify(err, "set the table's time to live")
}
