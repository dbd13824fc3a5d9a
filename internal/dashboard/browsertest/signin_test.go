//go:build browser

package browsertest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"
	"github.com/rs/cors"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/dashboard"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// A provider is an OpenID provider on loopback, and a service behind a gateway that accepts its
// tokens. They share the data of the other tests' service.
type provider struct {
	*mockoidc.MockOIDC
	t       *testing.T
	service *httptest.Server
	refuse  atomic.Bool // whether the gateway refuses all tokens
	grants  atomic.Int32
}

// newProvider starts the provider, and the service whose page has the settings, with the provider's
// names in them.
func newProvider(t *testing.T, settings dashboard.Settings) *provider {
	t.Helper()
	m, err := mockoidc.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{MockOIDC: m, t: t}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		err = errors.Join(m.AddMiddleware(cors.AllowAll().Handler), m.AddMiddleware(p.asPublicClient), m.Start(listener, nil))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Shutdown() })
	if settings.ClientID != "" {
		settings.Issuer, settings.ClientID = m.Issuer(), m.ClientID
	}
	s, err := service()
	if err != nil {
		t.Fatal(err)
	}
	issuer, _ := url.Parse(m.Issuer())
	server := api.New(api.Options{
		Store: s.Store, Queue: wake.NewLocal(wake.LocalOptions{}), Logger: slog.New(slog.DiscardHandler),
		CallersTenant: func(r *http.Request) (tenant.ID, error) { return r.Context().Value(tenantKey{}).(tenant.ID), nil },
		Dashboard: api.Dashboard{
			Page: func() []byte { return dashboard.Page(settings) }, Asset: dashboard.Asset, Connect: "http://" + issuer.Host,
		},
	})
	p.service = httptest.NewServer(p.gateway(server.Handler()))
	t.Cleanup(p.service.Close)
	return p
}

type tenantKey struct{}

