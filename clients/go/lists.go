package runs

import (
	"context"
	"iter"
)

// The methods of this file yield the items of all pages of a list that match the parameters, which
// may be nil. A sequence begins at the page of the parameters, and ends after an error. An item that
// exists when the first page is read is yielded exactly once.

// Runs yields all runs, most recent first.
func (c *ClientWithResponses) Runs(ctx context.Context, params *ListRunsParams) iter.Seq2[Run, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Run, *NextPage, error) {
		resp, err := c.ListRunsWithResponse(ctx, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// JobRuns yields the runs of a job, most recent first.
func (c *ClientWithResponses) JobRuns(ctx context.Context, job ID, params *ListJobRunsParams) iter.Seq2[Run, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Run, *NextPage, error) {
		resp, err := c.ListJobRunsWithResponse(ctx, job, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// Jobs yields all jobs, most recent first.
func (c *ClientWithResponses) Jobs(ctx context.Context, params *ListJobsParams) iter.Seq2[Job, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Job, *NextPage, error) {
		resp, err := c.ListJobsWithResponse(ctx, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// Logs yields the entries of a run's log, last recorded first.
func (c *ClientWithResponses) Logs(ctx context.Context, run ID, params *ListRunLogsParams) iter.Seq2[LogEntry, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]LogEntry, *NextPage, error) {
		resp, err := c.ListRunLogsWithResponse(ctx, run, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// Links yields the URLs that a run knows.
func (c *ClientWithResponses) Links(ctx context.Context, run ID, params *ListRunLinksParams) iter.Seq2[Link, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Link, *NextPage, error) {
		resp, err := c.ListRunLinksWithResponse(ctx, run, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// Edges yields the links between pages that a run recorded.
func (c *ClientWithResponses) Edges(ctx context.Context, run ID, params *ListRunEdgesParams) iter.Seq2[Edge, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Edge, *NextPage, error) {
		resp, err := c.ListRunEdgesWithResponse(ctx, run, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// Hosts yields the hosts of a run. By default they are ordered by name. Other orders have one page.
func (c *ClientWithResponses) Hosts(ctx context.Context, run ID, params *ListRunHostsParams) iter.Seq2[Host, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Host, *NextPage, error) {
		resp, err := c.ListRunHostsWithResponse(ctx, run, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// Exports yields the exports of a run, most recent first.
func (c *ClientWithResponses) Exports(ctx context.Context, run ID, params *ListExportsParams) iter.Seq2[Export, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Export, *NextPage, error) {
		resp, err := c.ListExportsWithResponse(ctx, run, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// Artifacts yields what runs keep.
func (c *ClientWithResponses) Artifacts(ctx context.Context, params *ListArtifactsParams) iter.Seq2[Artifact, error] {
	p := valueOf(params)
	return walk(&p.Page, func() ([]Artifact, *NextPage, error) {
		resp, err := c.ListArtifactsWithResponse(ctx, &p)
		if err != nil {
			return nil, nil, err
		}
		return resp.JSON200.Items, resp.JSON200.NextPage, nil
	})
}

// walk yields the items of all pages. Read reads the page that *page names, or the first one if it
// is nil.
func walk[T any](page **Page, read func() ([]T, *NextPage, error)) iter.Seq2[T, error] {
	first := *page
	return func(yield func(T, error) bool) {
		for *page = first; ; {
			items, next, err := read()
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if *page = next; next == nil {
				return
			}
		}
	}
}

// valueOf returns a copy of *params, or the zero value if params is nil.
func valueOf[P any](params *P) P {
	var p P
	if params != nil {
		p = *params
	}
	return p
}
