package report

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/logjson"
	"github.com/inndx/runs/internal/visible"
)

// The JSON of a report, which docs/report.schema.json describes. A member without a value is
// absent.
type (
	summaryJSON struct {
		Partial    bool       `json:"partial"`
		DurationMS int64      `json:"duration_ms"`
		Rate       float64    `json:"urls_per_second"`
		Bytes      int64      `json:"bytes"`
		Classes    Classes    `json:"classes"`
		Broken     int64      `json:"broken"`
		Incomplete int64      `json:"incomplete"`
		Queued     int64      `json:"queued"`
		Hosts      []hostJSON `json:"slowest_hosts"`
		MoreHosts  int        `json:"more_hosts"`
	}
	hostJSON struct {
		Host      string `json:"host"`
		Responses int64  `json:"responses"`
		P50       int64  `json:"p50_ms"`
		P90       int64  `json:"p90_ms"`
		Max       int64  `json:"max_ms"`
	}
	rowJSON struct {
		URL         string          `json:"url"`
		Result      Result          `json:"result"`
		Problem     string          `json:"problem,omitzero"`
		Host        string          `json:"host,omitzero"`
		Step        crawllog.Step   `json:"step"`
		Status      crawllog.Status `json:"status"`
		Sitemap     bool            `json:"sitemap,omitzero"`
		ErrorReason string          `json:"error_reason,omitzero"`
		ErrorDetail string          `json:"error_detail,omitzero"`
		HTTPStatus  int             `json:"http_status,omitzero"`
		LatencyMS   *int64          `json:"latency_ms,omitzero"`
		Bytes       int64           `json:"bytes"`
		ContentType string          `json:"content_type,omitzero"`
		Title       string          `json:"title,omitzero"`
		RedirectURL string          `json:"redirect_url,omitzero"`
		EndURL      string          `json:"end_url,omitzero"`
		Depth       int             `json:"depth"`
		Attempt     int             `json:"attempt,omitzero"`
		OccurredAt  logjson.Time    `json:"occurred_at"`
		Referrers   []referrerJSON  `json:"referrers,omitzero"`
		Count       int             `json:"referrer_count,omitzero"`
	}
	referrerJSON struct {
		URL      string `json:"url"`
		Redirect bool   `json:"redirect,omitzero"`
	}
)

// writeJSON writes one JSON object, with each URL on a line of its own.
func (r *Report) writeJSON(w *output) error {
	run, err := compact(r.run.JSON)
	if err != nil {
		return err
	}
	summary, err := encode(r.summaryJSON())
	if err != nil {
		return err
	}
	w.printf("{\"version\": 1,\n\"run\": %s,\n\"summary\": %s,\n\"urls\": [", run, summary)
	separator := "\n"
	for row, err := range r.rows() {
		if err != nil {
			return err
		}
		text, err := encode(newRowJSON(row))
		if err != nil {
			return err
		}
		w.printf("%s%s", separator, text)
		separator = ",\n"
	}
	w.printf("\n]}\n")
	return nil
}

func (r *Report) summaryJSON() summaryJSON {
	hosts := []hostJSON{}
	for _, h := range r.summary.Hosts {
		hosts = append(hosts, hostJSON{h.Name, h.Responses, h.P50.Milliseconds(), h.P90.Milliseconds(), h.Max.Milliseconds()})
	}
	return summaryJSON{
		Partial: r.run.partial(), DurationMS: r.run.duration().Milliseconds(), Rate: r.rate(),
		Bytes: r.summary.Bytes, Classes: r.summary.Classes, Broken: r.summary.Broken,
		Incomplete: r.summary.Incomplete, Queued: r.run.Queued, Hosts: hosts, MoreHosts: r.summary.MoreHosts,
	}
}

func newRowJSON(row Row) rowJSON {
	j := rowJSON{
		URL: row.URL, Result: row.Result, Problem: row.Problem(), Host: row.Host(), Step: row.Step, Status: row.Status,
		Sitemap: row.Sitemap, ErrorReason: row.ErrorReason, ErrorDetail: row.ErrorDetail, HTTPStatus: row.HTTPStatus,
		Bytes: row.Bytes, ContentType: row.ContentType, Title: row.Title, RedirectURL: row.RedirectURL,
		Depth: row.Depth, Attempt: row.Attempt, OccurredAt: logjson.Time(row.OccurredAt), Count: row.ReferrerCount,
	}
	if row.HTTPStatus != 0 {
		ms := int64(row.Latency / time.Millisecond)
		j.LatencyMS = &ms
	}
	if row.End != nil {
		j.EndURL = row.End.URL
	}
	for _, referrer := range row.Referrers {
		j.Referrers = append(j.Referrers, referrerJSON(referrer))
	}
	return j
}

// compact returns JSON on one line, as encode writes it.
func compact(text json.RawMessage) (string, error) {
	var b bytes.Buffer
	err := json.Compact(&b, text)
	return visible.JSON(b.String()), err
}

// encode returns a value as JSON on one line. Characters that are not visible are escaped, because
// the JSON may be shown on a terminal. Those that are special in HTML are not.
func encode(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return visible.JSON(string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))), err
}
