package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
)

// answer is what a handler returns. It is whole before its first byte is written, so that
// whatever fails is answered by a proper error.
type answer struct {
	status      int
	contentType string
	body        []byte
	encoding    string // of the body, empty for none
	etag        string // of what the body represents
	location    string // of what was created, relative to the request's URL
	next        string // of the next page, relative to the request's URL
	retryAfter  string
	allow       []string
	public      bool // the same for everybody, and may be cached
}

// jsonAnswer returns v as JSON. It panics when v cannot be written as JSON, which only a
// defect can cause. What is not an error gets the entity tag of v.
func jsonAnswer(status int, v any) answer {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	a := answer{status: status, contentType: "application/json; charset=utf-8", body: b.Bytes()}
	if status < http.StatusBadRequest {
		a.etag = tagOf(a.body)
	}
	return a
}

func noContent() answer { return answer{status: http.StatusNoContent} }

// hasBody reports whether the answer's status allows a body.
func (a answer) hasBody() bool {
	return a.status != http.StatusNoContent && a.status != http.StatusNotModified
}

// write sends the answer, compressed when that is worth it. A HEAD request gets everything but
// the body.
func (a answer) write(w http.ResponseWriter, r *request) {
	a = a.gzipped(r.Request)
	a.setHeader(w.Header(), r.id)
	if a.hasBody() {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if a.hasBody() && r.Method != http.MethodHead {
		w.Write(a.body) // the caller may be gone; there is nobody to tell
	}
}

// setHeader sets the answer's header. That of a 304 is what its 200 would have, without what
// describes a body (RFC 9110, section 15.4.5).
func (a answer) setHeader(h http.Header, id string) {
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set(headerRequestID, id)
	if a.hasBody() {
		set("Content-Type", a.contentType)
		set("Content-Encoding", a.encoding)
	}
	set("ETag", a.etag)
	set("Location", a.location)
	set("Retry-After", a.retryAfter)
	set("Allow", strings.Join(a.allow, ", "))
	set("X-Content-Type-Options", "nosniff")
	if a.next != "" {
		h.Set("Link", "<"+a.next+`>; rel="next"`)
	}
	if strings.HasPrefix(a.contentType, "text/html") { // which has a style of its own, and no script
		h.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	}
	if a.public {
		h.Set("Cache-Control", "public, max-age=300")
	} else {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Accept-Encoding")
}

// runJSON is a run as it is answered.
type runJSON struct {
	ID         uuid.UUID         `json:"id"`
	JobID      uuid.UUID         `json:"job_id"`
	JobName    *string           `json:"job_name"`
	Status     run.Status        `json:"status"`
	StopReason *run.StopReason   `json:"stop_reason"`
	Config     json.RawMessage   `json:"config,omitempty"` // not in a summary
	Labels     map[string]string `json:"labels"`
	CreatedAt  timestamp         `json:"created_at"`
	StartedAt  timestamp         `json:"started_at"`
	PausedAt   timestamp         `json:"paused_at"`
	FinishedAt timestamp         `json:"finished_at"`
	UpdatedAt  timestamp         `json:"updated_at"`
	Progress   run.Progress      `json:"progress"`
}

func newRunJSON(r run.Run) runJSON {
	j := runJSON{
		ID:         r.ID,
		JobID:      r.JobID,
		Status:     r.Status,
		Config:     r.Config,
		Labels:     labelsJSON(r.Labels),
		CreatedAt:  timestamp(r.CreatedAt),
		StartedAt:  timestamp(r.StartedAt),
		PausedAt:   timestamp(r.PausedAt),
		FinishedAt: timestamp(r.FinishedAt),
		UpdatedAt:  timestamp(r.UpdatedAt),
		Progress:   r.Progress,
	}
	if r.StopReason != "" {
		j.StopReason = &r.StopReason
	}
	if r.JobName != "" {
		j.JobName = &r.JobName
	}
	return j
}

// jobJSON is a job as it is answered. Run is the first run, when it was created with the
// job.
type jobJSON struct {
	ID        uuid.UUID         `json:"id"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels"`
	Config    json.RawMessage   `json:"config,omitempty"` // not in a summary
	CreatedAt timestamp         `json:"created_at"`
	UpdatedAt timestamp         `json:"updated_at"`
	Run       *runJSON          `json:"run,omitempty"`
}

func newJobJSON(j job.Job) jobJSON {
	return jobJSON{
		ID:        j.ID,
		Name:      j.Name,
		Labels:    labelsJSON(j.Labels),
		Config:    j.Config,
		CreatedAt: timestamp(j.CreatedAt),
		UpdatedAt: timestamp(j.UpdatedAt),
	}
}

// labelsJSON makes that no labels are answered as {}, not null.
func labelsJSON(labels map[string]string) map[string]string {
	if labels == nil {
		return map[string]string{}
	}
	return labels
}

// timestamp is a time that JSON writes in UTC with microseconds, and null when zero.
type timestamp time.Time

func (t timestamp) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return time.Time(t).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000000Z"`), nil
}

// pageJSON is a page of a list.
type pageJSON[T any] struct {
	Items         []T       `json:"items"`
	NextPage      *string   `json:"next_page"`
	SearchedUntil timestamp `json:"searched_until"`
}

// pageAnswer answers a page of items, each written by one.
func pageAnswer[T, J any](r *request, page paging.Page[T], one func(T) J) answer {
	p := pageJSON[J]{Items: make([]J, len(page.Items)), SearchedUntil: timestamp(page.SearchedUntil)}
	for i, item := range page.Items {
		p.Items[i] = one(item)
	}
	if page.Next == "" {
		return jsonAnswer(http.StatusOK, p)
	}
	p.NextPage = &page.Next
	a := jsonAnswer(http.StatusOK, p)
	a.next = "?" + withPage(r.URL.RawQuery, page.Next)
	return a
}
