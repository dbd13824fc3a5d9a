// Package logjson defines the JSON of an entry of a run's log: an item of the list of the API, and
// a line of an export.
package logjson

import (
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
)

// An Entry is the JSON of an entry of a run's log. Its members without a value are null.
type Entry struct {
	ID          uuid.UUID       `json:"id"`
	RunID       uuid.UUID       `json:"run_id"`
	JobID       uuid.UUID       `json:"job_id"`
	URL         string          `json:"url"`
	URLHash     string          `json:"url_hash"`
	Host        string          `json:"host"`
	Step        crawllog.Step   `json:"step"`
	Status      crawllog.Status `json:"status"`
	ErrorReason *string         `json:"error_reason"`
	ErrorDetail *string         `json:"error_detail"`
	HTTPStatus  *int            `json:"http_status"`
	LatencyMS   *int64          `json:"latency_ms"`
	Bytes       *int64          `json:"bytes"`
	ContentType *string         `json:"content_type"`
	Title       *string         `json:"title"`
	RedirectURL *string         `json:"redirect_url"`
	Digest      *string         `json:"digest"`
	Attempt     *int            `json:"attempt"`
	Check       bool            `json:"check"`
	Depth       int             `json:"depth"`
	Referrer    *string         `json:"referrer"`
	OccurredAt  Time            `json:"occurred_at"`
}

// Of returns the JSON of an entry.
func Of(e crawllog.Entry) Entry {
	hash := e.URLHash()
	j := Entry{
		ID:         e.ID(),
		RunID:      e.RunID,
		JobID:      e.JobID,
		URL:        e.URL,
		URLHash:    hex.EncodeToString(hash[:]),
		Host:       e.Host(),
		Step:       e.Step,
		Status:     e.Status,
		Check:      e.Check,
		Depth:      e.Depth,
		OccurredAt: Time(e.OccurredAt),
	}
	j.ErrorReason, j.ErrorDetail = orNull(e.ErrorReason), orNull(e.ErrorDetail)
	if e.HTTPStatus != 0 { // the server responded
		latency := e.Latency.Milliseconds()
		j.HTTPStatus, j.LatencyMS, j.Bytes = &e.HTTPStatus, &latency, &e.Bytes
	}
	j.ContentType, j.Title, j.RedirectURL = orNull(e.ContentType), orNull(e.Title), orNull(e.RedirectURL)
	j.Digest = orNull(e.Digest.String())
	j.Attempt, j.Referrer = orNull(e.Attempt), orNull(e.Referrer)
	return j
}

// orNull returns a pointer to v, or nil if v is the zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// A Time is written in UTC with microseconds, as all times of the API are.
type Time time.Time

// String returns the time as text.
func (t Time) String() string { return time.Time(t).UTC().Format("2006-01-02T15:04:05.000000Z") }

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
