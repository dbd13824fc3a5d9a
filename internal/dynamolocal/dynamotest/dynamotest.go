// Package dynamotest gives the tests of a package one DynamoDB, in memory, for as long as
// they run.
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

// Main runs the package's tests with a DynamoDB and exits. It is to be called by TestMain.
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

// Config returns the AWS configuration with which the tests reach their DynamoDB.
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
