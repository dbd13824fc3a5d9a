package api

import (
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/weburl"
)

// logsPerPage is the default of per_page. The entries of the largest page take about 2 MB: a URL
// has up to 2 KB and a detail up to 200 bytes, and each byte may need escaping.
const logsPerPage = 20

// logsParams declares the parameters of GET /v1/runs/{run_id}/logs.
func logsParams(f *crawllog.Filter, p *paging.Request) []param {
	params := append(pageParams(p),
		hostsParam("hosts", &f.Hosts),
		enumParam("steps", &f.Steps, crawllog.Steps()),
		enumParam("statuses", &f.Statuses, crawllog.Statuses()),
		enumParam("error_reasons", &f.ErrorReasons, crawllog.Reasons()),
		beforeParam("occurred_before", &f.OccurredBefore),
		afterParam("occurred_after", &f.OccurredAfter),
	)
	p.Limit = logsPerPage
	return params
}

var host = regexp.MustCompile(`^[^\s/?#@\\]+$`)

// hostsParam declares a list of hosts, each with its port unless that is the default of the scheme.
// Case does not matter.
func hostsParam(name string, to *[]string) param {
	return param{name, list, func(_, v string) *fault.Rule {
		// Convert the host to the form of log entries: lower-case ASCII without a default port.
		u, err := weburl.Parse("https://" + strings.TrimSuffix(v, ":80") + "/")
		if err != nil || !host.MatchString(v) {
			rule := fault.Format("host", "must be a host such as example.com or example.com:8080")
			return &rule
		}
		*to = append(*to, u.Host())
		return nil
	}}
}

func (s *Server) listRunLogs(r *request) (response, error) {
	var f crawllog.Filter
	var p paging.Request
	ref := r.runRef()
	if err := r.parse(input{query: logsParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.LogEntries(r.Context(), ref, f, p)
	if err != nil {
		return response{}, err
	}
	return pageResponse(r, page, newLogJSON), nil
}

// logJSON is the JSON of an entry of a run's log.
type logJSON struct {
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
	Depth       int             `json:"depth"`
	OccurredAt  timestamp       `json:"occurred_at"`
}

func newLogJSON(e crawllog.Entry) logJSON {
	hash := e.URLHash()
	j := logJSON{
		ID:         e.ID(),
		RunID:      e.RunID,
		JobID:      e.JobID,
		URL:        e.URL,
		URLHash:    hex.EncodeToString(hash[:]),
		Host:       e.Host(),
		Step:       e.Step,
		Status:     e.Status,
		Depth:      e.Depth,
		OccurredAt: timestamp(e.OccurredAt),
	}
	if e.ErrorReason != "" {
		j.ErrorReason = &e.ErrorReason
	}
	if e.ErrorDetail != "" {
		j.ErrorDetail = &e.ErrorDetail
	}
	if e.HTTPStatus != 0 { // the server responded
		latency := e.Latency.Milliseconds()
		j.HTTPStatus, j.LatencyMS = &e.HTTPStatus, &latency
	}
	return j
}
