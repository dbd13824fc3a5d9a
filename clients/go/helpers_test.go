package runs

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// A script responds to each request with the next of its responses, and to the rest with the last one.
type script struct {
	responses []response
	// The requests so far, and their bodies.
	requests []*http.Request
	bodies   []string
}

type response struct {
	status int
	header http.Header
	body   string
	// The error instead of a response.
	err error
}

// RoundTrip implements http.RoundTripper.
func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	r := s.responses[min(len(s.requests), len(s.responses)-1)]
	s.requests, s.bodies = append(s.requests, req), append(s.bodies, string(body))
	if r.err != nil {
		return nil, r.err
	}
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	return &http.Response{
		Status: http.StatusText(r.status), StatusCode: r.status, Header: header,
		Body: io.NopCloser(strings.NewReader(r.body)), Request: req,
	}, nil
}

// connect returns a client that sends its requests to the script.
func connect(t *testing.T, s *script, o Options) *ClientWithResponses {
	t.Helper()
	o.HTTPClient = &http.Client{Transport: s}
	c, err := Connect("http://service.test", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var runID = uuid.MustParse("0197f3a4-88d0-7e6a-b1f3-9c2b54e7a610")

// runIn returns a response with a run in a status.
func runIn(status Status) response {
	return response{status: http.StatusOK, body: `{"id":"` + runID.String() + `","status":"` + string(status) + `"}`}
}
