package api

import (
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
)

// artifactsParams declares the parameters of GET /v1/artifacts.
func artifactsParams(f *artifact.Filter, p *paging.Request) []param {
	return append(pageParams(p),
		artifactIDsParam("include_ids", &f.IncludeIDs),
		artifactIDsParam("exclude_ids", &f.ExcludeIDs),
		uuidsParam("run_ids", &f.RunIDs),
		hashesParam("url_hashes", &f.URLHashes),
		stringsParam("blob_keys", &f.BlobKeys),
		enumParam("kinds", &f.Kinds, crawllog.Kinds()),
		stringsParam("pipeline_ids", &f.PipelineIDs),
		contentTypesParam("content_types", &f.ContentTypes),
		beforeParam("created_before", &f.CreatedBefore),
		afterParam("created_after", &f.CreatedAfter),
	)
}

// parseArtifactID parses the id of an artifact. As in a UUID, case does not matter.
func parseArtifactID(s string) (artifact.ID, *fault.Rule) {
	id, ok := artifact.Parse(strings.ToLower(s))
	if !ok {
		rule := fault.Format("artifact-id", "must be the id of an artifact such as 0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071.12.3.0")
		return artifact.ID{}, &rule
	}
	return id, nil
}

// artifactIDsParam declares a list of ids of artifacts.
func artifactIDsParam(name string, to *[]artifact.ID) param {
	return param{name, list, func(_, v string) *fault.Rule {
		id, rule := parseArtifactID(v)
		if rule == nil {
			*to = append(*to, id)
		}
		return rule
	}}
}

func (s *Server) listArtifacts(r *request) (response, error) {
	var f artifact.Filter
	var p paging.Request
	if err := r.parse(input{query: artifactsParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.Artifacts(r.Context(), r.tenant, f, p)
	if err != nil {
		return response{}, err
	}
	return pageResponse(r, page, newArtifactJSON), nil
}

// artifactID returns the id of the artifact that the path names. A wrong id is added to r.fields.
func (r *request) artifactID() artifact.ID {
	id, rule := parseArtifactID(r.vars["artifact_id"])
	if rule != nil {
		r.fields.Add("artifact_id", *rule)
	}
	return id
}

func (s *Server) getArtifact(r *request) (response, error) {
	id := r.artifactID()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	a, err := s.opts.Store.Artifact(r.Context(), r.tenant, id)
	if err != nil {
		return response{}, err
	}
	return artifactResponse(a), nil
}

func artifactResponse(a artifact.Artifact) response {
	return jsonResponse(http.StatusOK, newArtifactJSON(a))
}

// deleteArtifact deletes an artifact and its content. The artifact is hidden first. If the process
// dies before the content is wiped, the client gets no response, and its next request continues.
func (s *Server) deleteArtifact(r *request) (response, error) {
	id := r.artifactID()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	hidden, err := s.opts.Store.HideArtifact(r.Context(), r.tenant, id, storeCheck(r, artifactResponse))
	if err != nil {
		return response{}, err
	}
	if err := s.opts.Contents.Wipe(r.Context(), r.tenant, hidden); err != nil {
		return response{}, err
	}
	return noContentResponse(), nil
}

// artifactJSON is the JSON of an artifact.
type artifactJSON struct {
	ID          string        `json:"id"`
	RunID       uuid.UUID     `json:"run_id"`
	JobID       uuid.UUID     `json:"job_id"`
	URL         string        `json:"url"`
	URLHash     string        `json:"url_hash"`
	Kind        crawllog.Kind `json:"kind"`
	PipelineID  string        `json:"pipeline_id"`
	BlobKey     string        `json:"blob_key"`
	ContentType *string       `json:"content_type"`
	Size        int64         `json:"size"`
	Digest      *string       `json:"digest"`
	ContentID   string        `json:"content_id"`
	Revisit     bool          `json:"revisit"`
	Truncated   bool          `json:"truncated"`
	CreatedAt   timestamp     `json:"created_at"`
}

func newArtifactJSON(a artifact.Artifact) artifactJSON {
	hash := a.URLHash()
	return artifactJSON{
		ID:          a.ID.String(),
		RunID:       a.ID.Run,
		JobID:       a.JobID,
		URL:         a.URL,
		URLHash:     hex.EncodeToString(hash[:]),
		Kind:        a.Kind,
		PipelineID:  a.PipelineID,
		BlobKey:     a.BlobKey(),
		ContentType: nullable(a.ContentType),
		Size:        a.Size,
		ContentID:   a.ContentID(),
		Digest:      nullable(a.Digest.String()),
		Revisit:     a.IsRevisit(),
		Truncated:   a.Truncated,
		CreatedAt:   timestamp(a.CreatedAt),
	}
}
