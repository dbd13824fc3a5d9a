package lambdafn

import (
	"net/http"

	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/tenant"
)

// authMode says who may call the API. API Gateway turns away who may not; the functions
// find the tenant by it.
type authMode string

const (
	authIAM  authMode = "iam"  // who signs (SigV4), and names the tenant by header
	authJWT  authMode = "jwt"  // who has a token, a claim of which names the tenant
	authNone authMode = "none" // everybody, naming the tenant by header
)

var authModes = []authMode{authIAM, authJWT, authNone}

// callersTenant returns how the tenant is found, see api.Options.
func (env environment) callersTenant() func(*http.Request) (tenant.ID, error) {
	if env.auth != authJWT {
		return nil
	}
	return func(r *http.Request) (tenant.ID, error) { return claimedTenant(r, env.tenantClaim) }
}

// claimedTenant returns the tenant that the claim of the request's token names. API Gateway
// has verified the token. It writes claims as strings: an array as "[a b]", which is no
// tenant.
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
