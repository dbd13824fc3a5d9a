package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/strictjson"
)

// exportRef returns the export that the path names. An id that is not a UUID is added to r.fields.
func (r *request) exportRef() export.Ref {
	return export.Ref{Run: r.runRef(), ID: r.uuid("export_id")}
}

// formatMember declares the format of an export.
func formatMember(to *export.Format) member {
	return member{name: "format", required: true, read: func(v strictjson.Value) {
		s, ok := v.String()
		if !ok {
			return
		}
		if *to = export.Format(s); !slices.Contains(export.Formats(), *to) {
			v.Fail(oneOf(export.Formats()))
		}
	}}
}

func (s *Server) createExport(r *request) (response, error) {
	var id uuid.UUID
	var format export.Format
	ref := r.runRef()
	if err := r.parse(input{body: []member{idMember(&id), formatMember(&format)}, bodyRequired: true}); err != nil {
		return response{}, err
	}
	check := func(of run.Run) error { return checkKept(of, format) }
	e, err := s.opts.Store.CreateExport(r.Context(), ref, id, format, r.key, check)
	if err != nil {
		return response{}, err
	}
	s.wakeExport(r, e.Ref())
	resp := jsonResponse(http.StatusCreated, newExportJSON(r, e))
	resp.location = "exports/" + e.ID.String()
	return resp, nil
}

// checkKept returns an error if the run keeps nothing of what an export in the format contains.
func checkKept(of run.Run, format export.Format) error {
	if format != export.WARC && format != export.WACZ {
		return nil
	}
	cfg, err := config.ParseStored(of.Config)
	switch {
	case err != nil: // a configuration of another version may keep anything
		return nil
	case !cfg.Keeps():
		return fault.Because(fault.ReasonNotKept, "the run keeps no artifacts: none of its pipelines has the action to_blob")
	case format == export.WACZ && !cfg.KeepsResponses():
		return fault.Because(fault.ReasonNotKept,
			"the run keeps no responses, which a wacz consists of: none of its pipelines has the action to_blob after the extractor raw or the step asset_resolver")
	}
	return nil
}

// wakeExport is wake for an export.
func (s *Server) wakeExport(r *request, ref export.Ref) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), wakeTimeout)
	defer cancel()
	if err := s.opts.Queue.SendExport(ctx, ref.Run, ref.ID, 0); err != nil {
		s.opts.Logger.WarnContext(ctx, "wake-up not sent, left to the sweep",
			"run_id", ref.Run.ID, "export_id", ref.ID, "tenant", ref.Run.Tenant, "request_id", r.id, "error", err)
	}
}

// exportsParams declares the parameters of GET /v1/runs/{run_id}/exports.
func exportsParams(f *export.Filter, p *paging.Request) []param {
	return append(pageParams(p),
		enumParam("states", &f.States, export.States()),
		enumParam("formats", &f.Formats, export.Formats()),
	)
}

func (s *Server) listExports(r *request) (response, error) {
	var f export.Filter
	var p paging.Request
	ref := r.runRef()
	if err := r.parse(input{query: exportsParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.ExportPage(r.Context(), ref, f, p)
	if err != nil {
		return response{}, err
	}
	return pageResponse(r, page, func(e export.Export) exportJSON { return newExportJSON(r, e) }), nil
}

func (s *Server) getExport(r *request) (response, error) {
	ref := r.exportRef()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	e, err := s.opts.Store.Export(r.Context(), ref)
	if err != nil {
		return response{}, err
	}
	return jsonResponse(http.StatusOK, newExportJSON(r, e)), nil
}

// deleteExport deletes an export. A worker deletes its file after the wake-up.
func (s *Server) deleteExport(r *request) (response, error) {
	ref := r.exportRef()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	show := func(e export.Export) response { return jsonResponse(http.StatusOK, newExportJSON(r, e)) }
	if err := s.opts.Store.RemoveExport(r.Context(), ref, storeCheck(r, show)); err != nil {
		return response{}, err
	}
	s.wakeExport(r, ref)
	return noContentResponse(), nil
}

// fileURLTime is how long the URL of a file in the bucket can be used.
const fileURLTime = 5 * time.Minute

// getExportFile responds with the file of an export, or a part of it. If there is a bound on the
// content that the service sends, the file is left to the bucket, and the response is a redirect.
func (s *Server) getExportFile(r *request) (response, error) {
	ref := r.exportRef()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	e, err := s.opts.Store.Export(r.Context(), ref)
	if err == nil && e.State != export.Finished {
		err = fault.Because(fault.ReasonWrongState, "the export is %s, and has a file when it is finished", e.State)
	}
	if err != nil {
		return response{}, err
	}
	resp := response{
		status: http.StatusOK, contentType: e.Format.ContentType(), etag: entityTag([]byte(e.ID.String())),
		content: &content{length: e.Size, fileName: e.FileName()},
	}
	var url func() (string, error)
	if s.opts.MaxContent > 0 {
		url = func() (string, error) { return s.opts.Files.SignedURL(r.Context(), e.File(), fileURLTime) }
	}
	return r.contentResponse(resp, url, func(part byteRange) (io.ReadCloser, error) {
		ctx := context.WithoutCancel(r.Context()) // a slow client may take longer than the timeout of requests
		return s.opts.Files.Read(ctx, e.File(), part.first, part.length)
	})
}

// exportJSON is the JSON of an export.
type exportJSON struct {
	ID          uuid.UUID      `json:"id"`
	RunID       uuid.UUID      `json:"run_id"`
	JobID       uuid.UUID      `json:"job_id"`
	Format      export.Format  `json:"format"`
	State       export.State   `json:"state"`
	Entries     int64          `json:"entries"`
	Progress    exportProgress `json:"progress"`
	Size        *int64         `json:"size"`
	DownloadURL *string        `json:"download_url"`
	Error       *string        `json:"error"`
	CreatedAt   timestamp      `json:"created_at"`
	StartedAt   timestamp      `json:"started_at"`
	FinishedAt  timestamp      `json:"finished_at"`
}

type exportProgress struct {
	Parts int64 `json:"parts"`
	Of    int64 `json:"of"`
	Bytes int64 `json:"bytes"`
}

func newExportJSON(r *request, e export.Export) exportJSON {
	done, of := e.Done()
	j := exportJSON{
		ID: e.ID, RunID: e.Run.ID, JobID: e.JobID, Format: e.Format, State: e.State, Entries: e.Progress.Entries,
		Progress: exportProgress{Parts: done, Of: of, Bytes: e.Progress.Bytes}, Error: nullable(e.Error),
		CreatedAt: timestamp(e.CreatedAt), StartedAt: timestamp(e.StartedAt), FinishedAt: timestamp(e.FinishedAt),
	}
	if e.State == export.Finished {
		url := r.prefix() + "/v1/runs/" + e.Run.ID.String() + "/exports/" + e.ID.String() + "/file"
		j.Size, j.DownloadURL = &e.Size, &url
	}
	return j
}
