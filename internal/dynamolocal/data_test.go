package dynamolocal

import (
	"bytes"
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

func TestDataDirPermissions(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(dir string) error
		folder  string
		warned  bool
	}{
		"new": {folder: "-rwx------"},
		"open, of an earlier version": {
			prepare: func(dir string) error {
				return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, databaseName), []byte("data"), 0o644))
			},
			folder: "-rwx------", warned: true,
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
				t.Errorf("the folder has the permissions %s, want %s", got, tc.folder)
			}
			if got := permissions(t, filepath.Join(dir, databaseName)); got != "-rw-------" {
				t.Errorf("the database has the permissions %s", got)
			}
			if warned := strings.Contains(log, dir); warned != tc.warned {
				t.Errorf("warned is %t, want %t: %s", warned, tc.warned, log)
			}
			if again := open(t, dir); again != "" {
				t.Errorf("the second start logged: %s", again)
			}
		})
	}
}

// The journal must be closed to other users too. SQLite gives it the permissions of the database.
func TestJournalPermissions(t *testing.T) {
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
			t.Errorf("%s has the permissions %s", file, got)
		}
	}
}

// The error of a damaged database names the file and the damage.
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
				_, err = db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName),
					Item: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "a"}}})
				if err == nil {
					t.Fatal("a write to a damaged database succeeded")
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

// DynamoDB Local responds to a transaction before it writes it. The client must still report that
// the disk is full, and must not confirm a transaction that is lost.
func TestFullDisk(t *testing.T) {
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
			{Put: &types.Put{TableName: aws.String(tableName), Item: map[string]types.AttributeValue{
				"pk":   &types.AttributeValueMemberS{Value: fmt.Sprint(done)},
				"text": &types.AttributeValueMemberS{Value: strings.Repeat("x", 50_000)},
			}}},
		}})
	}
	<-s.Exited()
	var wrong *DataError
	if !errors.As(s.Err(), &wrong) || !strings.Contains(wrong.Error(), "the disk is full") || !strings.Contains(wrong.Error(), dir) {
		t.Fatalf("after %d transactions: got %v, want a DataError of a full disk; the last response was %v", done, s.Err(), err)
	}
	if err == nil {
		t.Fatalf("%d transactions were confirmed, more than fit on the disk", done)
	}

	// All confirmed transactions are there when the disk has room again.
	s.Stop()
	growFileSystem(t, dir, 4<<20)
	s = start(t, Options{DataDir: filepath.Join(dir, "data")})
	db = client(t, s)
	for i := range done - 1 {
		kept, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(tableName), ConsistentRead: aws.Bool(true),
			Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: fmt.Sprint(i)}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(kept.Item) == 0 {
			t.Errorf("transaction %d of %d was confirmed, and is lost", i, done)
		}
	}
}
