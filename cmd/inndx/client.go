package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/fault"
)

// A client calls the API.
type client struct {
	base   string
	header http.Header // of every request, besides that of its body; may be nil
	http   http.Client
}

func newClient(base string) *client {
	return &client{base: base, http: http.Client{Timeout: 30 * time.Second}}
}

// An apiError is an error response of the API.
type apiError struct {
	Code    int           `json:"code"`
	Message string        `json:"message"`
	Fields  []fault.Field `json:"fields"`
}

func (e *apiError) Error() string {
	s := e.Message
	for _, f := range e.Fields {
		for _, r := range f.Errors {
			s += fmt.Sprintf("; %s %s", f.Field, r.Message)
		}
	}
	return fmt.Sprintf("the service responded with status %d: %s", e.Code, s)
}

// call sends a request and returns the JSON body of the response. It sends body as JSON unless it
// is nil. The error is an *apiError if the status is 300 or higher.
func (c *client) call(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	var sent io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(data)
	}
	req, err := c.request(ctx, method, path, sent)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		failure := &apiError{}
		if json.Unmarshal(text, failure) != nil || failure.Code == 0 {
			failure.Code, failure.Message = resp.StatusCode, string(text)
		}
		return nil, failure
	}
	return text, nil
}

// request returns a request to the API.
func (c *client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err == nil && c.header != nil {
		req.Header = c.header.Clone()
	}
	return req, err
}
