package api

import (
	"encoding/hex"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/weburl"
)

// edgesParams declares the parameters of GET /v1/runs/{run_id}/edges.
func edgesParams(f *crawllog.EdgeFilter, p *paging.Request) []param {
	params := append(pageParams(p),
		hashesParam("from", &f.From),
		urlKeysParam("from_url", &f.From),
		hashesParam("to", &f.To),
		urlKeysParam("to_url", &f.To),
		enumParam("kinds", &f.Kinds, crawllog.EdgeKinds()),
	)
	p.Limit = logsPerPage
	return params
}

// urlKeysParam declares a list of URLs, each as urlParam declares one.
func urlKeysParam(name string, to *[]weburl.Key) param {
	return param{name, list, func(key, v string) *fault.Rule {
		var url string
		if rule := urlParam(name, &url).read(key, v); rule != nil {
			return rule
		}
		*to = append(*to, weburl.KeyOfText(url))
		return nil
	}}
}

func (s *Server) listRunEdges(r *request) (response, error) {
	var f crawllog.EdgeFilter
	var p paging.Request
	ref := r.runRef()
	if err := r.parse(input{query: edgesParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.Edges(r.Context(), ref, f, p)
	if err != nil {
		return response{}, err
	}
	return searchResponse(r, page, newEdgeJSON), nil
}

// edgeJSON is the JSON of an edge.
type edgeJSON struct {
	From     string            `json:"from"`
	FromHash string            `json:"from_hash"`
	To       string            `json:"to"`
	ToHash   string            `json:"to_hash"`
	Kind     crawllog.EdgeKind `json:"kind"`
}

func newEdgeJSON(e crawllog.Edge) edgeJSON {
	from, to := weburl.KeyOfText(e.From), weburl.KeyOfText(e.To)
	return edgeJSON{
		From: e.From, FromHash: hex.EncodeToString(from[:]),
		To: e.To, ToHash: hex.EncodeToString(to[:]),
		Kind: e.Kind,
	}
}
