package bench

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/objects/bucket"
)

// keepRaw are the members of a configuration that keeps every response.
const keepRaw = `"pipelines": [{
	"id": "pages", "navigator": {"kind": "anchor"},
	"steps": [{"kind": "extractor", "params": {"kind": "raw"}}],
	"actions": [{"kind": "to_blob", "params": {}}]
}]`

// BenchmarkKeep crawls a generated site without delays in turns with every response kept, in files,
// and with none.
func BenchmarkKeep(b *testing.B) {
	bed := newTestbed(b)
	folder, err := bucket.OpenFolder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	counted := &countedObjects{Store: folder}
	bed.objects = counted
	site := sitetest.Start(b, sitetest.Generate(sitePages, siteLinks))
	for range 3 { // give Java time to compile DynamoDB Local
		bed.crawl(b, site.URL+"/", sitePages, "0s", parallel)
	}
	counted.reset()
	var without, with usage
	for b.Loop() {
		without.add(bed.crawl(b, site.URL+"/", sitePages, "0s", parallel))
		with.add(bed.crawl(b, site.URL+"/", sitePages, "0s", parallel, keepRaw))
	}
	pages := float64(sitePages * b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(without.time.Seconds()/with.time.Seconds(), "of-without")
	b.ReportMetric(with.units.Write/pages, "WCU/url")
	b.ReportMetric(without.units.Write/pages, "without-WCU/url")
	b.ReportMetric(float64(with.log)/pages, "log-B/url")
	b.ReportMetric(float64(without.log)/pages, "without-log-B/url")
	b.ReportMetric(1000*float64(counted.objects.Load())/pages, "objects/1000-pages")
	b.ReportMetric(float64(counted.bytes.Load())/pages, "stored-B/page")
}

// countedObjects counts what is stored.
type countedObjects struct {
	*bucket.Store
	objects, bytes atomic.Int64
}

func (c *countedObjects) Put(ctx context.Context, name string, body []byte, contentType string) error {
	c.objects.Add(1)
	c.bytes.Add(int64(len(body)))
	return c.Store.Put(ctx, name, body, contentType)
}

func (c *countedObjects) reset() {
	c.objects.Store(0)
	c.bytes.Store(0)
}
