package api

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/inndx/runs/internal/fault"
)

// getOpenAPI answers the description of the API as JSON.
func (s *Server) getOpenAPI(r *request) (answer, error) {
	return r.document(s.documents.OpenAPI, "application/json; charset=utf-8")
}

// getDocs answers the description of the API as a page for people.
func (s *Server) getDocs(r *request) (answer, error) {
	page := s.documents.Page
	if page == nil {
		return r.document(nil, "")
	}
	return r.document(func() []byte { return page(r.baseURL()) }, "text/html; charset=utf-8")
}

// document answers what is the same for everybody.
func (r *request) document(make func() []byte, contentType string) (answer, error) {
	if err := r.parse(input{}); err != nil {
		return answer{}, err
	}
	if make == nil {
		return answer{}, fault.Because(fault.ReasonNoSuchPath, "no such path")
	}
	body := make()
	return answer{status: http.StatusOK, contentType: contentType, body: body, etag: tagOf(body), public: true}, nil
}

// base finds what a URL of the API begins with, and nothing that would have to be quoted in a
// page or a shell.
var base = regexp.MustCompile(`^[A-Za-z0-9._~:/%\[\]-]+$`)

// baseURL returns the URL of the API as the caller reaches it, without a slash at its end, and
// "" when that cannot be told.
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

// target returns the path of the request as it was sent.
func (r *request) target() string {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// prefix returns what a gateway took off the path, and so off r.URL: it is still in r.RequestURI.
func (r *request) prefix() string {
	target := r.target()
	if before, ok := strings.CutSuffix(target, r.URL.EscapedPath()); ok {
		return before
	}
	if r.URL.Path == "/" { // the prefix alone
		return target
	}
	return ""
}
