package api

import (
	"net/http"
	"path"
	"strings"
)

// getDashboard returns the dashboard's page. Behind a stage, the page is at /stage/, and /stage
// redirects there, because the page's references are relative. The query is not for the service: an
// OpenID provider that sends the user back adds parameters of its own for the page.
func (s *Server) getDashboard(r *request) (response, error) {
	in := input{anyQuery: true}
	if prefix := r.prefix(); prefix != "" && prefix == r.target() {
		location := path.Base(prefix) + "/"
		if r.URL.RawQuery != "" {
			location += "?" + r.URL.RawQuery
		}
		return response{status: http.StatusFound, location: location}, r.parse(in)
	}
	return r.publicResponse(s.opts.Dashboard.Page, in, response{
		contentType: "text/html; charset=utf-8", csp: s.dashboardCSP(), cacheControl: "no-cache",
	})
}

// dashboardCSP returns the policy of the dashboard: it runs no script and loads no style but its
// own, makes no markup of text, and no other page shows it in a frame.
func (s *Server) dashboardCSP() string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
		strings.TrimSpace("connect-src 'self' " + s.opts.Dashboard.Connect),
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; ")
}

// getDashboardAsset returns an asset of the dashboard. Its name changes with its content, so
// browsers keep it.
func (s *Server) getDashboardAsset(r *request) (response, error) {
	asset := s.opts.Dashboard.Asset
	if asset == nil {
		return response{}, noSuchPath()
	}
	content, contentType, ok := asset(r.vars["asset"])
	if !ok {
		return response{}, noSuchPath()
	}
	return r.publicResponse(func() []byte { return content }, input{}, response{
		contentType: contentType, cacheControl: "public, max-age=31536000, immutable",
	})
}
