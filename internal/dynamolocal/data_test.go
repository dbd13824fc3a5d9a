package dynamolocal

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// permissions returns those of a file, as ls shows them.
func permissions(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm().String()
}

// open opens the data folder and closes it again, and returns what was logged.
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

func TestDataDirIsClosedToOthers(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(dir string) error
		folder  string
		told    bool
	}{
		"new": {folder: "-rwx------"},
		"open, of an earlier version": {
			prepare: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, databaseName), []byte("data"), 0o644))
			},
			folder: "-rwx------", told: true,
		},
		"with other files in it": {
			prepare: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o644))
			},
			folder: "-rwxr-xr-x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if tc.prepare != nil {
				if err := tc.prepare(dir); err != nil {
					t.Fatal(err)
				}
			}
			log := open(t, dir)
			if got := permissions(t, dir); got != tc.folder {
				t.Errorf("the folder is %s, want %s", got, tc.folder)
			}
			if got := permissions(t, filepath.Join(dir, databaseName)); got != "-rw-------" {
				t.Errorf("the database is %s", got)
			}
			if told := strings.Contains(log, dir); told != tc.told {
				t.Errorf("logged: %s", log)
			}
			if again := open(t, dir); again != "" {
				t.Errorf("the second time logged: %s", again)
			}
		})
	}
}

// The database's own journal must be closed to others too, which it is if SQLite gives it the
// permissions of the database.
func TestDatabaseStaysClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, Options{DataDir: dir})
	if err := createTable(t, client(t, s)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if got := permissions(t, file); !strings.HasSuffix(got, "------") {
			t.Errorf("%s is %s", file, got)
		}
	}
}

func client(t *testing.T, s *Server) *dynamodb.Client {
	t.Helper()
	cfg, err := s.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dynamodb.NewFromConfig(cfg)
}

func createTable(t *testing.T, db *dynamodb.Client) error {
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("kept"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
	})
	return err
}

// A database that is damaged is named, and so is what is wrong with it.
func TestDamagedDatabase(t *testing.T) {
	for name, damage := range map[string]func(file string) error{
		"no database": func(file string) error { return os.WriteFile(file, bytes.Repeat([]byte("garbage "), 4000), 0o600) },
		"overwritten": func(file string) error {
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for i := 120; i < len(data); i++ {
				data[i] = byte(i * 7)
			}
			return os.WriteFile(file, data, 0o600)
		},
		"cut off": func(file string) error { return os.Truncate(file, 1500) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := start(t, Options{DataDir: dir})
			if err := createTable(t, client(t, s)); err != nil {
				t.Fatal(err)
			}
			s.Stop()
			file := filepath.Join(dir, databaseName)
			if err := damage(file); err != nil {
				t.Fatal(err)
			}
			s = start(t, Options{DataDir: dir})
			db := client(t, s)
			if err := createTable(t, db); err == nil {
				_, err = db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("kept"),
					Item: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "a"}}})
				if err == nil {
					t.Fatal("a damaged database was written to")
				}
			}
			<-s.Exited()
			var wrong *DataError
			if !errors.As(s.Err(), &wrong) || wrong.File != file || !strings.Contains(wrong.Error(), "is damaged") {
				t.Errorf("got %v, want a DataError of %s", s.Err(), file)
			}
		})
	}
}

// DynamoDB Local answers a transaction before it writes it. That the disk was full must not be
// lost: whoever was told that it is done would be wrong.
func TestFullDiskFailsTheTransaction(t *testing.T) {
	dir := fileSystem(t, 300<<10)
	s := start(t, Options{DataDir: filepath.Join(dir, "data")})
	db := client(t, s)
	if err := createTable(t, db); err != nil {
		t.Fatal(err)
	}
	done := 0
	var err error
	for ; err == nil && done < 20; done++ {
		_, err = db.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: aws.String("kept"), Item: map[string]types.AttributeValue{
				"pk":   &types.AttributeValueMemberS{Value: fmt.Sprint(done)},
				"text": &types.AttributeValueMemberS{Value: strings.Repeat("x", 50_000)},
			}}},
		}})
	}
	<-s.Exited()
	var wrong *DataError
	if !errors.As(s.Err(), &wrong) || !strings.Contains(wrong.Error(), "the disk is full") || !strings.Contains(wrong.Error(), dir) {
		t.Fatalf("after %d transactions: got %v, want a DataError of a full disk; the last answer was %v", done, s.Err(), err)
	}
	if err == nil {
		t.Fatalf("%d transactions were answered, more than the disk holds", done)
	}

	// What was answered is there, once there is room again.
	s.Stop()
	growFileSystem(t, dir, 4<<20)
	s = start(t, Options{DataDir: filepath.Join(dir, "data")})
	db = client(t, s)
	for i := range done - 1 {
		kept, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("kept"), ConsistentRead: aws.Bool(true),
			Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: fmt.Sprint(i)}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(kept.Item) == 0 {
			t.Errorf("transaction %d of %d was answered, and is gone", i, done)
		}
	}
}
