package runs

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Error is a response that reports a failure, of the service or of a gateway before it, or one
// that is not the service's, such as the page of a proxy.
type Error struct {
	// Status is the HTTP status. It is from 400 on if the response reports a failure.
	Status int
	// Message is for people.
	Message string
	// Reason is a stable name for programs, such as "no_such_run". It is empty if the error is from a
	// gateway.
	Reason Reason
	// Fields has the invalid fields of the request, if the status is 422.
	Fields []FieldError
	// RequestID is the id of the request in the log of the service, or empty.
	RequestID string
	// RetryAfter is how long the service asks to wait before the request is repeated, or zero.
	RetryAfter time.Duration
}

// Error returns the status, the message, and the invalid fields with their messages.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %s", e.Status, e.Message)
	for _, field := range e.Fields {
		for _, rule := range field.Errors {
			fmt.Fprintf(&b, "; %s %s", field.Field, rule.Message)
		}
	}
	return b.String()
}

// maxErrorBody is more than the service's longest error, which names 100 fields.
const maxErrorBody = 1 << 20

// newError reads and closes the response, whose status is 400 or greater.
func newError(resp *http.Response) *Error {
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	var body struct {
		Message string       `json:"message"`
		Reason  Reason       `json:"reason"`
		Fields  []FieldError `json:"fields"`
	}
	// The body of another server's error need not be JSON. Then the status is the message.
	if err := json.Unmarshal(text, &body); err != nil || body.Message == "" {
		body.Message = http.StatusText(resp.StatusCode)
	}
	return &Error{
		Status:     resp.StatusCode,
		Message:    body.Message,
		Reason:     body.Reason,
		Fields:     body.Fields,
		RequestID:  resp.Header.Get("X-Request-Id"),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After")),
	}
}

// retryAfter returns the delay that the header's value, a number of seconds or a date, asks for.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
