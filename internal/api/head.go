package api

import (
	"cmp"
	"net/http"

	"github.com/inndx/runs/internal/fault"
)

// GatewayHead is the most bytes that the line of a request and the values of its header may have
// together at API Gateway, see
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html. It answers 431
// (RFC 6585, section 5) to a request that has more.
const GatewayHead = 10_240

// checkHead returns an error of kind HeaderTooLarge when the request has more than Options.MaxHead.
func (s *Server) checkHead(r *http.Request) error {
	// The server takes the Host out of the header.
	n := len(r.Method+" "+cmp.Or(r.RequestURI, r.URL.RequestURI())+" "+r.Proto) + len(r.Host)
	for _, values := range r.Header {
		for _, value := range values {
			n += len(value)
		}
	}
	if s.maxHead == 0 || n <= s.maxHead {
		return nil
	}
	return fault.New(fault.HeaderTooLarge,
		"the request line and the values of the header have %d bytes together, and at most %d are taken", n, s.maxHead)
}
