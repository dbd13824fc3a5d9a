package api

import (
	"cmp"
	"net/http"

	"github.com/inndx/runs/internal/fault"
)

// GatewayHead is API Gateway's bound, in bytes, on a request's first line plus the values of its
// header. API Gateway responds to a larger request with 431 (RFC 6585, section 5). See
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html.
const GatewayHead = 10_240

// checkHead returns an error of kind HeaderTooLarge if the request exceeds Options.MaxHead.
func (s *Server) checkHead(r *http.Request) error {
	// net/http removes Host from the header.
	n := len(r.Method+" "+cmp.Or(r.RequestURI, r.URL.RequestURI())+" "+r.Proto) + len(r.Host)
	for _, values := range r.Header {
		for _, value := range values {
			n += len(value)
		}
	}
	if s.opts.MaxHead == 0 || n <= s.opts.MaxHead {
		return nil
	}
	return fault.New(fault.HeaderTooLarge,
		"the request line and the values of the header have %d bytes together, and at most %d are taken", n, s.opts.MaxHead)
}
