package lambdafn

import (
	"net/http"

	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/tenant"
)

// An authMode is how API Gateway authorizes callers, and how the functions find the tenant of a
// request.
type authMode string

const (
	authIAM  authMode = "iam"  // signed requests (SigV4); a header names the tenant
	authJWT  authMode = "jwt"  // requests with a token; a claim of the token names the tenant
	authNone authMode = "none" // all requests; a header names the tenant
)

var authModes = []authMode{authIAM, authJWT, authNone}

// callersTenant returns the value of api.Options.CallersTenant.
func (env environment) callersTenant() func(*http.Request) (tenant.ID, error) {
	if env.auth != authJWT {
		return nil
	}
	return func(r *http.Request) (tenant.ID, error) { return claimedTenant(r, env.tenantClaim) }
}

// claimedTenant returns the tenant in the claim of the request's token. API Gateway has verified
// the token. It passes claims as strings. An array becomes "[a b]", which is not a valid tenant.
func claimedTenant(r *http.Request, claim string) (tenant.ID, error) {
	c, _ := core.GetAPIGatewayV2ContextFromContext(r.Context())
	if c.Authorizer == nil || c.Authorizer.JWT == nil {
		return "", fault.Because(fault.ReasonNoTenant, "the request has no token")
	}
	value, ok := c.Authorizer.JWT.Claims[claim]
	if !ok {
		return "", fault.Because(fault.ReasonNoTenant, "the token has no claim %s, which names the tenant", claim)
	}
	id, ok := tenant.Parse(value)
	if !ok {
		return "", fault.Because(fault.ReasonNoTenant, "the token's claim %s names no tenant: it %s", claim, tenant.Rule)
	}
	return id, nil
}
