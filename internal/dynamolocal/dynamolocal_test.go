package dynamolocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func start(t *testing.T, o Options) *Server {
	t.Helper()
	t.Setenv(EndpointVariable, "")
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func TestServerAnswersAndStops(t *testing.T) {
	s := start(t, Options{DataDir: t.TempDir()})
	cfg, err := s.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), nil); err != nil {
		t.Fatalf("a running server refused a call: %v", err)
	}
	s.Stop()
	if probe(context.Background(), s.Endpoint) == nil {
		t.Fatal("the server still answers after Stop")
	}
}

// What a client was told is done is there after the server was killed, however soon that was.
func TestTransactionsAreDurable(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	open := func() (*Server, *dynamodb.Client) {
		s := start(t, Options{DataDir: dir})
		cfg, err := s.Config(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s, dynamodb.NewFromConfig(cfg)
	}
	table := aws.String("kept")
	item := func(round int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: fmt.Sprint(round)}}
	}
	s, client := open()
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 { // without the wait, most are lost
		_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: table, Item: item(round)}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Stop()
		s, client = open()
		kept, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: item(round), ConsistentRead: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		if len(kept.Item) == 0 {
			t.Errorf("transaction %d was answered, and is gone", round)
		}
	}
}

func TestDataDirHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{DataDir: dir})
	var inUse *InUseError
	if _, err := Start(t.Context(), Options{DataDir: dir}); !errors.As(err, &inUse) {
		t.Fatalf("a second server on the same folder: got %v, want InUseError", err)
	}
	s.Stop()
	start(t, Options{DataDir: dir})
}

func TestUsesDynamoDBThatIsThere(t *testing.T) {
	s := start(t, Options{})
	t.Setenv(EndpointVariable, s.Endpoint)
	found, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if found.Endpoint != s.Endpoint {
		t.Errorf("endpoint = %s, want %s", found.Endpoint, s.Endpoint)
	}
	found.Stop()
	if err := probe(t.Context(), s.Endpoint); err != nil {
		t.Errorf("Stop ended a DynamoDB that it had not started: %v", err)
	}
	s.Stop()
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), EndpointVariable) {
		t.Errorf("nothing answers at the endpoint: got %v, want an error that names %s", err, EndpointVariable)
	}
}

func TestDamagedCacheIsRefused(t *testing.T) {
	inFolderWithModule(t)
	dir, err := distributionDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(filepath.Join(dir, "DynamoDBLocal.jar"), strings.NewReader("not a jar")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EndpointVariable, "")
	_, err = Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "remove "+dir) {
		t.Fatalf("got %v, want an error that says to remove %s", err, dir)
	}
}

func TestMissingToolsAreNamed(t *testing.T) {
	inFolderWithModule(t)
	t.Setenv("PATH", t.TempDir())
	t.Setenv(EndpointVariable, "")
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "default-jre-headless npm") {
		t.Fatalf("got %v, want an error that names the packages to install", err)
	}
}

func TestFailedDownloadLeavesNothing(t *testing.T) {
	inFolderWithModule(t)
	tool(t, "java", "")
	// It says why as npm does: among much else, and only when it is not told to be silent.
	tool(t, "npm", `case "$*" in *--silent*) exit 1;; esac
echo npm error code EHOSTUNREACH >&2
echo npm error no route to the registry >&2
echo npm error A complete log of this run can be found elsewhere >&2
exit 1`)
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "no route to the registry") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v, want one line that holds npm's reason", err)
	}
	if fetched() {
		t.Error("a failed download left a distribution behind")
	}
}

func TestJavaThatIsTooOld(t *testing.T) {
	tool(t, "java", `echo 'java.lang.UnsupportedClassVersionError: ServerRunner' >&2
echo '    at java.lang.ClassLoader.defineClass1(Native Method)' >&2
exit 1`)
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "java -version says 17") || !strings.Contains(err.Error(), "UnsupportedClassVersionError") {
		t.Fatalf("got %v, want an error that asks for another Java and says why", err)
	}
}

// tool puts a script in place of a command for the rest of the test.
func tool(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv(EndpointVariable, "")
}

// inFolderWithModule makes the test's cache its own.
func inFolderWithModule(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("go.mod", []byte("module test\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
