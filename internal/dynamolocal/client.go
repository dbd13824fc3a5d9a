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

// Config returns an AWS configuration for the server. Region and credentials come from the SDK's
// environment variables. DynamoDB Local checks neither, so Config fills in placeholders for missing
// ones. When a client with this configuration reports that a transaction succeeded, the data folder
// holds it.
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
	cfg.APIOptions = append(cfg.APIOptions, reparse)
	if err == nil && s.lock != nil {
		cfg.APIOptions = append(cfg.APIOptions, s.durable(dynamodb.NewFromConfig(cfg)))
	}
	return cfg, err
}

// durable makes a client wait until a transaction is on disk. DynamoDB Local responds to a
// transaction just before it commits, so a kill in between, such as by Stop, would lose a confirmed
// transaction. It processes requests one at a time. After the response to a read, every earlier
// write is committed, or DynamoDB Local has printed an error.
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
