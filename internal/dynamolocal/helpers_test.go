package dynamolocal

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// start starts a DynamoDB, and stops it at the end of the test.
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

// client returns a client of the server.
func client(t *testing.T, s *Server) *dynamodb.Client {
	t.Helper()
	cfg, err := s.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dynamodb.NewFromConfig(cfg)
}

// tableName is the table of createTable.
const tableName = "kept"

func createTable(t *testing.T, db *dynamodb.Client) error {
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(tableName), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
	})
	return err
}

// permissions returns the permissions of a file, as ls shows them.
func permissions(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm().String()
}

// open opens and closes the data folder, and returns the log.
func open(t *testing.T, dir string) string {
	t.Helper()
	var log bytes.Buffer
	lock, err := openDataDir(dir, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	lock.Close()
	return log.String()
}

// ownCache gives the test a cache of its own, which holds the distribution and nothing made from
// it.
func ownCache(t *testing.T) (cache string) {
	t.Helper()
	t.Setenv(EndpointVariable, "")
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("Java is not installed")
	}
	start(t, Options{}).Stop() // fetches the distribution if it is missing
	real, err := distributionDir()
	if err != nil {
		t.Fatal(err)
	}
	if real, err = filepath.Abs(real); err != nil {
		t.Fatal(err)
	}
	inFolderWithModule(t)
	cache, err = filepath.Abs(".cache")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(cache, filepath.Base(real)), os.DirFS(real)); err != nil {
		t.Fatal(err)
	}
	return cache
}

// archives returns the class data sharing archives in a cache.
func archives(t *testing.T, cache string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(cache, "*-launcher", "*.jsa"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// usesArchive reports whether the server's Java has mapped the archive into memory.
func usesArchive(t *testing.T, s *Server, archive string) bool {
	t.Helper()
	maps, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.pid), "maps"))
	if err != nil {
		t.Skip("this system does not list the mapped files of a process")
	}
	return strings.Contains(string(maps), archive)
}

// tool replaces a command by a script for the rest of the test.
func tool(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv(EndpointVariable, "")
}

// inFolderWithModule changes to the folder of a new module, so that the test has an empty cache.
func inFolderWithModule(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("go.mod", []byte("module test\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
