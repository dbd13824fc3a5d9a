package report

import (
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/inndx/runs/internal/visible"
)

// columns are the columns of the CSV form (RFC 4180), in order. Each is a member of the JSON form
// with the same name.
var columns = []struct {
	name  string
	value func(j rowJSON) string
}{
	{"url", func(j rowJSON) string { return j.URL }},
	{"result", func(j rowJSON) string { return string(j.Result) }},
	{"problem", func(j rowJSON) string { return j.Problem }},
	{"host", func(j rowJSON) string { return j.Host }},
	{"step", func(j rowJSON) string { return string(j.Step) }},
	{"status", func(j rowJSON) string { return string(j.Status) }},
	{"sitemap", func(j rowJSON) string { return truth(j.Sitemap) }},
	{"error_reason", func(j rowJSON) string { return j.ErrorReason }},
	{"error_detail", func(j rowJSON) string { return j.ErrorDetail }},
	{"http_status", func(j rowJSON) string { return number(j.HTTPStatus) }},
	{"latency_ms", latency},
	{"bytes", func(j rowJSON) string { return strconv.FormatInt(j.Bytes, 10) }},
	{"content_type", func(j rowJSON) string { return j.ContentType }},
	{"title", func(j rowJSON) string { return j.Title }},
	{"redirect_url", func(j rowJSON) string { return j.RedirectURL }},
	{"end_url", func(j rowJSON) string { return j.EndURL }},
	{"depth", func(j rowJSON) string { return strconv.Itoa(j.Depth) }},
	{"attempt", func(j rowJSON) string { return number(j.Attempt) }},
	{"occurred_at", func(j rowJSON) string { return j.OccurredAt.String() }},
	{"referrer_count", func(j rowJSON) string { return number(j.Count) }},
	{"referrers", referrers},
}

// writeCSV writes a header and a line for each URL.
func (r *Report) writeCSV(w *output) error {
	c := csv.NewWriter(w)
	record := make([]string, len(columns))
	for i, column := range columns {
		record[i] = column.name
	}
	if err := c.Write(record); err != nil {
		return err
	}
	for row, err := range r.rows() {
		if err != nil {
			return err
		}
		j := newRowJSON(row)
		for i, column := range columns {
			record[i] = visible.Cell(column.value(j))
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// number returns a number, or "" for 0, which stands for an absent one.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func latency(j rowJSON) string {
	if j.LatencyMS == nil {
		return ""
	}
	return strconv.FormatInt(*j.LatencyMS, 10)
}

// referrers returns the referrers with a space between two. The URL of a page has no spaces.
func referrers(j rowJSON) string {
	urls := make([]string, len(j.Referrers))
	for i, referrer := range j.Referrers {
		urls[i] = referrer.URL
	}
	return strings.Join(urls, " ")
}
