package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/fault"
)

// getArtifactBlob responds with the content of an artifact, or a part of it. A content that is
// larger than the platform can send is on another server for a while, and the response is a
// redirect.
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
	if resp, err = r.checkConditions(resp); err != nil || resp.status != http.StatusOK || r.Method == http.MethodHead {
		return resp, err
	}
	part, partial, ok := r.requestedRange(resp.etag, a.Size)
	if !ok {
		return rangeNotSatisfiable(a.Size), nil
	}
	if bound := s.opts.MaxContent; bound > 0 && a.Size > bound {
		return s.redirectToContent(r, a)
	}
	if partial {
		resp.status = http.StatusPartialContent
		resp.content.length, resp.content.contentRange = part.length, part.contentRange(a.Size)
	}
	resp.content.body, err = s.openContent(r, a, part)
	return resp, err
}

// openContent opens a part of the content. If there is a bound on the contents that the service
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

func rangeNotSatisfiable(size int64) response {
	resp := errorResponse(fault.Because(fault.ReasonRange, "the content has %d bytes, and the range has none of them", size))
	resp.contentRange = "bytes */" + strconv.FormatInt(size, 10)
	return resp
}

// redirectToContent returns a redirect to a copy of the content, which everyone with the URL can
// read for some minutes.
func (s *Server) redirectToContent(r *request, a artifact.Artifact) (response, error) {
	to, err := s.opts.Contents.URL(r.Context(), r.tenant, a, contentType(a), attachment(fileName(a)))
	if err != nil {
		return response{}, err
	}
	return response{status: http.StatusTemporaryRedirect, location: to}, nil
}

// readAll reads n bytes of a body.
func readAll(body io.Reader, n int64) (io.ReadCloser, error) {
	data := make([]byte, n)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, fmt.Errorf("read a content of %d bytes: %w", n, err)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
