package runs

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"
)

const (
	// waitTime is the longest that the service lets a request wait.
	waitTime = "20s"
	// pollTime is the least time between two requests that ask for news.
	pollTime = 2 * time.Second
)

// WaitRun waits until the run is finished and returns it. A run that is paused is not finished. If
// the run is deleted, the error has the status 404. The context bounds the time.
//
// Each request waits at the service, which responds as soon as the status changes.
func (c *ClientWithResponses) WaitRun(ctx context.Context, run ID) (*Run, error) {
	var params GetRunParams
	for waits := true; ; {
		began := time.Now()
		resp, err := c.GetRunWithResponse(ctx, run, &params)
		var refused *Error
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity && params.Wait != nil:
			params, waits = GetRunParams{}, false // a service that cannot wait yet
			continue
		case err != nil:
			return nil, err
		case resp.JSON200.Status == StatusFinished:
			return resp.JSON200, nil
		case !waits:
		case params.While == nil || *params.While != resp.JSON200.Status:
			params = GetRunParams{Wait: new(waitTime), While: &resp.JSON200.Status}
			continue
		}
		if err := sleep(ctx, pollTime-time.Since(began)); err != nil {
			return nil, err
		}
	}
}

// FollowLog yields the entries of the run's log that match the parameters, as they are recorded: the
// last ones that exist, at most a page of them, and then each new one, until the run is finished. It
// asks for new ones every two seconds. The sequence ends after an error.
func (c *ClientWithResponses) FollowLog(ctx context.Context, run ID, params *ListRunLogsParams) iter.Seq2[LogEntry, error] {
	return func(yield func(LogEntry, error) bool) {
		var last *ID
		for first := true; ; first = false {
			// The run first: if it is finished, the log that is read after it is complete.
			resp, err := c.GetRunWithResponse(ctx, run, nil)
			var entries []LogEntry
			if err == nil {
				entries, err = c.newEntries(ctx, run, params, first, last)
			}
			for _, entry := range slices.Backward(entries) {
				if last = &entry.ID; !yield(entry, nil) {
					return
				}
			}
			if err == nil && resp.JSON200.Status == StatusFinished {
				return
			}
			if err == nil {
				err = sleep(ctx, pollTime)
			}
			if err != nil {
				yield(LogEntry{}, err)
				return
			}
		}
	}
}

// newEntries returns the entries that were recorded after the one with the id last, which may be nil,
// the last one first. The first time it returns a page.
func (c *ClientWithResponses) newEntries(ctx context.Context, run ID, params *ListRunLogsParams, first bool, last *ID) ([]LogEntry, error) {
	if first {
		resp, err := c.ListRunLogsWithResponse(ctx, run, params)
		if err != nil {
			return nil, err
		}
		return resp.JSON200.Items, nil
	}
	var entries []LogEntry
	for entry, err := range c.Logs(ctx, run, params) {
		if err != nil {
			return nil, err
		}
		if last != nil && entry.ID == *last {
			break
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// sleep waits for the time, or returns the error of the context if it ends before.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
