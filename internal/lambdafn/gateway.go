package lambdafn

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
)

// gateway returns a Lambda handler that serves API Gateway's requests by h.
func gateway(h http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	adapter := httpadapter.NewV2(h)
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		e.RawPath = escapePath(e.RawPath)
		return adapter.ProxyWithContext(ctx, e)
	}
}

// escapePath escapes a path that cannot stand in a URL as it is. HTTP APIs unescape rawPath,
// so that a caller can make it hold anything; the adapter pastes it into a URL, and fails,
// or takes a part of it for a query.
func escapePath(path string) string {
	if _, err := url.ParseRequestURI(path); err == nil && !strings.ContainsAny(path, "?#") {
		return path
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// gatewayRequestID returns the id that API Gateway gave the request, as its access log has
// it.
func gatewayRequestID(r *http.Request) string {
	c, _ := core.GetAPIGatewayV2ContextFromContext(r.Context())
	return c.RequestID
}
