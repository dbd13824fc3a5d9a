package awssecrets

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/tenant"
)

// open returns the secrets of a server that responds as respond says, and the ids it was asked for.
func open(t *testing.T, respond func(id string) (status int, body string)) (*Secrets, *[]string) {
	t.Helper()
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var input struct{ SecretId string }
		if err := json.NewDecoder(r.Body).Decode(&input); err != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			t.Errorf("the request is %v, %v", r.Header, err)
		}
		ids = append(ids, input.SecretId)
		status, body := respond(input.SecretId)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return New(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
		Retryer: func() aws.Retryer { return retry.AddWithMaxAttempts(aws.NopRetryer{}, 1) },
	}, "some/prefix"), &ids
}

// Each tenant has its own secrets, whatever a name says.
func TestTenants(t *testing.T) {
	s, ids := open(t, func(id string) (int, string) { return 200, fmt.Sprintf(`{"SecretString": %q}`, "value of "+id) })
	for _, tt := range []struct{ tenant, name, want string }{
		{"acme", "token", "some/prefix/acme/token"}, {"rival", "token", "some/prefix/rival/token"},
		{"acme", "../rival/token", "some/prefix/acme/../rival/token"}, {"acme", "a/b", "some/prefix/acme/a/b"},
	} {
		value, err := s.Value(t.Context(), tenant.ID(tt.tenant), tt.name)
		if err != nil || value != "value of "+tt.want || (*ids)[len(*ids)-1] != tt.want {
			t.Errorf("%s, %s: %q, %v", tt.tenant, tt.name, value, err)
		}
	}
	if _, err := s.Value(t.Context(), "acme", "token"); err != nil || len(*ids) != 4 {
		t.Errorf("%v, %v: the value is requested again", *ids, err)
	}
	now := time.Now().Add(MaxAge + time.Second)
	s.now = func() time.Time { return now }
	if _, err := s.Value(t.Context(), "acme", "token"); err != nil || len(*ids) != 5 {
		t.Errorf("%v, %v: the value is not requested again", *ids, err)
	}
}

func TestErrors(t *testing.T) {
	status, body := 0, ""
	s, ids := open(t, func(string) (int, string) { return status, body })
	for _, tt := range []struct {
		status int
		body   string
		kind   fault.Kind // Internal: another attempt may succeed
	}{
		{400, `{"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find the specified secret."}`, fault.NotFound},
		{400, `{"__type": "InvalidRequestException", "Message": "It was marked for deletion."}`, fault.NotFound},
		{400, `{"__type": "AccessDeniedException", "Message": "no"}`, fault.Forbidden},
		{400, `{"__type": "DecryptionFailure", "Message": "no"}`, fault.Forbidden},
		{400, `{"__type": "ThrottlingException", "Message": "Rate exceeded"}`, fault.Internal},
		{500, `{"__type": "InternalServiceError", "Message": "oops"}`, fault.Internal},
		{200, `{"SecretBinary": "aGlkZGVu"}`, fault.Invalid},
	} {
		status, body = tt.status, tt.body
		value, err := s.Value(t.Context(), "acme", "token")
		if err == nil || value != "" || fault.KindOf(err) != tt.kind || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %q, %v", tt.body, value, err)
		}
		if tt.kind != fault.Internal && !strings.Contains(err.Error(), "some/prefix/acme/token") {
			t.Errorf("the error does not name the secret: %v", err)
		}
	}
	status, body = 200, `{"SecretString": "now"}`
	if value, err := s.Value(t.Context(), "acme", "token"); value != "now" || err != nil {
		t.Errorf("an error is remembered: %q, %v (%v)", value, err, *ids)
	}
}
