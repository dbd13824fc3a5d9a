package report

import (
	"fmt"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/visible"
)

// writeText writes the report for people.
func (r *Report) writeText(w *output) error {
	r.writeHead(w)
	r.writeHosts(w)
	if r.options.All {
		return r.writeAll(w)
	}
	return r.writeBroken(w)
}

// partialNote returns a sentence about a report of a run that did not end by itself, or "".
func (r *Report) partialNote() string {
	if !r.run.partial() {
		return ""
	}
	return fmt.Sprintf("PARTIAL REPORT: the run did not end by itself (%s), and %s still queued",
		r.run.StopReason, plural(r.run.Queued, "URL was", "URLs were"))
}

func (r *Report) writeHead(w *output) {
	if note := r.partialNote(); note != "" {
		w.printf("%s\n", note)
	}
	w.printf("\nReport of %s, run %s\n\n", visible.Text(r.run.Name), r.run.ID)
	c := r.summary.Classes
	w.printf("  2xx %d  3xx %d  4xx %d  5xx %d", c.Success, c.Redirect, c.ClientError, c.ServerError)
	if c.Other > 0 {
		w.printf("  other %d", c.Other)
	}
	w.printf("  no response %d  excluded %d\n", c.NoResponse, c.Excluded)
	w.printf("  %s", size(r.summary.Bytes))
	if d := r.run.duration(); d > 0 {
		w.printf(" in %s, %.1f URLs/s", round(d), r.rate())
	}
	w.printf("; %s\n", r.ended())
	if n := r.summary.Incomplete - r.summary.Unkept; n > 0 {
		w.printf("  %s fetched, but not completely read: links may be missing\n", plural(n, "page was", "pages were"))
	}
	if n := r.summary.Unkept; n > 0 {
		w.printf("  %s fetched, but nothing was kept: pipelines failed\n", plural(n, "page was", "pages were"))
	}
}

// ended says why the run ended.
func (r *Report) ended() string {
	if r.run.StopReason == run.MaxEmptyEvaluations {
		return "no URL was left"
	}
	return "ended by " + string(r.run.StopReason)
}

// rate returns the URLs per second that were fetched or failed.
func (r *Report) rate() float64 {
	d := r.run.duration()
	if d <= 0 {
		return 0
	}
	c := r.summary.Classes
	return float64(c.Success+c.Redirect+c.ClientError+c.ServerError+c.Other+c.NoResponse) / d.Seconds()
}

func (r *Report) writeHosts(w *output) {
	if len(r.summary.Hosts) == 0 {
		return
	}
	w.printf("\nSlowest hosts\n\n       p50       p90       max  responses  host\n")
	for _, h := range r.summary.Hosts {
		w.printf("%10s%10s%10s%11d  %s\n", h.P50, h.P90, h.Max, h.Responses, visible.Text(h.Name))
	}
	if n := r.summary.MoreHosts; n > 0 {
		w.printf("  and %s\n", plural(int64(n), "faster host", "faster hosts"))
	}
}

// writeBroken lists what is broken. It leaves out URLs to which only redirects lead, because these
// redirects are listed, with the pages whose links need a change.
func (r *Report) writeBroken(w *output) error {
	if r.summary.Broken == 0 {
		w.printf("\nNothing is broken.\n")
		return nil
	}
	w.printf("\nBroken URLs (%d)\n", r.summary.Broken)
	for row, err := range r.rows() {
		if err != nil {
			return err
		}
		if !row.onlyRedirected() {
			w.printf("\n")
			row.write(w)
		}
	}
	return nil
}

// onlyRedirected reports whether only redirects lead to a URL, which is then no seed.
func (row Row) onlyRedirected() bool {
	return row.RedirectCount > 0 && row.RedirectCount == row.ReferrerCount && row.Referrer != ""
}

// writeAll lists all URLs.
func (r *Report) writeAll(w *output) error {
	w.printf("\nURLs\n\n")
	for row, err := range r.rows() {
		if err != nil {
			return err
		}
		row.write(w)
	}
	return nil
}

// write writes a row: the URL, and below it what is wrong and what leads to it.
func (row Row) write(w *output) {
	switch {
	case row.Result == Excluded:
		w.printf("  excluded (%s)  %s\n", row.ErrorReason, visible.Text(row.URL))
		return
	case row.Result != Broken && row.RedirectURL != "":
		w.printf("  %d  %s\n       redirects to %s\n", row.HTTPStatus, visible.Text(row.URL), visible.Text(row.RedirectURL))
		return
	case row.Result == Incomplete:
		what := "not completely read"
		if isUnkept(row.Outcome) {
			what = "nothing was kept of it"
		}
		w.printf("  %d  %s\n       %s: %s\n", row.HTTPStatus, visible.Text(row.URL), what, visible.Text(problem(row.Outcome)))
		return
	case row.Result == OK:
		w.printf("  %d  %s\n", row.HTTPStatus, visible.Text(row.URL))
		return
	}
	w.printf("  %s\n", visible.Text(row.URL))
	for _, line := range row.details() {
		w.printf("    %s\n", visible.Text(line))
	}
}

// details returns what is wrong with a broken URL, and what leads to it, each on a line.
func (row Row) details() []string {
	lines := []string{row.Problem()}
	for _, referrer := range row.Referrers {
		how := "linked from "
		if referrer.Redirect {
			how = "redirected from "
		}
		lines = append(lines, how+referrer.URL)
	}
	if more := int64(row.ReferrerCount - len(row.Referrers)); more > 0 {
		lines = append(lines, "and from "+plural(more, "other page", "other pages"))
	}
	if row.ReferrerCount == 0 {
		lines = append(lines, row.origin())
	}
	return lines
}

// origin says where a URL without a referrer comes from.
func (row Row) origin() string {
	switch {
	case row.Sitemap:
		return "it is a sitemap"
	case row.Depth == 0:
		return "it is a seed"
	}
	return "the log does not say what links to it"
}

// Problem returns what is wrong with a URL that is not OK, or "".
func (row Row) Problem() string {
	switch {
	case row.End != nil:
		return fmt.Sprintf("redirects to %s, which failed: %s", row.End.URL, row.End.Problem)
	case row.Status == crawllog.OK:
		return ""
	}
	return problem(row.Outcome)
}

// plural returns a number with the noun for it.
func plural(n int64, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// size returns a number of bytes with a decimal unit.
func size(n int64) string {
	if n < 1000 {
		return plural(n, "byte", "bytes")
	}
	value := float64(n)
	for _, unit := range []string{"kB", "MB", "GB"} {
		if value /= 1000; value < 999.95 {
			return fmt.Sprintf("%.1f %s", value, unit)
		}
	}
	return fmt.Sprintf("%.1f TB", value/1000)
}

// round returns a duration with a precision that suits its length.
func round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(time.Second)
}
