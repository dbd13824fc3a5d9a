package crawl

import (
	"net/http"

	"github.com/inndx/runs/internal/config"
)

// middleware returns the functions that change the headers of requests and of responses, nil for no
// change.
func middleware(parts []config.Part) (request, response func(http.Header)) {
	var requests, responses []config.HeaderValue
	for _, p := range parts {
		switch p := p.Params.(type) {
		case *config.SetLanguage:
			requests = append(requests, config.HeaderValue{Name: "Accept-Language", Value: p.String()})
		case *config.MutateHeaders:
			if p.On == config.OnRequest {
				requests = append(requests, p.Headers...)
			} else {
				responses = append(responses, p.Headers...)
			}
		}
	}
	return setHeaders(requests), setHeaders(responses)
}

// setHeaders returns a function that sets the headers in order, nil if there are none.
func setHeaders(headers []config.HeaderValue) func(http.Header) {
	if len(headers) == 0 {
		return nil
	}
	return func(h http.Header) {
		for _, header := range headers {
			h.Set(header.Name, header.Value)
		}
	}
}
