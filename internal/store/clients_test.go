package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/store"
)

// storeThatResponds returns a store whose DynamoDB gives every request the same response.
func storeThatResponds(t *testing.T, status int, body string) *store.Store {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return storeAt(server.URL)
}

// storeAt returns a store whose DynamoDB is at the endpoint. Its client does not retry.
func storeAt(endpoint string) *store.Store {
	cfg := aws.Config{
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String(endpoint),
	}
	once := func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }
	return store.New(store.NewClient(cfg, once), "secret-table")
}

// withTransactions returns a client option that calls do for every transaction. next sends the
// transaction.
func withTransactions(do func(next func() error) error) func(*dynamodb.Options) {
	return func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("transactions", func(
				ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
			) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
				if _, ok := in.Parameters.(*dynamodb.TransactWriteItemsInput); !ok {
					return next.HandleInitialize(ctx, in)
				}
				err = do(func() error {
					out, meta, err = next.HandleInitialize(ctx, in)
					return err
				})
				return out, meta, err
			}), middleware.Before)
		})
	}
}

// logReads returns a store on the table that calls change for every response to a query.
func logReads(m *logModel, table string, change func(in *dynamodb.QueryInput, out *dynamodb.QueryOutput)) *store.Store {
	changed := middleware.InitializeMiddlewareFunc("changed", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleInitialize(ctx, in)
		if input, ok := in.Parameters.(*dynamodb.QueryInput); ok && err == nil {
			change(input, out.Result.(*dynamodb.QueryOutput))
		}
		return out, metadata, err
	})
	return store.New(store.NewClient(dynamotest.Config(m.t), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(changed, middleware.After) })
	}), table)
}

func sortKey(item map[string]types.AttributeValue) string {
	return item["sk"].(*types.AttributeValueMemberS).Value
}

// A wire is the HTTP client of a DynamoDB client. It records the sizes of the largest body and of
// the largest item that it sends.
type wire struct {
	http.Client
	body, item int
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.body = max(w.body, len(body))
	var in struct {
		TransactItems []struct {
			Put struct{ Item map[string]map[string]any }
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	for _, put := range in.TransactItems {
		w.item = max(w.item, itemSize(put.Put.Item))
	}
	return w.Client.Do(r)
}

// itemSize returns how many bytes DynamoDB counts for an item; see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
func itemSize(item map[string]map[string]any) (size int) {
	for name, value := range item {
		size += len(name)
		for kind, v := range value {
			text := fmt.Sprint(v)
			if size += len(text); kind == "B" {
				size += base64.StdEncoding.DecodedLen(len(text)) - len(text)
			}
		}
	}
	return size
}
