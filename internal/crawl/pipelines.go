package crawl

import (
	"context"
	"errors"

	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/weburl"
)

// applyPipelines sets what the pipelines keep of a response, and logs their events. It returns the
// reason and the detail of an error.
func (ft *fetcher) applyPipelines(ctx context.Context, u weburl.URL, r *fetch.Response, res *result) (reason, detail string) {
	made, err := ft.settings.pipelines.Apply(ctx, pipeline.Page{
		URL: u, Status: r.Status, Header: r.Header, ContentType: r.ContentType, Body: r.Body,
		Redirects: res.redirects, Depth: res.depth, RunID: ft.run.ID,
	})
	var failed *pipeline.Error
	switch {
	case errors.As(err, &failed):
		return failed.Reason, failed.Error()
	case err != nil:
		res.canceled = true
		return "", ""
	}
	for _, e := range made.Events {
		ft.log.Log(ctx, e.Level, "pipeline event", "event", e.Event, "pipeline_id", e.PipelineID, "url", u.String())
	}
	res.contents = made.Contents
	filtering := newFiltering(ctx, ft.settings.filterBudget)
	res.links, reason = ft.settings.withAssets(filtering, res.links, &made)
	res.canceled = filtering.ended && ctx.Err() != nil
	return reason, ""
}
