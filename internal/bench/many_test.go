package bench

import (
	"flag"
	"testing"
	"time"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

var (
	manyRuns   = flag.Int("runs", 500, "the runs of BenchmarkManyRuns")
	manyWindow = flag.Duration("window", time.Minute, "how long BenchmarkManyRuns measures")
)

const (
	politeDelay = time.Second
	// resolution is that of the times in the log. A worker that continues a run spaces its first
	// request by them.
	resolution = time.Millisecond
	// settleTime is how long the service runs after the first fetches before it is measured.
	settleTime = 10 * time.Second
	// startTimeout is how long no further run may begin before the benchmark goes on without it.
	startTimeout = 20 * time.Second
	// fastTimeout bounds the time of the fast run, and pauseTimeout the time until all runs have
	// recorded what they fetched.
	fastTimeout  = time.Minute
	pauseTimeout = 30 * time.Second
	// pausedRuns are more than a page of the list shows.
	pausedRuns = 50
	// callInterval is the time between two requests to the API while it is measured.
	callInterval = 50 * time.Millisecond
	// politePages are more than a polite run can fetch during the benchmark.
	politePages = 5_000
	fastPages   = 20_000
)

// BenchmarkManyRuns measures the service of one machine with many polite runs at once, each on a
// host of its own with a delay of a second. It compares
//
//   - the pages a second of all runs with the one that the delay permits each,
//   - the time of requests for the list of runs and for one run with that of the idle service,
//   - the speed of one fast run beside the polite ones with its speed alone.
//
// It fails if a page is lost or fetched twice, or if a delay is not kept.
func BenchmarkManyRuns(b *testing.B) {
	for _, place := range []string{"memory", "folder"} {
		b.Run(place, func(b *testing.B) {
			dir := ""
			if place == "folder" {
				dir = b.TempDir()
			}
			for b.Loop() {
				measureMany(b, newMachine(b, dir))
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func measureMany(b *testing.B, m *machine) {
	m.createPaused(b)
	m.measureCalls(b, 3*time.Second, 0) // compilers and caches are cold
	idle := m.measureCalls(b, *manyWindow/2, callInterval)
	alone := max(m.fastRun(b), m.fastRun(b))
	m.startRuns(b)
	loaded, polite := m.measureWindow(b)
	for _, c := range []struct {
		name              string
		loaded, reference []time.Duration
	}{{"list", loaded.list, idle.list}, {"get", loaded.get, idle.get}} {
		for _, p := range []int{50, 99} {
			took, reference := percentile(c.loaded, p), percentile(c.reference, p)
			reportf(b, took.Seconds()/reference.Seconds(), "%s-p%d-ratio", c.name, p)
			reportf(b, took.Seconds()*1000, "%s-p%d-ms", c.name, p)
		}
	}
	before, began := m.sites.polite(b).requests, time.Now()
	beside := m.fastRun(b)
	after, took := m.sites.polite(b).requests, time.Since(began)
	b.ReportMetric(alone, "fast-alone-pages/s")
	b.ReportMetric(beside/alone, "fast-of-alone")
	b.ReportMetric(float64(after-before)/took.Seconds()/polite, "polite-beside-fast")
	m.pauseRuns(b)
	m.checkPages(b)
	m.stop(b)
}

// startRuns creates the polite runs and waits until they crawl.
func (m *machine) startRuns(b *testing.B) {
	b.Helper()
	began := time.Now()
	m.runs = m.createAll(b, *manyRuns, func(i int) (run.Ref, error) {
		return m.create(b, politeIP(i), politeDelay, 1)
	})
	b.ReportMetric(time.Since(began).Seconds(), "create-s")
	crawling, grown := 0, time.Now()
	for crawling < len(m.runs) && time.Since(grown) < startTimeout {
		time.Sleep(100 * time.Millisecond)
		if now := m.sites.polite(b).sites; now > crawling {
			crawling, grown = now, time.Now()
		}
	}
	b.ReportMetric(grown.Sub(began).Seconds(), "start-s")
	b.ReportMetric(float64(crawling), "runs")
	time.Sleep(settleTime)
}

// measureWindow measures the service while the polite runs crawl. It returns the times of its
// responses and the pages a second of all runs.
func (m *machine) measureWindow(b *testing.B) (loaded calls, polite float64) {
	b.Helper()
	stopSampling := m.sampleMemory(b)
	requests, began := m.sites.polite(b).requests, time.Now()
	service, java := m.service.cpu(b), m.java.cpu(b)
	loaded = m.measureCalls(b, *manyWindow, callInterval)
	service, java = m.service.cpu(b)-service, m.java.cpu(b)-java
	pages, took := float64(m.sites.polite(b).requests-requests), time.Since(began)
	ours, javas := stopSampling()
	polite = pages / took.Seconds()
	b.ReportMetric(polite, "pages/s")
	b.ReportMetric(polite/float64(len(m.runs)), "of-possible")
	b.ReportMetric(service.Seconds()*1000/pages, "cpu-ms/page")
	b.ReportMetric(java.Seconds()*1000/pages, "java-cpu-ms/page")
	b.ReportMetric(float64(ours)/1e6, "MB")
	b.ReportMetric(float64(javas)/1e6, "java-MB")
	return loaded, polite
}

// fastRun crawls the fast site without a delay, and returns the pages a second from the first
// request to the last.
func (m *machine) fastRun(b *testing.B) float64 {
	b.Helper()
	m.sites.forget(b, fastIP)
	ref, err := m.create(b, fastIP, 0, parallel)
	if err != nil {
		b.Fatal(err)
	}
	if !m.await(b, ref, fastTimeout, func(s runState) bool { return s.Status == run.Finished }) {
		fetchJSON(b, "PUT", m.runURL(ref)+"/stop", "", nil)
		return 0
	}
	site := m.sites.details(b)[fastIP]
	m.checkRun(b, ref, site, fastPages)
	return float64(site.Requests) / site.Last.Sub(site.First).Seconds()
}

// pauseRuns pauses all runs, and waits until they have recorded what they fetched.
func (m *machine) pauseRuns(b *testing.B) {
	b.Helper()
	for _, ref := range m.runs {
		fetchJSON(b, "PUT", m.runURL(ref)+"/pause", "", nil)
	}
	sites := m.sites.reports(b)
	deadline := time.Now().Add(pauseTimeout)
	for i, ref := range m.runs {
		m.await(b, ref, time.Until(deadline), func(s runState) bool {
			return s.Status == run.Paused && s.Progress.Fetched >= sites[politeIP(i)].Requests
		})
	}
}

// checkPages checks that each page of the polite sites was requested once and recorded once, and
// that every delay was kept. It reports the commits.
func (m *machine) checkPages(b *testing.B) {
	b.Helper()
	sites := m.sites.details(b)
	parts, pages, minGap := 0, 0, time.Hour
	for i, ref := range m.runs {
		site := sites[politeIP(i)]
		parts += m.checkRun(b, ref, site, site.Requests)
		pages += site.Requests
		for _, gap := range site.Gaps {
			minGap = min(minGap, gap)
		}
	}
	if minGap < politeDelay-resolution {
		b.Errorf("two requests for pages of a host came within %v", minGap)
	}
	b.ReportMetric(minGap.Seconds()*1000, "min-gap-ms")
	b.ReportMetric(float64(parts)/float64(pages), "parts/page")
}

// checkRun checks that the log of a run has each page that was requested from its site, once, and
// that they are as many as they should be. It returns the parts of the log.
func (m *machine) checkRun(b *testing.B, ref run.Ref, site siteReport, pages int) int {
	b.Helper()
	h, err := storetest.ReadHistory(b.Context(), m.Store, ref)
	if err != nil {
		b.Fatal(err)
	}
	if site.Requests != pages || len(h.Outcomes) != pages || len(h.Doubled) > 0 {
		b.Errorf("%s: %d requests, and %d pages in the log, of %d; twice in the log: %v",
			site.IP, site.Requests, len(h.Outcomes), pages, h.Doubled)
	}
	requested := map[string]bool{}
	for _, path := range site.Pages {
		if url := m.sites.url(site.IP) + path[1:]; requested[path] || h.Outcomes[url] == nil {
			b.Errorf("%s was requested twice, or is not in the log", url)
		}
		requested[path] = true
	}
	return int(h.Parts)
}
