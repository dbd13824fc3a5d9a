package api

import (
	"encoding/hex"
	"regexp"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/weburl"
)

// linksParams declares the parameters of GET /v1/runs/{run_id}/links.
func linksParams(f *crawllog.LinkFilter, p *paging.Request) []param {
	params := append(pageParams(p),
		enumParam("states", &f.States, crawllog.LinkStates()),
		hostsParam("hosts", &f.Hosts),
		urlParam("url", &f.URL),
		urlParam("url_prefix", &f.URLPrefix),
		hashesParam("url_hashes", &f.URLHashes),
		httpStatusesParam("http_statuses", &f.HTTPStatuses),
	)
	p.Limit = logsPerPage
	return params
}

var urlHash = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)

// hashesParam declares a list of values of url_hash.
func hashesParam(name string, to *[]weburl.Key) param {
	return param{name, list, func(_, v string) *fault.Rule {
		var key weburl.Key
		if !urlHash.MatchString(v) {
			rule := fault.Format("url-hash", "must be a url_hash: 32 hexadecimal digits")
			return &rule
		}
		if _, err := hex.Decode(key[:], []byte(v)); err != nil {
			panic(err) // the pattern allows hexadecimal digits only
		}
		*to = append(*to, key)
		return nil
	}}
}

func (s *Server) listRunLinks(r *request) (response, error) {
	var f crawllog.LinkFilter
	var p paging.Request
	ref := r.runRef()
	if err := r.parse(input{query: linksParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.Links(r.Context(), ref, f, p)
	if err != nil {
		return response{}, err
	}
	return searchResponse(r, page, newLinkJSON), nil
}

// linkJSON is the JSON of a URL that a run knows.
type linkJSON struct {
	ID          *uuid.UUID         `json:"id"` // of the log entry
	RunID       uuid.UUID          `json:"run_id"`
	JobID       uuid.UUID          `json:"job_id"`
	URL         string             `json:"url"`
	URLHash     string             `json:"url_hash"`
	Host        string             `json:"host"`
	State       crawllog.LinkState `json:"state"`
	Depth       int                `json:"depth"`
	Referrer    *string            `json:"referrer"`
	HTTPStatus  *int               `json:"http_status"`
	ErrorReason *string            `json:"error_reason"`
	ContentType *string            `json:"content_type"`
	Title       *string            `json:"title"`
}

func newLinkJSON(l crawllog.Link) linkJSON {
	hash := l.URLHash()
	j := linkJSON{
		RunID:       l.RunID,
		JobID:       l.JobID,
		URL:         l.URL,
		URLHash:     hex.EncodeToString(hash[:]),
		Host:        l.Host(),
		State:       l.State,
		Depth:       l.Depth,
		Referrer:    nullable(l.Referrer),
		HTTPStatus:  nullable(l.HTTPStatus),
		ErrorReason: nullable(l.ErrorReason),
		ContentType: nullable(l.ContentType),
		Title:       nullable(l.Title),
	}
	if l.State != crawllog.LinkQueued {
		j.ID = nullable(l.ID())
	}
	return j
}
