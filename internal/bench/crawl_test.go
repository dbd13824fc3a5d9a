package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocolly/colly/v2"
	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

// The size of the generated site, and the fetches in flight.
const (
	sitePages = 10_000
	siteLinks = 50 // of a page
	parallel  = 16
)

// BenchmarkCrawl crawls a generated site without delays in three ways: with the service, which
// records every fetch in DynamoDB; with gocolly/colly, which keeps its state in memory; and with a
// bare loop, which fetches the same pages with net/http and tokenizes them with x/net/html, but
// follows no links. It counts all capacity units of the service for the crawl, per URL in the log.
func BenchmarkCrawl(b *testing.B) {
	bed := newTestbed(b)
	site := sitetest.Start(b, sitetest.Generate(sitePages, siteLinks))
	var colly, bare time.Duration
	var used usage
	for range 3 { // give Java time to compile DynamoDB Local
		bed.crawl(b, site.URL+"/", sitePages, "0s", parallel)
	}
	for b.Loop() {
		bare += timed(func() { bareLoop(b, site.URL) })
		colly += timed(func() { collyCrawl(b, site.URL) })
		used.add(bed.crawl(b, site.URL+"/", sitePages, "0s", parallel))
	}
	perSecond := func(d time.Duration) float64 { return float64(sitePages*b.N) / d.Seconds() }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perSecond(used.time), "pages/s")
	b.ReportMetric(colly.Seconds()/used.time.Seconds(), "times-colly")
	b.ReportMetric(bare.Seconds()/used.time.Seconds(), "of-bare")
	used.report(b, sitePages*b.N)
}

// BenchmarkRecord measures what the settings of a run's log add to it, in a crawl without delays of
// pages with 50 links, and in a polite crawl of pages with 10 links. Digests are the default.
func BenchmarkRecord(b *testing.B) {
	bed := newTestbed(b)
	for _, crawl := range []struct {
		name                   string
		pages, links, parallel int
		delay                  string
	}{
		{"fast", sitePages, siteLinks, parallel, "0s"},
		{"polite", 30, 10, 1, "1s"},
	} {
		site := sitetest.Start(b, sitetest.Generate(crawl.pages, crawl.links))
		for _, record := range []string{`{"digests": false}`, `{}`, `{"digests": false, "edges": true}`} {
			b.Run(crawl.name+"/"+record, func(b *testing.B) {
				var used usage
				for b.Loop() {
					used.add(bed.crawl(b, site.URL+"/", crawl.pages, crawl.delay, crawl.parallel, `"record": `+record))
				}
				b.ReportMetric(0, "ns/op")
				used.report(b, crawl.pages*b.N)
			})
		}
	}
}

