package api

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/inndx/runs/internal/fault"
)

const (
	// publicCache lets shared caches keep a response that is the same for all callers.
	publicCache = "public, max-age=300"
	// docsCSP is the policy of the docs page, which has inline styles and no scripts.
	docsCSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// getOpenAPI returns the description of the API as JSON.
func (s *Server) getOpenAPI(r *request) (response, error) {
	return r.publicResponse(s.opts.Docs.Spec, input{}, response{contentType: "application/json; charset=utf-8", cacheControl: publicCache})
}

// getDocs returns the description of the API as an HTML page.
func (s *Server) getDocs(r *request) (response, error) {
	resp := response{contentType: "text/html; charset=utf-8", csp: docsCSP, cacheControl: publicCache}
	page := s.opts.Docs.Page
	if page == nil {
		return r.publicResponse(nil, input{}, resp)
	}
	return r.publicResponse(func() []byte { return page(r.baseURL()) }, input{}, resp)
}

// publicResponse returns resp with content that is the same for all tenants. It fails if content is
// nil.
func (r *request) publicResponse(content func() []byte, in input, resp response) (response, error) {
	if err := r.parse(in); err != nil {
		return response{}, err
	}
	if content == nil {
		return response{}, noSuchPath()
	}
	resp.status, resp.body = http.StatusOK, content()
	resp.etag = entityTag(resp.body)
	return resp, nil
}

func noSuchPath() error { return fault.Because(fault.ReasonNoSuchPath, "no such path") }

// base matches a base URL of the API whose characters need no quoting in HTML or in a shell.
var base = regexp.MustCompile(`^[A-Za-z0-9._~:/%\[\]-]+$`)

// baseURL returns the base URL of the API that the caller used, without a trailing slash, or "" if
// it is unknown or not matched by base.
func (r *request) baseURL() string {
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	if u := scheme + "://" + r.Host + r.prefix(); r.Host != "" && base.MatchString(u) {
		return u
	}
	return ""
}

// target returns the path of the request as it was sent, or "" if it is not valid.
func (r *request) target() string {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// prefix returns the part that a gateway removed from the start of the path. r.URL lacks it, but
// r.RequestURI does not.
func (r *request) prefix() string {
	target := r.target()
	if before, ok := strings.CutSuffix(target, r.URL.EscapedPath()); ok {
		return before
	}
	if r.URL.Path == "/" { // the path is the prefix alone
		return target
	}
	return ""
}
