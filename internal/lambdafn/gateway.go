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

// gateway returns a Lambda handler that serves the requests of API Gateway with h.
func gateway(h http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	adapter := httpadapter.NewV2(withoutPrefix(h))
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		e.RawPath = escapePath(e.RawPath)
		return adapter.ProxyWithContext(ctx, e)
	}
}

// withoutPrefix returns a handler that removes the part of rawPath before the path of the route.
// The prefix is a stage other than $default, or the path of an API mapping of a custom domain. The
// request's RequestURI keeps it, as it does with http.StripPrefix.
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

// prefix returns the part of a request's path before the path of the route, or "" if the path does
// not match the route. The route $default matches any path, so there only the stage is a prefix.
func prefix(path, routeKey, stage string) string {
	if _, pattern, ok := strings.Cut(routeKey, " "); ok {
		if pattern == "/" { // the whole path is a prefix, with or without a slash at its end
			return strings.TrimSuffix(path, "/")
		}
		if before, ok := before(path, pattern); ok {
			return before
		}
	}
	if before := "/" + stage; stage != "$default" && (path == before || strings.HasPrefix(path, before+"/")) {
		return before
	}
	return ""
}

// before returns the part of the path before the route's pattern, if the path ends with the
// pattern.
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

// escapePath escapes a path that is not valid in a URL. HTTP APIs unescape rawPath, so it may
// contain any character. The adapter concatenates it into a URL, which fails, or turns a part of
// the path into a query.
func escapePath(path string) string {
	if _, err := url.ParseRequestURI(path); err == nil && !strings.ContainsAny(path, "?#") {
		return path
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// gatewayRequestID returns API Gateway's id of the request, which is also in its access log.
func gatewayRequestID(r *http.Request) string {
	c, _ := core.GetAPIGatewayV2ContextFromContext(r.Context())
	return c.RequestID
}
