// Package storetest gives each test a store of its own, and reads what a store recorded of a run.
// A package that calls New or NewMetered must call dynamotest.Main in its TestMain.
package storetest

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/store"
)

// New returns a store on a new table, which is deleted at the end of the test.
func New(t testing.TB, opts ...store.Option) *store.Store {
	t.Helper()
	return open(t, opts)
}

// NewMetered is like New, and also returns a meter that counts the requests of the store.
func NewMetered(t testing.TB, opts ...store.Option) (*store.Store, *meter.Meter) {
	t.Helper()
	meter := new(meter.Meter)
	return open(t, opts, Metered(meter)), meter
}

func open(t testing.TB, opts []store.Option, clientOpts ...func(*dynamodb.Options)) *store.Store {
	t.Helper()
	client := store.NewClient(dynamotest.Config(t), clientOpts...)
	table := "test-" + uuid.NewString()
	s := store.New(client, table, opts...)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the test's context is cancelled by now
		_, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(table)})
		if err != nil {
			t.Error(err)
		}
	})
	return s
}
