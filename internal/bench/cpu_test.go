package bench

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/crawltest"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// BenchmarkCrawlCPU is BenchmarkCrawl without the database, for the CPU time of this process: wall
// time says little on a machine that has other work, or whose cores the parts share. The run is in
// memory, and another process serves the site. So all CPU time is that of the crawler, or of what
// it is compared with.
func BenchmarkCrawlCPU(b *testing.B) {
	const rounds = 5
	site := startSite(b)
	var service, bare, colly spending
	crawlInMemory(b, site) // create codecs and fill pools
	for b.Loop() {
		for range rounds {
			bare.measure(func() { bareLoop(b, site) })
			service.measure(func() { crawlInMemory(b, site) })
		}
		colly.measure(func() { collyCrawl(b, site) })
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ratio(service.cpu, bare.cpu), "cpu-of-bare")
	b.ReportMetric(ratio(colly.cpu, bare.cpu), "colly-cpu-of-bare")
	b.ReportMetric(ratio(bare.wall, service.wall), "of-bare")
	b.ReportMetric(ratio(colly.wall, service.wall), "times-colly")
	b.ReportMetric(float64(median(service.cpu).Nanoseconds())/1e3/sitePages, "cpu-µs/page")
	b.ReportMetric(float64(median(bare.cpu).Nanoseconds())/1e3/sitePages, "bare-cpu-µs/page")
}

// crawlInMemory crawls the site with the service, whose run is in memory.
func crawlInMemory(b *testing.B, site string) {
	b.Helper()
	store := crawltest.NewMemoryStore(parse(b, crawlConfig(site+"/", "0s", parallel)))
	crawler := crawl.New(crawl.Options{Store: store, Queue: noQueue{}, AllowPrivate: true, Logger: discard()})
	crawlRun(b, crawler, run.Ref{Tenant: tenant, ID: store.Current.ID})
	if r := store.Current; r.Status != run.Finished || r.Progress.URLsFetched != sitePages {
		b.Fatal(r)
	}
}

// A spending has the wall time and the CPU time of this process that each round took.
type spending struct{ wall, cpu []time.Duration }

func (s *spending) measure(round func()) {
	runtime.GC() // so that it does not pay for what others left
	before := cpuTime()
	s.wall = append(s.wall, timed(round))
	s.cpu = append(s.cpu, cpuTime()-before)
}

// cpuTime returns the CPU time of this process.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// ratio returns the ratio of the medians.
func ratio(a, b []time.Duration) float64 {
	return median(slices.Clone(a)).Seconds() / median(slices.Clone(b)).Seconds()
}

// siteVariable makes this binary serve the generated site instead of running benchmarks.
const siteVariable = "BENCH_SERVE_SITE"

// startSite serves the generated site in a process of its own until the end of the benchmark, and
// returns its URL.
func startSite(b *testing.B) string {
	b.Helper()
	_, url, err := startSelf(b, siteVariable+"=1")
	if err != nil {
		b.Fatal(err)
	}
	return url
}

// serveSite serves the generated site, prints its URL, and returns at the end of the standard
// input, when the process that started this one has ended or closed it.
func serveSite() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: sitetest.Generate(sitePages, siteLinks)}
	go server.Serve(l)
	defer server.Close()
	fmt.Printf("http://%s\n", l.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
