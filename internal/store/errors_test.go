package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
)

func TestErrorsOfDynamoDB(t *testing.T) {
	exception := func(name string) string {
		return `{"__type":"com.amazonaws.dynamodb.v20120810#` + name + `","message":"about secret-table"}`
	}
	cancelled := func(code string) string {
		return `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"about secret-table",
			"CancellationReasons":[{"Code":"None"},{"Code":"` + code + `"}]}`
	}
	for _, test := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
	}{
		{"throttled", 400, exception("ThrottlingException"), fault.Throttled},
		{"throughput", 400, exception("ProvisionedThroughputExceededException"), fault.Throttled},
		{"throttled transaction", 400, cancelled("ThrottlingError"), fault.Throttled},
		{"busy items", 400, cancelled("TransactionConflict"), fault.Unavailable},
		{"server error", 500, exception("InternalServerError"), fault.Unavailable},
		{"gateway error", 503, "<html>", fault.Unavailable},
		{"no such table", 400, exception("ResourceNotFoundException"), fault.Internal},
		{"not allowed", 400, exception("AccessDeniedException"), fault.Internal},
		{"invalid request", 400, exception("ValidationException"), fault.Internal},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := storeThatResponds(t, test.status, test.body)
			_, err := s.Runs(t.Context(), acme, run.Filter{}, paging.Request{Limit: 1})
			checkError(t, err, test.kind)
			_, err = s.Run(t.Context(), run.Ref{Tenant: acme, ID: uuid.New()})
			checkError(t, err, test.kind)
		})
	}
}

func TestNoDynamoDB(t *testing.T) {
	_, err := storeAt("http://127.0.0.1:1").Status(t.Context(), run.Ref{Tenant: acme, ID: uuid.New()})
	checkError(t, err, fault.Unavailable)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = storeThatResponds(t, 200, "{}").Status(ctx, run.Ref{Tenant: acme, ID: uuid.New()})
	checkError(t, err, fault.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Error("the error does not wrap its cause:", err)
	}
}

func checkError(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got the error %v, want one of kind %d", err, kind)
	}
	if retry := kind != fault.Internal; retry != (e.RetryAfter > 0) {
		t.Errorf("retry after %v", e.RetryAfter)
	}
	if strings.Contains(e.Message, "secret") || strings.Contains(e.Message, "acme") {
		t.Errorf("the message reveals a name: %s", e.Message)
	}
}
