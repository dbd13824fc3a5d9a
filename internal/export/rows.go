package export

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/logjson"
	"github.com/inndx/runs/internal/visible"
)

// An ndjsonEncoder writes each entry of the log as a line of JSON.
type ndjsonEncoder struct {
	prepared
	job *job
}

func newNDJSON(j *job) encoder { return &ndjsonEncoder{job: j} }

func (e *ndjsonEncoder) phases() []phase { return []phase{{part: e.part}} }

func (e *ndjsonEncoder) part(_ context.Context, _ int64, entries []crawllog.Entry) error {
	lines := json.NewEncoder(e.job.out)
	lines.SetEscapeHTML(false)
	for _, entry := range entries {
		if err := lines.Encode(logjson.Of(entry)); err != nil {
			return err
		}
		e.job.Progress.Entries++
	}
	return nil
}

// A csvEncoder writes each entry of the log as a row of CSV (RFC 4180), after a row with the names
// of the columns. A cell has escapes for what a spreadsheet or a terminal would obey, see
// visible.Cell.
type csvEncoder struct {
	prepared
	job *job
}

func newCSV(j *job) encoder { return &csvEncoder{job: j} }

func (e *csvEncoder) phases() []phase { return []phase{{begin: e.begin, part: e.part}} }

// columns are the columns of the CSV: the members of the log's JSON, and the way to write them. A
// member without a value is empty.
var columns = []struct {
	name  string
	value func(*crawllog.Entry) string
}{
	{"id", func(e *crawllog.Entry) string { return e.ID().String() }},
	{"run_id", func(e *crawllog.Entry) string { return e.RunID.String() }},
	{"job_id", func(e *crawllog.Entry) string { return e.JobID.String() }},
	{"url", func(e *crawllog.Entry) string { return e.URL }},
	{"url_hash", func(e *crawllog.Entry) string { h := e.URLHash(); return hex.EncodeToString(h[:]) }},
	{"host", func(e *crawllog.Entry) string { return e.Host() }},
	{"step", func(e *crawllog.Entry) string { return string(e.Step) }},
	{"status", func(e *crawllog.Entry) string { return string(e.Status) }},
	{"error_reason", func(e *crawllog.Entry) string { return e.ErrorReason }},
	{"error_detail", func(e *crawllog.Entry) string { return e.ErrorDetail }},
	{"http_status", responded(func(e *crawllog.Entry) int64 { return int64(e.HTTPStatus) })},
	{"latency_ms", responded(func(e *crawllog.Entry) int64 { return e.Latency.Milliseconds() })},
	{"bytes", responded(func(e *crawllog.Entry) int64 { return e.Bytes })},
	{"content_type", func(e *crawllog.Entry) string { return e.ContentType }},
	{"title", func(e *crawllog.Entry) string { return e.Title }},
	{"redirect_url", func(e *crawllog.Entry) string { return e.RedirectURL }},
	{"digest", func(e *crawllog.Entry) string { return e.Digest.String() }},
	{"attempt", func(e *crawllog.Entry) string {
		if e.Attempt == 0 {
			return ""
		}
		return strconv.Itoa(e.Attempt)
	}},
	{"check", func(e *crawllog.Entry) string { return strconv.FormatBool(e.Check) }},
	{"depth", func(e *crawllog.Entry) string { return strconv.Itoa(e.Depth) }},
	{"referrer", func(e *crawllog.Entry) string { return e.Referrer }},
	{"occurred_at", func(e *crawllog.Entry) string { return logjson.Time(e.OccurredAt).String() }},
}

// responded returns the value of an entry whose server responded, or "".
func responded(value func(*crawllog.Entry) int64) func(*crawllog.Entry) string {
	return func(e *crawllog.Entry) string {
		if e.HTTPStatus == 0 {
			return ""
		}
		return strconv.FormatInt(value(e), 10)
	}
}

func (e *csvEncoder) begin(context.Context) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return e.write([][]string{names})
}

func (e *csvEncoder) part(_ context.Context, _ int64, entries []crawllog.Entry) error {
	rows := make([][]string, len(entries))
	for i := range entries {
		rows[i] = make([]string, len(columns))
		for k, c := range columns {
			rows[i][k] = visible.Cell(c.value(&entries[i]))
		}
	}
	e.job.Progress.Entries += int64(len(rows))
	return e.write(rows)
}

func (e *csvEncoder) write(rows [][]string) error {
	w := csv.NewWriter(e.job.out)
	w.UseCRLF = true
	return w.WriteAll(rows)
}
