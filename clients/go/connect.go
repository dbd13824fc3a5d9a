package runs

import (
	"net/http"
	"time"
)

// Options says who calls the service and how. The zero value calls as the default tenant, without
// credentials.
type Options struct {
	// Tenant is the value of X-Tenant-Id. If it is empty, the header is not sent. The tenant is then
	// that of the token, or the default one of the deployment.
	Tenant string

	// Token is a bearer token, for deployments with AuthMode jwt. To renew tokens, leave it empty and
	// set HTTPClient, such as to one of golang.org/x/oauth2.
	Token string

	// HTTPClient sends the requests, and may sign them. If it is nil, the client is one that waits up
	// to a minute for a response to begin.
	HTTPClient *http.Client

	// Retries bounds how often a request is repeated that the service refused for the moment or that
	// did not reach it. Zero means 3. A negative value means none.
	Retries int
}

// headerTimeout is three times as long as the service lets a request wait.
const headerTimeout = time.Minute

// Connect returns a client of the service at server, a URL such as http://localhost:8022. It sends
// no request.
func Connect(server string, o Options) (*ClientWithResponses, error) {
	if o.HTTPClient == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = headerTimeout
		o.HTTPClient = &http.Client{Transport: transport}
	}
	if o.Retries == 0 {
		o.Retries = 3
	}
	return NewClientWithResponses(server, WithHTTPClient(&doer{o}))
}
