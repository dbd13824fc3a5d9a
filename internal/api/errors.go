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

// statuses says how every kind of error is answered.
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
	fault.ExpectationFailed:    http.StatusExpectationFailed,
	fault.HeaderTooLarge:       http.StatusRequestHeaderFieldsTooLarge,
	fault.NotImplemented:       http.StatusNotImplemented,
	fault.VersionNotSupported:  http.StatusHTTPVersionNotSupported,
	fault.Throttled:            http.StatusTooManyRequests,
	fault.Unavailable:          http.StatusServiceUnavailable,
}

// maxFields bounds the wrong fields that one answer lists, so that a body of 256 KiB that is
// wrong everywhere does not make an answer of many times its size.
const maxFields = 100

// errorJSON is the body of every error. Fields are those that are wrong, of a 422.
type errorJSON struct {
	Code    int           `json:"code"`
	Message string        `json:"message"`
	Reason  fault.Reason  `json:"reason"`
	Fields  []fault.Field `json:"fields,omitempty"`
}

// errorAnswer turns an error into an answer. It is the only place that does. Details of an
// error that no one classified stay in the log.
func errorAnswer(err error) answer {
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
	a := jsonAnswer(body.Code, body)
	if e.Kind == fault.Throttled || e.Kind == fault.Unavailable {
		a.retryAfter = retryAfter(e.RetryAfter)
	}
	return a
}

// retryAfter writes a Retry-After header: whole seconds, at least one (RFC 9110, section
// 10.2.3).
func retryAfter(d time.Duration) string {
	return strconv.Itoa(int(max(1, math.Ceil(d.Seconds()))))
}
