package dynamolocal

import (
	"context"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns an AWS configuration for the server. Region and credentials come from the
// SDK's environment; a local DynamoDB checks neither, so placeholders stand in for those
// that are not set.
func (s *Server) Config(ctx context.Context) (aws.Config, error) {
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithBaseEndpoint(s.Endpoint)}
	if os.Getenv("AWS_REGION") == "" {
		options = append(options, awsconfig.WithRegion("us-east-1"))
	}
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		options = append(options, awsconfig.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider("local", "local", "")))
	}
	return awsconfig.LoadDefaultConfig(ctx, options...)
}
