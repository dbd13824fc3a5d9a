// Package dynamotest starts a DynamoDB in memory for the tests of a package, which share it.
package dynamotest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/inndx/runs/internal/dynamolocal"
)

var server *dynamolocal.Server

// Main starts a DynamoDB, runs the tests of the package, stops the DynamoDB, and exits. A package's
// TestMain must call it.
func Main(m *testing.M) {
	var err error
	if server, err = dynamolocal.Start(context.Background(), dynamolocal.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// Config returns the AWS configuration of the DynamoDB that Main started.
func Config(t testing.TB) aws.Config {
	t.Helper()
	if server == nil {
		t.Fatal("this package's TestMain does not call dynamotest.Main")
	}
	cfg, err := server.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
