package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/inndx/runs/internal/fault"
)

// statuses maps each kind of error to the status code of its response.
var statuses = map[fault.Kind]int{
	fault.Internal:             http.StatusInternalServerError,
	fault.Malformed:            http.StatusBadRequest,
	fault.Invalid:              http.StatusUnprocessableEntity,
	fault.Forbidden:            http.StatusForbidden,
	fault.NotFound:             http.StatusNotFound,
	fault.MethodNotAllowed:     http.StatusMethodNotAllowed,
	fault.Conflict:             http.StatusConflict,
	fault.PreconditionFailed:   http.StatusPreconditionFailed,
	fault.TooLarge:             http.StatusRequestEntityTooLarge,
	fault.UnsupportedMediaType: http.StatusUnsupportedMediaType,
	fault.RangeNotSatisfiable:  http.StatusRequestedRangeNotSatisfiable,
	fault.ExpectationFailed:    http.StatusExpectationFailed,
	fault.HeaderTooLarge:       http.StatusRequestHeaderFieldsTooLarge,
	fault.NotImplemented:       http.StatusNotImplemented,
	fault.VersionNotSupported:  http.StatusHTTPVersionNotSupported,
	fault.Throttled:            http.StatusTooManyRequests,
	fault.Unavailable:          http.StatusServiceUnavailable,
}

// maxFields bounds the invalid fields in one response, so that a request body of 256 KiB with an
// error in every field does not lead to a response many times as large.
const maxFields = 100

// errorJSON is the body of every error. Only a 422 has Fields.
type errorJSON struct {
	Code    int           `json:"code"`
	Message string        `json:"message"`
	Reason  fault.Reason  `json:"reason"`
	Fields  []fault.Field `json:"fields,omitempty"`
}

// errorResponse returns the response for an error. All error responses come from here. The text of
// an error without a fault.Kind is logged and not sent.
func errorResponse(err error) response {
	var e *fault.Error
	if !errors.As(err, &e) {
		e = &fault.Error{Kind: fault.Internal}
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			e = fault.Because(fault.ReasonTimeout, "the request took too long")
		}
	}
	body := errorJSON{
		Code: statuses[e.Kind], Message: e.Message, Reason: fault.ReasonOf(e),
		Fields: e.Fields[:min(len(e.Fields), maxFields)],
	}
	if e.Kind == fault.Internal {
		body.Message = "internal error"
	}
	resp := jsonResponse(body.Code, body)
	if e.Kind == fault.Throttled || e.Kind == fault.Unavailable {
		resp.retryAfter = retryAfter(e.RetryAfter)
	}
	return resp
}

// retryAfter formats the value of Retry-After in whole seconds, at least one (RFC 9110,
// section 10.2.3).
func retryAfter(d time.Duration) string {
	return strconv.Itoa(int(max(1, math.Ceil(d.Seconds()))))
}
