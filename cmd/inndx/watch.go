package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/run"
)

// A watch follows one run through the API.
type watch struct {
	client  *client.Client
	id      uuid.UUID
	display *display.Display
}

// A state is the part of a run that the command reads.
type state struct {
	Status     run.Status     `json:"status"`
	StopReason run.StopReason `json:"stop_reason"`
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt time.Time      `json:"finished_at"`
	Progress   struct {
		run.Progress
		WaitingFor run.WaitReason `json:"waiting_for"`
	} `json:"progress"`
	Config struct {
		Seeds []struct {
			Kind   string
			Params struct{ URLs, Hosts []string }
		}
	} `json:"config"`

	raw json.RawMessage // the response
}

// sitemaps returns the URLs and hosts of the sitemap seeds.
func (s state) sitemaps() (all []string) {
	for _, seed := range s.Config.Seeds {
		if seed.Kind == "sitemap" {
			all = append(append(all, seed.Params.URLs...), seed.Params.Hosts...)
		}
	}
	return all
}

// create creates the job of the manifest and its run.
func (w *watch) create(ctx context.Context, m manifest.Manifest) error {
	response, err := w.client.Call(ctx, http.MethodPost, "/v1/jobs", m)
	if err != nil {
		return err
	}
	var job struct{ ID uuid.UUID }
	if err := json.Unmarshal(response, &job); err != nil {
		return err
	}
	_, err = w.client.Call(ctx, http.MethodPost, "/v1/jobs/"+job.ID.String()+"/runs", map[string]any{"id": w.id})
	return err
}

// cause returns the cause of a failed request: the failure of the stack, if calls reports one
// within failureWait, or else err.
func cause(calls context.Context, err error) error {
	select {
	case <-calls.Done():
		return context.Cause(calls)
	case <-time.After(failureWait):
		return err
	}
}

const (
	// pollInterval is the time between two requests for the run.
	pollInterval = 250 * time.Millisecond
	// maxSilence bounds the time in which all these requests fail.
	maxSilence = 30 * time.Second
	// failureWait bounds the time from a failed request to the report of the stack's failure.
	failureWait = time.Second
)

// await shows the progress of the run until it is finished. When ctx ends, await stops the run and
// returns it with exit.ErrInterrupted. When calls, the context of the requests, ends, await returns the
// cause.
func (w *watch) await(ctx, calls context.Context) (state, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for responded := time.Now(); ; {
		s, err := w.read(calls, http.MethodGet, "")
		var refused *client.Error
		switch {
		case ctx.Err() != nil:
			s, err := w.stop(calls)
			return s, errors.Join(exit.ErrInterrupted, err)
		case errors.As(err, &refused) && refused.Code == http.StatusNotFound:
			return state{}, errors.New("the run was deleted during the crawl")
		case err != nil && time.Since(responded) > maxSilence:
			return state{}, cause(calls, fmt.Errorf("the database does not respond: %w", err))
		case err != nil:
		case s.Status == run.Finished:
			w.display.Show(s.Status, s.Progress.Progress, s.Progress.WaitingFor, time.Now())
			return s, nil
		default:
			responded = time.Now()
			w.display.Show(s.Status, s.Progress.Progress, s.Progress.WaitingFor, time.Now())
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-calls.Done():
			return state{}, context.Cause(calls)
		}
	}
}

// stop stops the run, and returns it.
func (w *watch) stop(calls context.Context) (state, error) {
	ctx, cancel := context.WithTimeout(calls, 10*time.Second)
	defer cancel()
	s, err := w.read(ctx, http.MethodPut, "/stop")
	if err == nil {
		w.display.Show(s.Status, s.Progress.Progress, s.Progress.WaitingFor, time.Now())
	}
	return s, err
}

// read sends a request whose response is the run.
func (w *watch) read(ctx context.Context, method, action string) (s state, err error) {
	s.raw, err = w.client.Call(ctx, method, "/v1/runs/"+w.id.String()+action, nil)
	if err == nil {
		err = json.Unmarshal(s.raw, &s)
	}
	return s, err
}

// checkResult returns an error if the run did not end by itself or fetched nothing.
func (w *watch) checkResult(ctx context.Context, s state) error {
	switch {
	case s.StopReason == run.Unknown:
		return errors.New("the crawl was abandoned after repeated failures: LOG_LEVEL=info shows them")
	case s.StopReason == run.Manual:
		return errors.New("the run was stopped through the API before its end")
	case s.Progress.URLsFetched == 0:
		return &exit.EmptyCrawlError{Reason: w.emptyReason(ctx, s)}
	}
	return nil
}

// maxNamed bounds the URLs that an error names.
const maxNamed = 3

// emptyReason returns the reason why a run fetched nothing, from its log.
func (w *watch) emptyReason(ctx context.Context, s state) string {
	response, err := w.client.Call(ctx, http.MethodGet, "/v1/runs/"+w.id.String()+"/logs?statuses=error&statuses=excluded&per_page=100", nil)
	if err != nil {
		return err.Error()
	}
	var log struct {
		Items []struct {
			URL         string `json:"url"`
			ErrorReason string `json:"error_reason"`
			ErrorDetail string `json:"error_detail"`
		} `json:"items"`
	}
	if err := json.Unmarshal(response, &log); err != nil {
		return err.Error()
	}
	var named []string
	for _, e := range slices.Backward(log.Items) { // the log lists the newest entry first
		if len(named) == maxNamed {
			break
		}
		line := e.URL + " (" + e.ErrorReason
		if e.ErrorDetail != "" {
			line += ": " + e.ErrorDetail
		}
		named = append(named, line+")")
	}
	switch {
	case len(s.Config.Seeds) == 0:
		return "the configuration has no seeds"
	case len(named) == 0:
		return "the seeds have no URLs: check that these sitemaps can be read and list URLs: " + strings.Join(s.sitemaps(), ", ")
	}
	if more := s.Progress.URLsFailed + s.Progress.URLsExcluded - int64(len(named)); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(named, ", ")
}