// BenchmarkPoliteCrawl measures a crawl with the default delay of a second between pages, as most
// crawls of one site have.
func BenchmarkPoliteCrawl(b *testing.B) {
	const pages = 30
	bed := newTestbed(b)
	site := sitetest.Start(b, sitetest.Generate(pages, 10))
	var used usage
	for b.Loop() {
		used.add(bed.crawl(b, site.URL+"/", pages, "1s", 1))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(pages, "pages") // so that readers can leave out what the run itself takes
	used.report(b, pages*b.N)
}

// BenchmarkKnownURLs compares the crawl of a run that already knows 200,000 URLs with one that
// knows 10,000. Known URLs must not slow the crawl.
func BenchmarkKnownURLs(b *testing.B) {
	site := sitetest.Start(b, sitetest.Generate(sitePages, siteLinks))
	few, many := newTestbed(b), newTestbed(b)
	var withFew, withMany time.Duration
	for b.Loop() {
		withFew += few.crawlKnowing(b, site, 10_000)
		withMany += many.crawlKnowing(b, site, 200_000)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(withMany.Seconds()/withFew.Seconds(), "ratio")
}

// crawlKnowing crawls a site with a run that already knows other URLs. It returns the time from the
// first request to the last, which leaves out the time to load the known URLs.
func (bed *testbed) crawlKnowing(b *testing.B, site *sitetest.Server, known int) time.Duration {
	b.Helper()
	site.Forget()
	ref := bed.createCrawledRun(b, history{urls: known, commits: known / 250}, parse(b, fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": "0s"}}],
		"stopping_criteria": [{"kind": "max_urls", "params": {"max_urls": %d}}],
		"speed": {"concurrency": %d, "per_host_concurrency": %d}
	}`, site.URL+"/", known+sitePages, parallel, parallel)))
	crawlRun(b, bed.crawler(), ref)
	var times []time.Time
	for uri := range site.All() {
		times = append(times, site.Hits(uri)...)
	}
	if len(times) != sitePages+1 { // and robots.txt
		b.Fatalf("%d requests, want %d", len(times), sitePages+1)
	}
	return slices.MaxFunc(times, time.Time.Compare).Sub(slices.MinFunc(times, time.Time.Compare))
}

// crawler returns a new crawler, which has no cached snapshot of a run.
func (bed *testbed) crawler() *crawl.Crawler {
	return crawl.New(crawl.Options{
		Store: bed.store, Queue: noQueue{}, Objects: bed.objects, AllowPrivate: true, Logger: discard(),
	})
}

// crawl crawls a site of the given number of pages, with further members of the configuration. It
// returns the usage up to the finished run.
func (bed *testbed) crawl(b *testing.B, seed string, pages int, delay string, parallel int, more ...string) usage {
	b.Helper()
	cfg := parse(b, crawlConfig(seed, delay, parallel, more...))
	_, r, err := bed.store.CreateJobAndRun(b.Context(), tenant, job.Job{Name: "bench"}, cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	ref := run.Ref{Tenant: tenant, ID: r.ID}
	bed.meter.Reset()
	used := usage{time: timed(func() { crawlRun(b, bed.crawler(), ref) })}
	used.units = bed.meter.Reset()
	if r, err = bed.store.Run(b.Context(), ref); err != nil || r.Status != run.Finished || r.Progress.URLsFetched != int64(pages) {
		b.Fatal(r, err)
	}
	for part, err := range bed.store.LogParts(b.Context(), ref, 0) {
		if err != nil {
			b.Fatal(err)
		}
		used.log += len(part.Data)
	}
	return used
}

// crawlConfig returns the configuration of a crawl of one host, with further members.
func crawlConfig(seed, delay string, parallel int, more ...string) []byte {
	return fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": %q}}],
		"speed": {"concurrency": %d, "per_host_concurrency": %d}
		%s
	}`, seed, delay, parallel, parallel, strings.Join(append([]string{""}, more...), ","))
}

// collyCrawl crawls the site with colly.
func collyCrawl(b *testing.B, site string) {
	b.Helper()
	root, err := url.Parse(site)
	if err != nil {
		b.Fatal(err)
	}
	c := colly.NewCollector(colly.Async(true), colly.AllowedDomains(root.Hostname()), colly.IgnoreRobotsTxt())
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: parallel}); err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	pages := 0
	c.OnHTML("a[href]", func(e *colly.HTMLElement) {
		_ = e.Request.Visit(e.Attr("href")) // an error means that the page was visited before
	})
	c.OnResponse(func(*colly.Response) {
		mu.Lock()
		defer mu.Unlock()
		pages++
	})
	if err := c.Visit(site + "/"); err != nil {
		b.Fatal(err)
	}
	c.Wait()
	if pages < sitePages { // colly fetches some pages twice
		b.Fatalf("colly fetched %d pages, want %d", pages, sitePages)
	}
}

// bareLoop fetches and tokenizes every page, and ignores the links.
func bareLoop(b *testing.B, site string) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: parallel}}
	defer client.CloseIdleConnections()
	next := make(chan int, sitePages)
	for i := range sitePages {
		next <- i
	}
	close(next)
	var group sync.WaitGroup
	for range parallel {
		group.Go(func() {
			for i := range next {
				if err := tokenize(client, site+sitetest.Path(i)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// tokenize fetches a page and reads it to its end.
func tokenize(client *http.Client, page string) error {
	base, err := url.Parse(page)
	if err != nil {
		return err
	}
	res, err := client.Get(base.String())
	if err != nil {
		return err
	}
	defer res.Body.Close()
	for z := html.NewTokenizer(res.Body); ; {
		switch z.Next() {
		case html.ErrorToken:
			return nil
		case html.StartTagToken:
			z.Token()
		}
	}
}
