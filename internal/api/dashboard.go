package api

import (
	"net/http"
	"path"
	"strings"
)

// getDashboard returns the dashboard's page. Behind a stage, the page is at /stage/, and /stage
// redirects there, because the page's references are relative.
func (s *Server) getDashboard(r *request) (response, error) {
	if prefix := r.prefix(); prefix != "" && prefix == r.target() {
		return response{status: http.StatusFound, location: path.Base(prefix) + "/"}, r.parse(input{})
	}
	return r.publicResponse(s.opts.Dashboard.Page, response{
		contentType: "text/html; charset=utf-8", csp: s.dashboardCSP(), cacheControl: "no-cache",
	})
}

// dashboardCSP returns the policy of the dashboard: it runs no script and loads no style but its
// own, and no other page shows it in a frame.
func (s *Server) dashboardCSP() string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
		strings.TrimSpace("connect-src 'self' " + s.opts.Dashboard.Connect),
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
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
	return r.publicResponse(func() []byte { return content }, response{
		contentType: contentType, cacheControl: "public, max-age=31536000, immutable",
	})
}
