package api

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/watch"
)

// Docs holds the content of the routes under /.well-known/. Its fields are functions, so that a
// binary that does not serve the content does not link it.
type Docs struct {
	// Spec returns the OpenAPI document as JSON.
	Spec func() []byte
	// Page returns the same content as an HTML page. base is the base URL of the API, without a
	// trailing slash, or "" if it is unknown.
	Page func(base string) []byte
}

// Dashboard holds the web page at / and its assets. Its fields are functions, as those of Docs are.
type Dashboard struct {
	// Page returns the HTML page, which refers to assets/NAME relative to its own URL.
	Page func() []byte
	// Asset returns an asset and its media type, or false if no asset has that name. An asset
	// never changes.
	Asset func(name string) (content []byte, contentType string, ok bool)
	// Connect are the origins, if any, to which the page sends requests besides its own, with spaces
	// between.
	Connect string
}

// Options configure a Server. Store and Queue are required, except by the routes under
// /.well-known/, by GetDashboard and by NoRoute.
type Options struct {
	Store Store
	Queue Queue
	// Contents has the content of artifacts. Only delete-artifact and get-artifact-blob need it.
	Contents Contents
	// Files has the files of exports. Only get-export-file needs it.
	Files Files
	// MaxContent bounds the content of an artifact that a response has, in bytes. The response to a
	// request for more is a redirect to Contents.URL. 0 means no bound: content is streamed. With a
	// bound, every response to a request for the file of an export is a redirect.
	MaxContent int64
	// Docs is the content of the routes under /.well-known/. A route whose function is nil
	// responds with 404.
	Docs Docs
	// Dashboard is the content of GetDashboard, which responds with 404 without it.
	Dashboard Dashboard
	// CheckConfig adds what is wrong with the expressions of a configuration, whose other rules
	// hold, to the faults. path is that of the configuration. Only the routes that accept
	// configurations use it. If it is nil, expressions are not checked.
	CheckConfig func(c config.Config, path string, faults *fault.Fields)
	// DefaultTenant is the tenant of requests without an X-Tenant-Id header. If it is empty,
	// it is tenant.Default.
	DefaultTenant tenant.ID
	// CallersTenant returns the tenant in the caller's credentials, or an error of kind Forbidden.
	// Then X-Tenant-Id is optional, but may not name another tenant. If CallersTenant is nil, the
	// header is trusted.
	CallersTenant func(*http.Request) (tenant.ID, error)
	// LoopbackOnly rejects requests whose Host is not a name of this machine, and requests sent by
	// pages whose origin is neither the service's own nor in Origins. It protects a service on one
	// machine, which trusts every client that reaches it.
	LoopbackOnly bool
	// Origins are the origins whose pages may call Handler from a browser. Route ignores them,
	// because API Gateway handles CORS for functions.
	Origins Origins
	// Hub tells what happens to runs. It may be set only if this process alone writes to the table.
	// If it is nil, requests that wait read the status of the run once a second, and
	// stream-run-events responds with 501.
	Hub *watch.Hub
	// Timeout bounds the work on one request, without the time that the request waits. The response
	// is 503 when it is exceeded. 0 means no bound.
	Timeout time.Duration
	// MaxHead bounds the bytes of a request's first line plus the values of its header. The
	// response is 431 when it is exceeded. 0 means no bound: API Gateway has its own.
	MaxHead int
	// Logger gets one line per request. If it is nil, it is slog.Default().
	Logger *slog.Logger
	// Metrics counts the requests and the read and write units of each. It may be nil.
	Metrics *metrics.Recorder
	// RequestID returns the id that the platform, such as API Gateway, gave a request, or "". It is
	// called for requests without a usable X-Request-Id. It may be nil.
	RequestID func(*http.Request) string
}
