package bench

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// BenchmarkLinks measures the lists of the links of a run that knows a million URLs, half of them
// queued, in 4,000 commits: a page of fetched URLs, and the first page of queued ones in a process
// that has read nothing of the log, with the requests that it takes, and in one that has.
func BenchmarkLinks(b *testing.B) {
	bed := newTestbed(b)
	ref := bed.createCrawledRun(b, history{urls: knownURLs, commits: 4000, queued: true}, config.Config{})
	bed.setProgress(b, ref, run.Progress{URLsQueued: knownURLs / 2, URLsFetched: knownURLs / 2})
	links := fmt.Sprintf("/v1/runs/%s/links?per_page=100&states=", ref.ID)
	for _, list := range []struct{ name, states string }{
		{"fetched", "fetched"}, {"queued, first", "queued"}, {"queued, next", "queued"},
	} {
		before := heap()
		if list.name == "queued, first" {
			bed.serve(b)
		}
		b.Run(list.name, func(b *testing.B) {
			bed.search(b, bed.url+links+list.states, 1).report(b)
			b.ReportMetric(float64(heap()-before)/knownURLs, "B/url")
		})
	}
}

// edgePages is how many pages of a run the search for the referrers of a URL is measured with.
const edgePages = 100_000

// BenchmarkEdges measures the search for all pages that link to a URL, in the log of a run of
// 100,000 pages with 50 links each, in commits of 1,000 pages. The links are all among a million
// URLs at random; or 30 of them are the same on each page or section; or they are those of a
// documentation tree: a menu and the neighbours. All grows with the number of pages.
func BenchmarkEdges(b *testing.B) {
	for _, site := range []string{"random", "sections", "tree"} {
		b.Run(site, func(b *testing.B) {
			bed := newTestbed(b)
			ref, size := bed.recordEdges(b, site)
			key := weburl.KeyOfText(edgeURL(777))
			b.ResetTimer()
			for b.Loop() {
				bed.search(b, fmt.Sprintf("%s/v1/runs/%s/edges?per_page=100&to=%s", bed.url, ref.ID, hex.EncodeToString(key[:])), 0).report(b)
			}
			b.ReportMetric(size, "B/edge")
		})
	}
}

func edgeURL(i int) string {
	return fmt.Sprintf("https://www.example.com/section-%d/article-%08d.html", i%1000, i)
}

// recordEdges creates a run of pages with links, and returns the bytes of its log for each edge.
func (bed *testbed) recordEdges(b *testing.B, site string) (run.Ref, float64) {
	b.Helper()
	cfg := parse(b, []byte(`{"record":{"edges":true}}`))
	ref := bed.createCrawledRun(b, history{urls: 1, commits: 1}, cfg)
	lease, err := bed.store.Acquire(b.Context(), ref, "bench", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	size := 0
	for page := 0; page < edgePages; {
		var records []crawllog.Record
		for range 1000 {
			for _, e := range crawllog.NewEdges(edgeURL(page), targets(site, page, random)) {
				records = append(records, e)
			}
			o := fetched(edgeURL(page), page)
			o.Digest = crawllog.Digest{}
			records = append(records, o)
			page++
		}
		c := crawllog.Commit{Parts: crawllog.Encode(records)}
		for _, part := range c.Parts {
			size += len(part)
		}
		if err := bed.store.Commit(b.Context(), lease, c); err != nil {
			b.Fatal(err)
		}
	}
	return ref, float64(size) / edgePages / 50
}

// targets returns the 50 links of a page.
func targets(site string, page int, random *rand.Rand) (to []string) {
	add := func(n int, link func(i int) int) {
		for i := range n {
			to = append(to, edgeURL(link(i)%knownURLs))
		}
	}
	switch site {
	case "random":
		add(50, func(int) int { return random.IntN(knownURLs) })
	case "sections":
		add(20, func(i int) int { return i })
		add(10, func(i int) int { return 1000*(i+1) + page%1000 })
		add(20, func(int) int { return random.IntN(knownURLs) })
	case "tree":
		add(30, func(i int) int { return i })
		add(20, func(i int) int { return knownURLs + page + i - 10 })
	}
	return to
}

// setProgress sets the counters of a run.
func (bed *testbed) setProgress(b *testing.B, ref run.Ref, p run.Progress) {
	b.Helper()
	number := func(n int64) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }
	_, err := bed.client.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
		TableName:        &bed.table,
		Key:              map[string]types.AttributeValue{"pk": text("T#" + tenant + "#RUN#" + ref.ID.String()), "sk": text("PROGRESS")},
		UpdateExpression: aws.String("SET progress.urls_queued = :q, progress.urls_fetched = :f"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":q": number(p.URLsQueued), ":f": number(p.URLsFetched),
		},
	})
	if err != nil {
		b.Fatal(err)
	}
}

// A searchUsage is what a search took.
type searchUsage struct {
	requests    int
	read, worst float64 // units, in all and of one request
	slowest     time.Duration
	items       int
}

func (u searchUsage) report(b *testing.B) {
	b.ReportMetric(float64(u.requests), "requests")
	b.ReportMetric(u.read, "RCU")
	b.ReportMetric(u.worst, "RCU/request")
	b.ReportMetric(u.slowest.Seconds(), "s/request")
	b.ReportMetric(float64(u.items), "items")
}

// search follows the pages of a list until it has some items, or to the end if that is 0.
func (bed *testbed) search(b *testing.B, url string, items int) (u searchUsage) {
	b.Helper()
	for url != "" {
		bed.meter.Reset()
		began := time.Now()
		next, found := bed.getPage(b, url)
		url = next
		u.slowest = max(u.slowest, time.Since(began))
		read := bed.meter.Reset().Read
		u.requests, u.read, u.worst, u.items = u.requests+1, u.read+read, max(u.worst, read), u.items+found
		if items > 0 && u.items >= items {
			break
		}
	}
	return u
}
