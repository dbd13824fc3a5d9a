package rollup

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

var began = time.Date(2026, 3, 1, 23, 59, 41, 0, time.UTC)

// A logMaker makes the records of a log by the rules of the crawl: a URL has one outcome, and one
// that seed_hosts excludes may join later.
type logMaker struct {
	random  *rand.Rand
	at      time.Time
	step    time.Duration // the time between two outcomes, at most
	urls    int
	refused []string
	queued  int64
}

func newLogMaker(random *rand.Rand, step time.Duration) *logMaker {
	return &logMaker{random: random, at: began, step: step}
}

func (m *logMaker) url() string {
	m.urls++
	return fmt.Sprintf("https://%s/%d", []string{"a.example", "b.example:8443", "c.example"}[m.random.IntN(3)], m.urls)
}

// part returns the records of a part with n changes.
func (m *logMaker) part(n int) (records []crawllog.Record) {
	for range n {
		m.at = m.at.Add(time.Duration(m.random.Int64N(int64(m.step)))).Truncate(time.Millisecond)
		at := m.at.Add(-time.Duration(m.random.Int64N(int64(m.step)))).Truncate(time.Millisecond) // clocks differ
		switch kind := m.random.IntN(12); {
		case kind == 0:
			url := m.url()
			m.refused = append(m.refused, url)
			records = append(records, &crawllog.Outcome{
				URL: url, Step: crawllog.Schedule, Status: crawllog.Excluded, ErrorReason: crawllog.ReasonSeedHosts, OccurredAt: at,
			})
		case kind == 1 && len(m.refused) > 0:
			i := m.random.IntN(len(m.refused))
			records = append(records, &crawllog.Discovered{URL: m.refused[i], WasExcluded: true})
			m.refused = append(m.refused[:i], m.refused[i+1:]...)
		case kind == 2:
			records = append(records, &crawllog.Retry{URL: m.url(), Attempt: 1, OccurredAt: at, Due: at.Add(time.Minute), HoldHost: m.random.IntN(2) == 0})
		default:
			records = append(records, m.outcome(at))
		}
	}
	if m.random.IntN(4) > 0 {
		m.queued = m.random.Int64N(1000)
		records = append(records, &crawllog.QueueLength{URLs: m.queued, At: m.at})
	}
	return records
}

func (m *logMaker) outcome(at time.Time) *crawllog.Outcome {
	o := &crawllog.Outcome{
		URL: m.url(), Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: []int{200, 204, 301, 404, 503, 103, 999}[m.random.IntN(7)],
		Latency: time.Duration(m.random.ExpFloat64()*200) * time.Millisecond, Bytes: m.random.Int64N(1 << 20), OccurredAt: at, Attempt: 1,
		Delay: time.Duration(m.random.IntN(3)) * time.Second, HasDelay: m.random.IntN(2) == 0,
	}
	switch m.random.IntN(8) {
	case 0:
		o.Status, o.HTTPStatus, o.ErrorReason = crawllog.Error, 0, "timeout"
	case 1:
		o.Status, o.HTTPStatus, o.ErrorReason = crawllog.Excluded, 0, "robots_txt"
	case 2:
		o.Sitemap, o.Status = true, crawllog.Error
	case 3:
		o.Again, o.Check = true, true
	case 4:
		o.HoldHost = at.Add(time.Minute)
	case 5:
		o.Attempt = 0
	}
	return o
}

// log returns a log of so many parts.
func (m *logMaker) log(parts, changes int) (log [][]crawllog.Record) {
	for range parts {
		log = append(log, m.part(m.random.IntN(changes+1)))
	}
	return log
}
