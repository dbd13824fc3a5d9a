package dynamolocal

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
)

// Config returns an AWS configuration for the server. Region and credentials come from the
// SDK's environment; a local DynamoDB checks neither, so placeholders stand in for those
// that are not set. What clients with this configuration are told is done, is in the data
// folder.
func (s *Server) Config(ctx context.Context) (aws.Config, error) {
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithBaseEndpoint(s.Endpoint)}
	if os.Getenv("AWS_REGION") == "" {
		options = append(options, awsconfig.WithRegion("us-east-1"))
	}
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		options = append(options, awsconfig.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider("local", "local", "")))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err == nil && s.lock != nil {
		cfg.APIOptions = append(cfg.APIOptions, s.durable(dynamodb.NewFromConfig(cfg)))
	}
	return cfg, err
}

// durable makes a client wait after a transaction until that is written. DynamoDB Local
// answers a transaction a moment before it commits it, and whoever kills it in that moment, as
// Stop does, undoes what was answered. It serves one request of a database after the other: the
// answer to a read says that what was written before it is committed, or that it printed why not.
func (s *Server) durable(reader *dynamodb.Client) func(*middleware.Stack) error {
	wait := func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleInitialize(ctx, in)
		if _, ok := in.Parameters.(*dynamodb.TransactWriteItemsInput); ok && err == nil {
			if _, err := reader.ListTables(ctx, &dynamodb.ListTablesInput{Limit: aws.Int32(1)}); err != nil {
				return out, metadata, fmt.Errorf("wait for a transaction: %w", err)
			}
			if err := s.Err(); err != nil {
				return out, metadata, err
			}
		}
		return out, metadata, err
	}
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Durable", wait), middleware.Before)
	}
}
