package client

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/tenant"
)

// DefaultURL is the URL of the service of make run.
const DefaultURL = "http://localhost:8022"

// Options say which service a client calls, and as whom.
type Options struct {
	URL    string // default: INNDX_URL, or DefaultURL
	Tenant string // default: DEFAULT_TENANT_ID, or the service's default
	// Sign says whether requests are signed with the AWS credentials of the environment. By default
	// they are if the host is one of API Gateway and there is no INNDX_TOKEN.
	Sign *bool
}

// bearerToken matches a token that fits into a header field, or no token.
var bearerToken = regexp.MustCompile(`^[!-~]*$`)

// Connect returns a client of the service that the options and the environment name. It repeats
// calls that fail for a while. Its errors are of type *exit.UsageError.
func Connect(ctx context.Context, getenv func(string) string, o Options) (*Client, error) {
	source := "INNDX_URL"
	if o.URL != "" {
		source = "--url"
	}
	base, err := url.Parse(cmp.Or(o.URL, getenv("INNDX_URL"), DefaultURL))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, exit.Usagef("%s must be an http or https URL without a query and without credentials", source)
	}
	origin := &origin{url: base, header: http.Header{}}
	if err := origin.setTenant(o.Tenant, getenv("DEFAULT_TENANT_ID")); err != nil {
		return nil, err
	}
	token := getenv("INNDX_TOKEN")
	sign := token == "" && executeAPI.MatchString(base.Hostname())
	if o.Sign != nil {
		sign = *o.Sign
	}
	switch {
	case !bearerToken.MatchString(token):
		return nil, exit.Usagef("INNDX_TOKEN must be a token of visible ASCII characters, without spaces and line breaks")
	case token != "" && sign:
		return nil, exit.Usagef("INNDX_TOKEN and --aws-sigv4 exclude each other")
	case token != "":
		origin.header.Set("Authorization", "Bearer "+token)
	case sign:
		if origin.sign, err = signer(ctx, base.Hostname(), source); err != nil {
			return nil, err
		}
	}
	c := &Client{base: strings.TrimSuffix(base.String(), "/"), attempts: remoteAttempts}
	c.http.Transport = origin
	return c, nil
}

// setTenant sets the tenant of the requests, if one is given by a flag or by the environment.
func (o *origin) setTenant(flag, variable string) error {
	id, source := flag, "--tenant"
	if flag == "" {
		id, source = variable, "DEFAULT_TENANT_ID"
	}
	if id == "" {
		return nil
	}
	if _, ok := tenant.Parse(id); !ok {
		return exit.Usagef("%s %s", source, tenant.Rule)
	}
	o.header.Set("X-Tenant-Id", id)
	return nil
}