// gateway checks tokens before requests to the API, as API Gateway does.
func (p *provider) gateway(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1/") {
			h.ServeHTTP(w, r)
			return
		}
		text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := p.Keypair.VerifyJWT(text, p.Now)
		if err != nil || p.refuse.Load() {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"message":"Unauthorized"}`)
			return
		}
		id, _ := token.Claims.(jwt.MapClaims)["tenant_id"].(string)
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tenantKey{}, tenant.ID(id))))
	})
}

// asPublicClient lets a client without a secret get tokens, if it proves by PKCE who it is.
func (p *provider) asPublicClient(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") && r.Method == http.MethodPost {
			p.grants.Add(1)
			if err := r.ParseForm(); err != nil || r.Form.Get("code_verifier") == "" || r.Form.Has("client_secret") {
				p.t.Errorf("the page asks for a token by %v", r.Form)
			}
			if got := r.Form.Get("redirect_uri"); got != p.service.URL+"/" {
				p.t.Errorf("the redirect URI is %s", got)
			}
			r.Form.Set("client_secret", p.ClientSecret)
		}
		if strings.HasSuffix(r.URL.Path, "/authorize") {
			query := r.URL.Query()
			if query.Get("code_challenge_method") != "S256" || len(query.Get("code_challenge")) != 43 || len(query.Get("nonce")) < 32 || len(query.Get("state")) < 32 {
				p.t.Errorf("the page asks for a sign-in by %v", query)
			}
		}
		h.ServeHTTP(w, r)
	})
}

// A person signs in at the provider, which puts their tenant into the token.
type person struct {
	*mockoidc.MockUser
	tenant string
}

type claims struct {
	*mockoidc.IDTokenClaims
	Tenant string `json:"tenant_id"`
}

func (p person) Claims(_ []string, c *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	return claims{c, p.tenant}, nil
}

// newPerson returns a user of the provider's service, whose tenant has a run, and who is the next
// one to sign in.
func (p *provider) newPerson(t *testing.T) *user {
	t.Helper()
	u := newUser(t)
	u.finished("docs of "+u.tenant, u.site(1), nil)
	u.base = p.service.URL
	p.QueueUser(person{mockoidc.DefaultUser(), u.tenant})
	u.Allow("a request goes to another host: GET "+p.Issuer(), "a request goes to another host: POST "+p.TokenEndpoint())
	return u
}

// open opens an address without a tenant, which the token names.
func (u *user) open(address string) {
	u.t.Helper()
	u.Open(u.base + "/#" + address)
	u.Role("heading", "Sign in").Await()
}

var client = dashboard.Settings{AuthMode: "jwt", ClientID: "yes", Scopes: "openid", Token: "id_token"}

func TestSignIn(t *testing.T) {
	p := newProvider(t, client)
	u := p.newPerson(t)
	u.open("/runs?statuses=finished")
	u.CheckAccessible()
	u.Screenshot("sign-in")
	if requests := u.Requests("GET /v1/"); len(requests) > 0 {
		t.Errorf("requests before the sign-in: %v", requests)
	}
	u.Role("button", "Sign in").Click()
	u.AwaitText("docs of " + u.tenant)
	if want := p.service.URL + "/#/runs?statuses=finished"; u.URL() != want {
		t.Errorf("the address is %s, want %s", u.URL(), want)
	}
	u.Reload()
	u.AwaitText("docs of " + u.tenant)
	if n := p.grants.Load(); n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
	for name, store := range map[string]string{"localStorage": "Object.values(localStorage)", "cookies": "[document.cookie]"} {
		var values []string
		u.Eval(store, &values)
		if strings.Contains(strings.Join(values, " "), "eyJ") {
			t.Errorf("the %s have the token: %q", name, values)
		}
	}

	beside := &user{u.Tab.Tab(), t, u.base, u.tenant}
	beside.open("/runs") // another tab has no token
	u.Role("button", "Sign out").Click()
	u.Role("heading", "Sign in").Await()
	u.Reload()
	u.Role("heading", "Sign in").Await()
	if text := u.HTML(); strings.Contains(text, "docs of") {
		t.Errorf("after the sign-out, the page has %s", text)
	}
}

// When the token expires, the page asks once more, and asks the API no further.
func TestSessionEnds(t *testing.T) {
	p := newProvider(t, client)
	u := p.newPerson(t)
	u.open("/runs?statuses=finished")
	u.Role("button", "Sign in").Click()
	u.AwaitText("docs of " + u.tenant)
	u.Allow("the response is 401")
	p.refuse.Store(true)
	u.AwaitText("Your session has ended")
	u.AwaitIdle()
	u.ForgetRequests()
	u.Pass(time.Minute)
	if requests := u.Requests(""); len(requests) > 0 {
		t.Errorf("requests after the end of the session: %v", requests)
	}

	// A provider that signs in at once, with a token that the API refuses, makes no loop.
	again := p.newPerson(t)
	again.Allow("the response is 401")
	again.open("/runs")
	again.Role("button", "Sign in").Click()
	again.AwaitText("Your session has ended")
	if n := p.grants.Load(); n != 2 {
		t.Errorf("%d tokens were asked for, want one for each click", n)
	}
	p.refuse.Store(false)
	p.QueueUser(person{mockoidc.DefaultUser(), again.tenant})
	again.Role("button", "Sign in").Click()
	again.AwaitText("docs of " + again.tenant)
}

// A link to the page cannot sign a user in as somebody else.
func TestForeignSignIn(t *testing.T) {
	p := newProvider(t, client)
	u := p.newPerson(t)
	code := p.code(t)
	u.Open(u.base + "/?code=" + code + "&state=known#/runs")
	u.AwaitText("This sign-in did not begin in this tab")
	if n := p.grants.Load(); n != 0 {
		t.Errorf("%d tokens were asked for", n)
	}
	if strings.Contains(u.URL(), "code=") {
		t.Errorf("the address is %s", u.URL())
	}
	u.Open(u.base + "/?error=access_denied&error_description=%3Cimg%20src=x%20onerror=alert(1)%3E&state=known#/runs")
	u.AwaitText("This sign-in did not begin in this tab")
}

// code returns a code of the provider for somebody else.
func (p *provider) code(t *testing.T) string {
	t.Helper()
	s, err := p.SessionStore.NewSession("openid", "nonce", mockoidc.DefaultUser(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return s.SessionID
}

func TestPastedToken(t *testing.T) {
	p := newProvider(t, dashboard.Settings{AuthMode: "jwt"})
	u := p.newPerson(t)
	token := func(expires time.Duration) string {
		t.Helper()
		now := time.Now()
		text, err := p.Keypair.SignJWT(claims{&mockoidc.IDTokenClaims{RegisteredClaims: &jwt.RegisteredClaims{
			Issuer: p.Issuer(), ExpiresAt: jwt.NewNumericDate(now.Add(expires)),
		}}, u.tenant})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	u.open("/runs")
	u.CheckAccessible()
	for text, want := range map[string]string{
		"": "Paste a token", "secret": "not a JSON Web Token", "a.b.c": "not a JSON Web Token", token(-time.Hour): "has expired",
	} {
		u.Role("textbox", "Token").Type(text)
		u.Role("button", "Sign in").Click()
		u.AwaitText(want)
	}
	u.Role("textbox", "Token").Type("Bearer " + token(time.Hour))
	u.Press("Enter")
	u.AwaitText("docs of " + u.tenant)
	for _, r := range u.Requests("GET /v1/") {
		if r.Header["X-Tenant-Id"] != nil {
			t.Errorf("the page names the tenant %v", r.Header["X-Tenant-Id"])
		}
	}
	// The address names the tenant of another user.
	u.Allow("the response is 403")
	u.Open(u.base + "/#/runs?tenant=other")
	u.AwaitText("differs from the tenant of the token")
	if text := u.Text(); strings.Contains(text, "docs of") {
		t.Errorf("the page of another tenant shows %s", text)
	}
}

// With AuthMode iam, the page says which commands to use, and calls nothing.
func TestCommandsInsteadOfPages(t *testing.T) {
	p := newProvider(t, dashboard.Settings{AuthMode: "iam"})
	u := newUser(t)
	u.base = p.service.URL
	u.Open(u.base + "/#/runs")
	u.Role("heading", "Use the command line").Await()
	u.AwaitText("inndx top --aws-sigv4", "export INNDX_URL='"+u.base+"'", "curl '"+u.base+"/v1/runs'")
	u.CheckAccessible()
	u.Screenshot("iam")
	if requests := u.Requests("GET /v1/"); len(requests) > 0 {
		t.Errorf("requests: %v", requests)
	}
}
