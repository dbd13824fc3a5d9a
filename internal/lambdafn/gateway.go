package lambdafn

import (
	"cmp"
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
	adapter := httpadapter.NewV2(withoutPrefix(h))
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		e.RawPath = escapePath(e.RawPath)
		return adapter.ProxyWithContext(ctx, e)
	}
}

// withoutPrefix takes off the path what comes before the path of the route: a stage other than
// $default, or the path of an API mapping of a custom domain, which are in rawPath. What is
// taken off stays in the request's RequestURI, as http.StripPrefix leaves it there.
func withoutPrefix(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := core.GetAPIGatewayV2ContextFromContext(r.Context())
		escaped := r.URL.EscapedPath()
		own := cmp.Or(strings.TrimPrefix(escaped, prefix(escaped, c.RouteKey, c.Stage)), "/")
		path, err := url.PathUnescape(own)
		if err == nil && own != escaped {
			r.RequestURI = r.URL.RequestURI()
			r.URL.Path, r.URL.RawPath = path, own
		}
		h.ServeHTTP(w, r)
	})
}

// prefix returns what comes before the route's own path in the path of a request, and "" when
// the path is not one of the route. Of $default, which takes any path, only the stage is known.
func prefix(path, routeKey, stage string) string {
	if _, pattern, ok := strings.Cut(routeKey, " "); ok {
		if before, ok := before(path, pattern); ok {
			return before
		}
	}
	if before := "/" + stage; stage != "$default" && (path == before || strings.HasPrefix(path, before+"/")) {
		return before
	}
	return ""
}

// before returns what comes before the pattern of a route in a path that ends in it.
func before(path, pattern string) (string, bool) {
	segments, want := strings.Split(path, "/"), strings.Split(pattern, "/")[1:]
	n := len(segments) - len(want)
	if n < 1 || strings.Contains(pattern, "+}") {
		return "", false
	}
	for i, segment := range want {
		if !strings.HasPrefix(segment, "{") && segments[n+i] != segment {
			return "", false
		}
	}
	return strings.Join(segments[:n], "/"), true
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
