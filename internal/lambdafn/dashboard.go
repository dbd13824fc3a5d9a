package lambdafn

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// A DashboardEnvironment holds what the dashboard's function reads of its environment. The page shows
// it to everyone.
type DashboardEnvironment struct {
	AuthMode string
	// Issuer, ClientID, Scopes and Token are those of dashboard.Settings. They are empty unless
	// AuthMode is "jwt".
	Issuer, ClientID, Scopes, Token string
	// Connect are the origins that the page may connect to besides its own, with spaces between: the
	// bucket's, and those of the OpenID provider.
	Connect string
}

// readDashboardEnvironment reads JWT_ISSUER, DASHBOARD_CLIENT_ID, DASHBOARD_SCOPES, DASHBOARD_TOKEN
// and DASHBOARD_CONNECT. The error names every variable that is wrong.
func readDashboardEnvironment(mode authMode, getenv func(string) string) (DashboardEnvironment, error) {
	d := DashboardEnvironment{AuthMode: string(mode)}
	connect := strings.Fields(getenv("DASHBOARD_CONNECT"))
	var errs []error
	if mode == authJWT && getenv("DASHBOARD_CLIENT_ID") != "" {
		d.Issuer, d.ClientID = getenv("JWT_ISSUER"), getenv("DASHBOARD_CLIENT_ID")
		d.Scopes, d.Token = getenv("DASHBOARD_SCOPES"), getenv("DASHBOARD_TOKEN")
		issuer, err := url.Parse(d.Issuer)
		if err != nil || issuer.Host == "" {
			errs = append(errs, fmt.Errorf("JWT_ISSUER must be a URL, not %q", d.Issuer))
		} else if origin := issuer.Scheme + "://" + issuer.Host; !slices.Contains(connect, origin) {
			connect = append(connect, origin)
		}
		if !slices.Contains(strings.Fields(d.Scopes), "openid") {
			errs = append(errs, errors.New("DASHBOARD_SCOPES must have openid"))
		}
		if d.Token != "access_token" && d.Token != "id_token" {
			errs = append(errs, fmt.Errorf("DASHBOARD_TOKEN must be access_token or id_token, not %q", d.Token))
		}
	}
	for _, origin := range connect { // a header field of the page lists them
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host || strings.ContainsAny(origin, ";,'*") {
			errs = append(errs, fmt.Errorf("DASHBOARD_CONNECT must be origins such as https://login.example.com with spaces between, not %q", origin))
		}
	}
	d.Connect = strings.Join(connect, " ")
	return d, errors.Join(errs...)
}
