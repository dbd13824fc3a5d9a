package dynamolocal

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// A request that DynamoDB Local failed to parse is sent again, and any other refused one is not.
func TestParserFault(t *testing.T) {
	for message, want := range map[string]int{
		"Invalid ConditionExpression: Index 4 out of bounds for length 1": 3,
		"Invalid ConditionExpression: Syntax error; token: \\\"x\\\"":     1,
	} {
		calls := 0
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			if calls++; calls == 3 {
				io.WriteString(w, `{"TableNames": []}`)
				return
			}
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type": "com.amazon.coral.validate#ValidationException", "message": "`+message+`"}`)
		}))
		t.Cleanup(srv.Close)
		cfg, err := (&Server{Endpoint: srv.URL}).Config(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = dynamodb.NewFromConfig(cfg).ListTables(t.Context(), &dynamodb.ListTablesInput{Limit: aws.Int32(1)})
		if calls != want || (err == nil) != (want == 3) {
			t.Errorf("%s: %d calls, %v", message, calls, err)
		}
	}
}
