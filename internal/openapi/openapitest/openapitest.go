// Package openapitest checks HTTP requests and responses against the description of the API.
package openapitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
)

// Check reports an error if the API's description does not allow the response to the request: its
// status, headers and body. It is stricter than the description where the description permits what
// only API Gateway or other versions of the service send, see checkService and compile. If the
// response is a success, the description must allow the request and all of its parameters too. The
// response to a request without an operation must be 404 or 405. The bodies are separate arguments
// because the test has already read them.
func Check(t testing.TB, req *http.Request, reqBody []byte, resp *http.Response, respBody []byte) {
	t.Helper()
	if err := check(req, reqBody, resp, respBody); err != nil {
		t.Errorf("%s %s does not match the API's description: %v\nstatus %d, body: %.2000s",
			req.Method, req.URL.RequestURI(), err, resp.StatusCode, respBody)
	}
}

// check returns the reason why the description does not allow the request or its response.
func check(req *http.Request, reqBody []byte, resp *http.Response, respBody []byte) error {
	s, err := load()
	if err != nil {
		return err
	}
	in := s.input(req)
	if in.Route == nil {
		if in.Route, err = s.noOperation(req, resp); err != nil || in.Route == nil {
			return err
		}
	} else if resp.StatusCode/100 == 2 {
		if err := s.checkRequest(in, reqBody); err != nil {
			return fmt.Errorf("the request succeeded: %w", err)
		}
	}
	return errors.Join(s.checkResponse(in, resp, respBody), checkService(req, resp, respBody))
}

// checkService checks what distinguishes the responses of the service from those of API Gateway and
// of earlier versions, which the description allows too: ETag, X-Request-Id, Retry-After, and the
// code of an error, which is the status.
func checkService(req *http.Request, resp *http.Response, body []byte) error {
	var wrong []error
	if resp.Header.Get("X-Request-Id") == "" {
		wrong = append(wrong, errors.New("no header X-Request-Id"))
	}
	stream := resp.Header.Get("Content-Type") == "text/event-stream" // it has no tag, since it is not known
	if resp.StatusCode < 300 && resp.StatusCode != http.StatusNoContent && !stream && resp.Header.Get("ETag") == "" {
		wrong = append(wrong, errors.New("no header ETag"))
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if resp.Header.Get("Retry-After") == "" {
			wrong = append(wrong, errors.New("no header Retry-After"))
		}
	}
	if resp.StatusCode >= 400 && req.Method != http.MethodHead {
		var e struct{ Code int }
		if err := json.Unmarshal(body, &e); err != nil || e.Code != resp.StatusCode {
			wrong = append(wrong, fmt.Errorf("the code is not the status %d", resp.StatusCode))
		}
	}
	return errors.Join(wrong...)
}
