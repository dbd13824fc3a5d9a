// Package report makes reports of a run, for people and for programs, from the run's log. It does
// no I/O: it reads records and writes to an io.Writer.
//
// A report reads the log up to three times. The first time it counts and notes what failed, the
// second time it finds the pages that link to that, and the third time it writes one row after the
// other. So its memory grows with what failed, redirects or leaves the hosts of the seeds, and not
// with all that was fetched.
package report

import (
	"encoding/json"
	"io"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A Log returns the records of a run's log from the beginning, the same each time. An error ends
// the sequence.
type Log func() iter.Seq2[crawllog.Record, error]

// A Run is what a report says about the run.
type Run struct {
	ID         uuid.UUID
	Name       string // of the job
	Status     run.Status
	StopReason run.StopReason
	StartedAt  time.Time // zero if the run never started
	FinishedAt time.Time
	Queued     int64           // the URLs that were known and not processed
	JSON       json.RawMessage // the run as the API returns it
}

// partial reports whether something other than the configuration ended the run, so that the report
// may lack much of what the configuration asks for.
func (r Run) partial() bool {
	return r.Status != run.Finished || r.StopReason == run.Manual || r.StopReason == run.Unknown
}

func (r Run) duration() time.Duration {
	if r.StartedAt.IsZero() || r.FinishedAt.IsZero() {
		return 0
	}
	return r.FinishedAt.Sub(r.StartedAt)
}

// Options say what a report shows.
type Options struct {
	// All lists every URL. Otherwise only broken ones are listed.
	All bool
	// MaxReferrers bounds the pages that are listed for each broken URL. 0 is no bound.
	MaxReferrers int
}

// A Report is a report of one run.
type Report struct {
	run     Run
	log     Log
	options Options
	summary Summary
	broken  broken
}

// Read reads the log for a report.
func Read(log Log, r Run, o Options) (*Report, error) {
	report := &Report{run: r, log: log, options: o, broken: newBroken(o.MaxReferrers)}
	count := newCounting(&report.summary)
	err := each(log, func(record crawllog.Record) {
		count.add(record)
		report.broken.add(record)
	})
	if err != nil {
		return nil, err
	}
	count.end()
	report.broken.endChains()
	report.summary.Broken = report.broken.count()
	if report.summary.Broken == 0 {
		return report, nil
	}
	if err := each(log, report.broken.addReferrers); err != nil {
		return nil, err
	}
	report.broken.endReferrers()
	return report, nil
}

func each(log Log, add func(crawllog.Record)) error {
	for record, err := range log() {
		if err != nil {
			return err
		}
		add(record)
	}
	return nil
}

// Summary returns the counts of the report.
func (r *Report) Summary() Summary { return r.summary }

// A Result says how a URL ended, as a report sees it.
type Result string

// The results.
const (
	// OK is a URL whose response is 2xx, or a redirect that does not end broken.
	OK Result = "ok"
	// Incomplete is a page that was fetched, but whose links could not all be read, or of which
	// nothing was kept because its pipelines failed.
	Incomplete Result = "incomplete"
	// Broken is a URL that failed, or whose redirects end at one that did, or a reference that is
	// not a valid URL.
	Broken Result = "broken"
	// Excluded is a URL that was not fetched.
	Excluded Result = "excluded"
)

// A Row is what a report says about one URL.
type Row struct {
	*crawllog.Outcome
	Result Result
	// End is the URL at which the redirects of a broken URL end, with what is wrong there. It is
	// nil for other URLs.
	End *End
	// Referrers are the first pages and redirects that lead to a broken URL.
	Referrers []Referrer
	// ReferrerCount is how many pages and redirects lead to a broken URL. RedirectCount is how many
	// of them are redirects.
	ReferrerCount, RedirectCount int
}

// An End is the URL at which redirects end.
type End struct {
	URL     string
	Problem string
}

// A Referrer leads to a URL by a link or by a redirect.
type Referrer struct {
	URL      string
	Redirect bool
}

// rows returns the rows that the options ask for, in the order of the log.
func (r *Report) rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if !r.options.All && r.summary.Broken == 0 {
			return
		}
		for record, err := range r.log() {
			if err != nil {
				yield(Row{}, err)
				return
			}
			o, ok := record.(*crawllog.Outcome)
			if !ok || o.Again || r.summary.superseded[supersededKey(o)] {
				continue
			}
			row := r.row(o)
			if !r.options.All && row.Result != Broken {
				continue
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (r *Report) row(o *crawllog.Outcome) Row {
	row := Row{Outcome: o, Result: resultOf(o)}
	if o.Sitemap {
		return row
	}
	b, ok := r.broken.urls[weburl.KeyOf(o.URL)]
	if !ok {
		return row
	}
	if row.Result == OK {
		row.Result, row.End = Broken, r.broken.ends[b.end]
	}
	if row.Result == Broken {
		row.Referrers, row.ReferrerCount, row.RedirectCount = b.referrers, b.count, b.redirects
	}
	if row.ReferrerCount == 0 && o.Referrer != "" { // the log has no edges
		row.Referrers, row.ReferrerCount = []Referrer{{URL: o.Referrer}}, 1
	}
	return row
}

// resultOf returns the result of a URL regardless of where it redirects to.
func resultOf(o *crawllog.Outcome) Result {
	switch {
	case o.Status == crawllog.Excluded && o.ErrorReason == crawllog.ReasonInvalidURL:
		return Broken // nobody can follow it
	case o.Status == crawllog.Excluded:
		return Excluded
	case o.Status == crawllog.OK:
		return OK
	case o.Step == crawllog.Parse && o.HTTPStatus >= 200 && o.HTTPStatus < 300 && !o.Sitemap:
		return Incomplete
	}
	return Broken
}

// isUnkept reports whether an incomplete page is one whose pipelines failed. All its links were
// read, and nothing was kept of it.
func isUnkept(o *crawllog.Outcome) bool {
	return o.ErrorReason == "extract_failed" || o.ErrorReason == "extract_too_slow"
}

// A Format is the form of a report.
type Format string

// The formats.
const (
	Text  Format = "text"
	JSON  Format = "json"
	CSV   Format = "csv"
	JUnit Format = "junit"
)

// Formats returns every format.
func Formats() []Format { return []Format{Text, JSON, CSV, JUnit} }

// Write writes the report. It reads the log once more, unless it has nothing to list.
func (r *Report) Write(w io.Writer, f Format) error {
	out := &output{w: w}
	var err error
	switch f {
	case JSON:
		err = r.writeJSON(out)
	case CSV:
		err = r.writeCSV(out)
	case JUnit:
		err = r.writeJUnit(out)
	default:
		err = r.writeText(out)
	}
	if err == nil {
		err = out.flush()
	}
	return err
}
