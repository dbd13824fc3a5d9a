package dynamolocal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestStartAndStop(t *testing.T) {
	s := start(t, Options{DataDir: t.TempDir()})
	if _, err := client(t, s).ListTables(t.Context(), nil); err != nil {
		t.Fatalf("a running server refused a request: %v", err)
	}
	s.Stop()
	if probe(context.Background(), s.Endpoint) == nil {
		t.Fatal("the server still responds after Stop")
	}
}

// A confirmed transaction survives a kill of the server right after the confirmation.
func TestTransactionsAreDurable(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	item := func(round int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: fmt.Sprint(round)}}
	}
	s := start(t, Options{DataDir: dir})
	if err := createTable(t, client(t, s)); err != nil {
		t.Fatal(err)
	}
	for round := range 3 { // without the wait in the client, most transactions are lost
		_, err := client(t, s).TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: aws.String(tableName), Item: item(round)}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Stop()
		s = start(t, Options{DataDir: dir})
		kept, err := client(t, s).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableName), Key: item(round), ConsistentRead: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		if len(kept.Item) == 0 {
			t.Errorf("transaction %d was confirmed, and is lost", round)
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

func TestEndpointVariable(t *testing.T) {
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
		t.Errorf("Stop ended a DynamoDB that Start did not start: %v", err)
	}
	s.Stop()
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), EndpointVariable) {
		t.Errorf("with no server at the endpoint: got %v, want an error that names %s", err, EndpointVariable)
	}
}

func TestDamagedCache(t *testing.T) {
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

func TestMissingTools(t *testing.T) {
	inFolderWithModule(t)
	t.Setenv("PATH", t.TempDir())
	t.Setenv(EndpointVariable, "")
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "default-jre-headless npm") {
		t.Fatalf("got %v, want an error that names the packages to install", err)
	}
}

func TestFailedDownload(t *testing.T) {
	inFolderWithModule(t)
	tool(t, "java", "")
	// The script reports errors as npm does: with much other text, and not at all with --silent.
	tool(t, "npm", `case "$*" in *--silent*) exit 1;; esac
echo npm error code EHOSTUNREACH >&2
echo npm error no route to the registry >&2
echo npm error A complete log of this run can be found elsewhere >&2
exit 1`)
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "no route to the registry") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v, want one line with npm's reason", err)
	}
	if fetched() {
		t.Error("a failed download left a distribution behind")
	}
}

func TestOldJava(t *testing.T) {
	tool(t, "java", `echo 'java.lang.UnsupportedClassVersionError: ServerRunner' >&2
echo '    at java.lang.ClassLoader.defineClass1(Native Method)' >&2
exit 1`)
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "java -version says 17") || !strings.Contains(err.Error(), "UnsupportedClassVersionError") {
		t.Fatalf("got %v, want an error that asks for another Java and names the cause", err)
	}
}
