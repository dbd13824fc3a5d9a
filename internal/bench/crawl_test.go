package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/gocolly/colly/v2"
	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/run"
)

// The generated site that is crawled, and how many fetches are under way.
const (
	sitePages = 10_000
	siteLinks = 50
	parallel  = 16
)

// BenchmarkCrawl crawls a generated site as fast as it goes: with the service, which records
// all that it does in DynamoDB; with gocolly/colly, which keeps it in memory; and with a bare
// loop that fetches the same pages with net/http and tokenizes them with x/net/html, and
// follows nothing. It counts the capacity units of all that the service reads and writes, from
// the first wake-up to the finished run, for each URL that its log records.
func BenchmarkCrawl(b *testing.B) {
	bed := newBed(b)
	site := sitetest.Start(b, sitetest.Generate(sitePages, siteLinks))
	var colly, bare time.Duration
	var used usage
	for range 3 { // let DynamoDB Local's compiler settle
		bed.crawl(b, site.URL+"/", sitePages, "0s", parallel)
	}
	for b.Loop() {
		bare += timed(func() { bareLoop(b, site) })
		colly += timed(func() { collyCrawl(b, site) })
		used.add(bed.crawl(b, site.URL+"/", sitePages, "0s", parallel))
	}
	perSecond := func(d time.Duration) float64 { return float64(sitePages*b.N) / d.Seconds() }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perSecond(used.time), "pages/s")
	b.ReportMetric(colly.Seconds()/used.time.Seconds(), "times-colly")
	b.ReportMetric(bare.Seconds()/used.time.Seconds(), "of-bare")
	used.report(b, sitePages*b.N)
}

// BenchmarkPoliteCrawl crawls at the default pace, a page a second: what most crawls of one
// site cost.
func BenchmarkPoliteCrawl(b *testing.B) {
	const pages = 30
	bed := newBed(b)
	site := sitetest.Start(b, sitetest.Generate(pages, 10))
	var used usage
	for b.Loop() {
		used.add(bed.crawl(b, site.URL+"/", pages, "1s", 1))
	}
	b.ReportMetric(0, "ns/op")
	used.report(b, pages*b.N)
}

// BenchmarkKnownURLs crawls the site when 10,000 URLs are known already and when 200,000 are.
// What is known must not slow the crawl.
func BenchmarkKnownURLs(b *testing.B) {
	site := sitetest.Start(b, sitetest.Generate(sitePages, siteLinks))
	few, many := newBed(b), newBed(b)
	var withFew, withMany time.Duration
	for b.Loop() {
		withFew += few.crawlOn(b, site, 10_000)
		withMany += many.crawlOn(b, site, 200_000)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(withMany.Seconds()/withFew.Seconds(), "ratio")
}

// crawlOn crawls a site with a run that knows other URLs already, and returns how long that
// took, the loading of what is known left out.
func (bed *bed) crawlOn(b *testing.B, site *sitetest.Server, known int) time.Duration {
	b.Helper()
	site.Forget()
	id := bed.crawled(b, past{urls: known, commits: known / 250}, parse(b, fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": "0s"}}],
		"stopping_criteria": [{"kind": "max_urls", "params": {"max_urls": %d}}],
		"speed": {"concurrency": %d, "per_host_concurrency": %d}
	}`, site.URL+"/", known+sitePages, parallel, parallel)))
	handle(b, bed.crawler(), id)
	var times []time.Time
	for uri := range site.All() {
		times = append(times, site.Hits(uri)...)
	}
	if len(times) != sitePages+1 { // and robots.txt
		b.Fatalf("%d requests", len(times))
	}
	return slices.MaxFunc(times, time.Time.Compare).Sub(slices.MinFunc(times, time.Time.Compare))
}

func (bed *bed) crawler() *crawl.Crawler {
	return crawl.New(crawl.Options{Store: bed.store, Queue: noQueue{}, AllowPrivate: true, Logger: discard()})
}

// crawl crawls a site of so many pages and returns what that used, from the first wake-up to
// the finished run.
func (bed *bed) crawl(b *testing.B, seed string, pages int, delay string, parallel int) usage {
	b.Helper()
	cfg := parse(b, fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": %q}}],
		"speed": {"concurrency": %d, "per_host_concurrency": %d}
	}`, seed, delay, parallel, parallel))
	_, r, err := bed.store.CreateJobAndRun(b.Context(), tenant, job.Job{Name: "bench"}, cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	bed.meter.Reset()
	used := usage{time: timed(func() { handle(b, bed.crawler(), r.ID) })}
	used.units = bed.meter.Reset()
	if r, err = bed.store.Run(b.Context(), run.Ref{Tenant: tenant, ID: r.ID}); err != nil || r.Status != run.Finished || r.Progress.URLsFetched != int64(pages) {
		b.Fatal(r, err)
	}
	for part, err := range bed.store.LogParts(b.Context(), run.Ref{Tenant: tenant, ID: r.ID}, 0) {
		if err != nil {
			b.Fatal(err)
		}
		used.log += len(part.Data)
	}
	return used
}

func parse(b *testing.B, raw []byte) config.Config {
	b.Helper()
	cfg, err := config.Parse(raw, "config")
	if err != nil {
		b.Fatal(err)
	}
	return cfg
}

// A usage is what crawls used.
type usage struct {
	time  time.Duration
	units meter.Usage
	log   int // bytes
}

func (u *usage) add(more usage) {
	u.time += more.time
	u.units.Read += more.units.Read
	u.units.Write += more.units.Write
	u.log += more.log
}

// report reports what each of so many URLs used.
func (u usage) report(b *testing.B, urls int) {
	b.ReportMetric(u.units.Write/float64(urls), "WCU/url")
	b.ReportMetric(u.units.Read/float64(urls), "RCU/url")
	b.ReportMetric(float64(u.log)/float64(urls), "log-B/url")
}

// handle has a crawler handle one wake-up of a run.
func handle(b *testing.B, c *crawl.Crawler, id uuid.UUID) {
	b.Helper()
	body, err := json.Marshal(run.Ref{Tenant: tenant, ID: id})
	if err != nil {
		b.Fatal(err)
	}
	res, err := c.HandleWake(b.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "bench", Body: string(body)}}})
	if err != nil || len(res.BatchItemFailures) > 0 {
		b.Fatal(res, err)
	}
}

// collyCrawl crawls the site with colly.
func collyCrawl(b *testing.B, site *sitetest.Server) {
	b.Helper()
	c := colly.NewCollector(colly.Async(true), colly.AllowedDomains(strings.Split(site.Host(), ":")[0]), colly.IgnoreRobotsTxt())
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: parallel}); err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	pages := 0
	c.OnHTML("a[href]", func(e *colly.HTMLElement) {
		_ = e.Request.Visit(e.Attr("href")) // an error says that it was visited before
	})
	c.OnResponse(func(*colly.Response) {
		mu.Lock()
		defer mu.Unlock()
		pages++
	})
	if err := c.Visit(site.URL + "/"); err != nil {
		b.Fatal(err)
	}
	c.Wait()
	if pages < sitePages { // it fetches some twice
		b.Fatalf("colly fetched %d pages", pages)
	}
}

// bareLoop fetches and tokenizes every page, and looks at none of the links.
func bareLoop(b *testing.B, site *sitetest.Server) {
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
				if err := tokenize(client, site.URL+sitetest.Path(i)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
}

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
