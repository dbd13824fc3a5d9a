package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/inndx/runs/internal/artifact"
)

// getArtifactBlob responds with the content of an artifact, or a part of it. Content that is larger
// than the platform can send is copied to an object of its own, and the response is a redirect to a
// URL that everyone can read for some minutes.
func (s *Server) getArtifactBlob(r *request) (response, error) {
	id := r.artifactID()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	a, err := s.opts.Store.Artifact(r.Context(), r.tenant, id)
	if err != nil {
		return response{}, err
	}
	resp := response{
		status: http.StatusOK, contentType: contentType(a), etag: contentTag(a),
		content: &content{length: a.Size, fileName: fileName(a)},
	}
	var url func() (string, error)
	if bound := s.opts.MaxContent; bound > 0 && a.Size > bound {
		url = func() (string, error) {
			return s.opts.Contents.URL(r.Context(), r.tenant, a, contentType(a), attachment(fileName(a)))
		}
	}
	return r.contentResponse(resp, url, func(part byteRange) (io.ReadCloser, error) { return s.openContent(r, a, part) })
}

// openContent opens a part of the content. If there is a bound on the content that the service
// sends, the part is read at once: the platform needs the whole body, and a failure can still
// become an error response.
func (s *Server) openContent(r *request, a artifact.Artifact, part byteRange) (io.ReadCloser, error) {
	ctx := r.Context()
	if s.opts.MaxContent == 0 { // a slow client may take longer than the timeout of requests
		ctx = context.WithoutCancel(ctx)
	}
	body, err := s.opts.Contents.Open(ctx, r.tenant, a, part.first)
	if err != nil || s.opts.MaxContent == 0 {
		return body, err
	}
	defer body.Close()
	return readAll(body, part.length)
}

// readAll reads n bytes of a body.
func readAll(body io.Reader, n int64) (io.ReadCloser, error) {
	data := make([]byte, n)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, fmt.Errorf("read %d bytes of content: %w", n, err)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
