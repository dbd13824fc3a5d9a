package api

import (
	"net/http"

	"github.com/inndx/runs/internal/fault"
)

// getOpenAPI answers the description of the API as JSON.
func (s *Server) getOpenAPI(r *request) (answer, error) {
	return r.document(s.documents.OpenAPI, "application/json; charset=utf-8")
}

// getDocs answers the description of the API as a page for people.
func (s *Server) getDocs(r *request) (answer, error) {
	return r.document(s.documents.Page, "text/html; charset=utf-8")
}

// document answers what is the same for everybody.
func (r *request) document(make func() []byte, contentType string) (answer, error) {
	if err := r.parse(input{}); err != nil {
		return answer{}, err
	}
	if make == nil {
		return answer{}, fault.Because(fault.ReasonNoSuchPath, "no such path")
	}
	return answer{status: http.StatusOK, contentType: contentType, body: make(), public: true}, nil
}
