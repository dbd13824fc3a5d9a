package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/fault"
)

// An Error is an error response of the API.
type Error struct {
	Code    int           `json:"code"`
	Reason  string        `json:"reason"`
	Message string        `json:"message"`
	Fields  []fault.Field `json:"fields"`

	retryAfter time.Duration
}

// Error joins the lines.
func (e *Error) Error() string { return strings.Join(e.Lines(), "; ") }

// Lines returns what the service said, and what is wrong with each field.
func (e *Error) Lines() []string {
	status := strconv.Itoa(e.Code)
	if e.Reason != "" {
		status += " (" + e.Reason + ")"
	}
	lines := []string{fmt.Sprintf("the service responded with status %s: %s", status, e.Message)}
	for _, f := range e.Fields {
		for _, r := range f.Errors {
			lines = append(lines, f.Field+" "+r.Message)
		}
	}
	return lines
}

// ExitCode returns the exit code of a command that ends with the error.
func (e *Error) ExitCode() int {
	switch {
	case e.Code == http.StatusNotFound && e.Reason != string(fault.ReasonNoSuchPath):
		return exit.NotFound
	case e.Code == http.StatusUnprocessableEntity:
		return exit.Usage
	}
	return exit.Failed
}

// newError reads an error response. Gateways and buckets have other bodies than the API.
func newError(resp *http.Response) *Error {
	e := &Error{}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil || json.Unmarshal(text, e) != nil || e.Message == "" {
		e.Message = string(bytes.TrimSpace(text[:min(len(text), 1000)]))
	}
	e.Code = resp.StatusCode
	if e.Message == "" {
		e.Message = http.StatusText(e.Code)
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.retryAfter = min(time.Duration(seconds)*time.Second, maxRetryDelay)
	}
	return e
}

// Temporary reports whether a request that failed with err may succeed if it is sent again.
func Temporary(err error) bool {
	var refused *Error
	return !errors.As(err, &refused) ||
		refused.Code == http.StatusTooManyRequests || refused.Code >= 500 || refused.Reason == string(fault.ReasonRequestInProgress)
}
