package report

import (
	"flag"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

var update = flag.Bool("update", false, "write the golden files")

// logOf returns a log with the records, and counts how often it is read.
func logOf(reads *int, records ...crawllog.Record) Log {
	return func() iter.Seq2[crawllog.Record, error] {
		*reads++
		return func(yield func(crawllog.Record, error) bool) {
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// finished is a run that ended by itself after four seconds.
func finished() Run {
	return Run{
		ID: uuid.MustParse("019d0000-0000-7000-8000-000000000001"), Name: "docs", Status: run.Finished,
		StopReason: run.MaxEmptyEvaluations, StartedAt: began, FinishedAt: began.Add(4 * time.Second),
		JSON: []byte(`{"id": "019d0000-0000-7000-8000-000000000001", "status": "finished"}`),
	}
}

// outcome returns an outcome of the site, whose status is OK if the HTTP status is below 400.
func outcome(path string, status, ms int) *crawllog.Outcome {
	o := &crawllog.Outcome{
		URL: at(path), Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: status, Depth: 1, Attempt: 1,
		Latency: time.Duration(ms) * time.Millisecond, Bytes: 1000, OccurredAt: began,
	}
	switch {
	case status == 404:
		o.Status, o.ErrorReason, o.ErrorDetail = crawllog.Error, "http_status", "Not Found"
	case status == 500:
		o.Status, o.ErrorReason, o.ErrorDetail = crawllog.Error, "http_status", "Internal Server Error"
	}
	return o
}

func at(path string) string {
	if strings.Contains(path, "://") {
		return path
	}
	return "https://example.com" + path
}

// redirect returns the outcome of a URL that redirects to another one.
func redirect(from, to string) *crawllog.Outcome {
	o := outcome(from, 301, 2)
	o.RedirectURL = at(to)
	return o
}

// failed returns the outcome of a URL without a response.
func failed(path, reason, detail string) *crawllog.Outcome {
	o := outcome(path, 0, 0)
	o.Status, o.ErrorReason, o.ErrorDetail, o.Bytes = crawllog.Error, reason, detail, 0
	return o
}

// excluded returns the outcome of a URL that was not fetched.
func excluded(path, reason string) *crawllog.Outcome {
	o := failed(path, reason, "")
	o.Status, o.Step = crawllog.Excluded, crawllog.Schedule
	return o
}

// edges returns the links of a page.
func edges(from string, to ...string) *crawllog.Edges {
	e := &crawllog.Edges{From: at(from)}
	for _, path := range to {
		e.To = append(e.To, at(path))
	}
	return e
}

// read returns the report of a finished run.
func read(t *testing.T, o Options, records ...crawllog.Record) *Report {
	t.Helper()
	r, err := Read(logOf(new(int), records...), finished(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// broken returns what the report lists as broken, and for each URL its problem and its referrers,
// those by redirect in brackets.
func brokenRows(t *testing.T, r *Report) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for row, err := range r.rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.Result != Broken {
			continue
		}
		lines := []string{row.Problem()}
		for _, referrer := range row.Referrers {
			if referrer.Redirect {
				lines = append(lines, "["+short(referrer.URL)+"]")
			} else {
				lines = append(lines, short(referrer.URL))
			}
		}
		if _, twice := all[short(row.URL)]; twice {
			t.Errorf("%s is listed twice", row.URL)
		}
		all[short(row.URL)] = lines
	}
	return all
}

func short(url string) string { return strings.TrimPrefix(url, "https://example.com") }

// write returns the report in a format.
func write(t *testing.T, r *Report, f Format) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}
