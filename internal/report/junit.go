package report

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/inndx/runs/internal/visible"
)

// writeJUnit writes one test suite with a test case for each URL, in the form that the reports of
// JUnit have and that Jenkins, GitLab and others read. No standard defines it. Two schemas of it
// are in testdata; the report is valid by both.
//
// A broken URL is a failure, an excluded one is skipped.
func (r *Report) writeJUnit(w *output) error {
	failures, skipped := r.summary.Broken, int64(0)
	tests := failures
	if r.options.All {
		skipped = r.summary.Classes.Excluded
		tests = r.tests()
	}
	w.printf(xml.Header+"<testsuites>\n"+
		`<testsuite name="%s" package="inndx" id="0" hostname="localhost" timestamp="%s" tests="%d" failures="%d" errors="0" skipped="%d" time="%s">`+"\n",
		attribute(r.run.Name), r.run.StartedAt.UTC().Format("2006-01-02T15:04:05"), tests, failures, skipped, seconds(r.run.duration()))
	w.printf("<properties>\n")
	for _, p := range [][2]string{
		{"run_id", r.run.ID.String()}, {"stop_reason", string(r.run.StopReason)}, {"partial", fmt.Sprint(r.run.partial())},
	} {
		w.printf("<property name=\"%s\" value=\"%s\"/>\n", p[0], attribute(p[1]))
	}
	w.printf("</properties>\n")
	for row, err := range r.rows() {
		if err != nil {
			return err
		}
		row.writeTestCase(w)
	}
	w.printf("<system-out></system-out>\n<system-err>%s</system-err>\n</testsuite>\n</testsuites>\n", attribute(r.partialNote()))
	return nil
}

// tests returns how many URLs and broken sitemaps the report lists if it lists all.
func (r *Report) tests() int64 {
	c := r.summary.Classes
	return c.Success + c.Redirect + c.ClientError + c.ServerError + c.Other + c.NoResponse + c.Excluded + r.broken.sitemaps
}

// writeTestCase writes the test case of a URL. Its class is the host, or "sitemap", because a page
// may have the same URL as a sitemap. The name of a test case identifies it among those of its
// class.
func (row Row) writeTestCase(w *output) {
	class := row.Host()
	switch {
	case row.Sitemap:
		class = "sitemap"
	case class == "":
		class = "invalid"
	}
	w.printf(`<testcase name="%s" classname="%s" time="%s"`, attribute(row.URL), attribute(class), seconds(row.Latency))
	switch row.Result {
	case Broken:
		kind := row.ErrorReason
		if row.End != nil {
			kind = "redirect"
		}
		w.printf(">\n<failure message=\"%s\" type=\"%s\">%s</failure>\n</testcase>\n",
			attribute(row.Problem()), attribute(kind), attribute(strings.Join(row.details(), "\n")))
	case Excluded:
		w.printf("><skipped message=\"%s\"/></testcase>\n", attribute(row.ErrorReason))
	default:
		w.printf("/>\n")
	}
}

// attribute returns a text as the value of an XML attribute or element, with escapes for characters
// that are not visible.
func attribute(s string) string {
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		_ = xml.EscapeText(&b, []byte(visible.Text(line))) // writing to a strings.Builder cannot fail
	}
	return b.String()
}

// seconds returns a duration in seconds, with milliseconds.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
