package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
)

// runJSON is the JSON of a run. Its config is masked.
type runJSON struct {
	ID         uuid.UUID         `json:"id"`
	JobID      uuid.UUID         `json:"job_id"`
	JobName    *string           `json:"job_name"`
	Status     run.Status        `json:"status"`
	StopReason *run.StopReason   `json:"stop_reason"`
	Config     json.RawMessage   `json:"config,omitempty"` // omitted in a summary
	Labels     map[string]string `json:"labels"`
	CreatedAt  timestamp         `json:"created_at"`
	StartedAt  timestamp         `json:"started_at"`
	PausedAt   timestamp         `json:"paused_at"`
	FinishedAt timestamp         `json:"finished_at"`
	UpdatedAt  timestamp         `json:"updated_at"`
	Progress   progressJSON      `json:"progress"`
}

func newRunJSON(r run.Run) runJSON {
	return runJSON{
		ID:         r.ID,
		JobID:      r.JobID,
		JobName:    nullable(r.JobName),
		Status:     r.Status,
		StopReason: nullable(r.StopReason),
		Config:     config.MaskStored(r.Config),
		Labels:     labelsJSON(r.Labels),
		CreatedAt:  timestamp(r.CreatedAt),
		StartedAt:  timestamp(r.StartedAt),
		PausedAt:   timestamp(r.PausedAt),
		FinishedAt: timestamp(r.FinishedAt),
		UpdatedAt:  timestamp(r.UpdatedAt),
		Progress:   progressJSON{r.Progress, nullable(r.WaitingFor)},
	}
}

// progressJSON is the JSON of a run's progress.
type progressJSON struct {
	run.Progress
	WaitingFor *run.WaitReason `json:"waiting_for"`
}

// nullable returns a pointer to the value, or nil if it is zero.
func nullable[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// jobJSON is the JSON of a job. Its config is masked. Run is the job's first run if both were
// created together.
type jobJSON struct {
	ID        uuid.UUID         `json:"id"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels"`
	Config    json.RawMessage   `json:"config,omitempty"` // omitted in a summary
	CreatedAt timestamp         `json:"created_at"`
	UpdatedAt timestamp         `json:"updated_at"`
	Run       *runJSON          `json:"run,omitempty"`
}

func newJobJSON(j job.Job) jobJSON {
	return jobJSON{
		ID:        j.ID,
		Name:      j.Name,
		Labels:    labelsJSON(j.Labels),
		Config:    config.MaskStored(j.Config),
		CreatedAt: timestamp(j.CreatedAt),
		UpdatedAt: timestamp(j.UpdatedAt),
	}
}

// labelsJSON encodes missing labels as {} instead of null.
func labelsJSON(labels map[string]string) map[string]string {
	if labels == nil {
		return map[string]string{}
	}
	return labels
}

// A timestamp is a time whose JSON is in UTC with microseconds, or null if it is zero.
type timestamp time.Time

func (t timestamp) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return time.Time(t).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000000Z"`), nil
}

// pageJSON is the JSON of a page of a list.
type pageJSON[T any] struct {
	Items         []T       `json:"items"`
	NextPage      *string   `json:"next_page"`
	SearchedUntil timestamp `json:"searched_until"`
}

// pageResponse returns a page. The function convert returns the JSON of an item.
func pageResponse[T, J any](r *request, page paging.Page[T], convert func(T) J) response {
	return pagedResponse(r, newPageJSON(page, convert), page.Next)
}

// searchPageJSON is the JSON of a page of a list that searches a log.
type searchPageJSON[T any] struct {
	pageJSON[T]
	Searched *searchedJSON `json:"searched"`
}

type searchedJSON struct {
	Parts int64 `json:"parts"`
	Of    int64 `json:"of"`
}

// searchResponse returns a page of a list that searches a log.
func searchResponse[T, J any](r *request, page paging.Page[T], convert func(T) J) response {
	p := searchPageJSON[J]{pageJSON: newPageJSON(page, convert)}
	if page.Searched != nil {
		p.Searched = &searchedJSON{page.Searched.Parts, page.Searched.Of}
	}
	return pagedResponse(r, p, page.Next)
}

func newPageJSON[T, J any](page paging.Page[T], convert func(T) J) pageJSON[J] {
	p := pageJSON[J]{
		Items: make([]J, len(page.Items)), NextPage: nullable(page.Next), SearchedUntil: timestamp(page.SearchedUntil),
	}
	for i, item := range page.Items {
		p.Items[i] = convert(item)
	}
	return p
}

// pagedResponse returns a page with the JSON v and the cursor of the next page.
func pagedResponse(r *request, v any, next string) response {
	resp := jsonResponse(http.StatusOK, v)
	if next != "" {
		resp.next = "?" + withPage(r.URL.RawQuery, next)
	}
	return resp
}
