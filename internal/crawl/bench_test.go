package crawl_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// A memoryLedger has one run, in memory. It is for measuring the engine alone.
type memoryLedger struct {
	crawl.Ledger // nil: what is not here is not called

	mu    sync.Mutex
	run   run.Run
	log   [][]byte
	bytes int
}

func newMemoryLedger(cfg config.Config) *memoryLedger {
	now := time.Now()
	return &memoryLedger{run: run.Run{
		ID: uuid.New(), JobID: uuid.New(), Status: run.Running, CreatedAt: now, StartedAt: now, UpdatedAt: now,
		Config: cfg.Resolve().Canonical(),
	}}
}

func (l *memoryLedger) Acquire(_ context.Context, m wake.Message, owner string, ttl time.Duration) (*store.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &store.Lease{
		Tenant: m.Tenant, RunID: m.RunID, Owner: owner, Until: time.Now().Add(time.Hour),
		Seq: int64(len(l.log)), Progress: l.run.Progress, Attempts: 1,
	}, nil
}

func (l *memoryLedger) Run(context.Context, tenant.ID, uuid.UUID) (run.Run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run, nil
}

func (l *memoryLedger) Status(context.Context, tenant.ID, uuid.UUID) (run.Status, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run.Status, nil
}

func (l *memoryLedger) Log(_ context.Context, _ tenant.ID, _ uuid.UUID, after int64) iter.Seq2[store.LogPart, error] {
	return func(yield func(store.LogPart, error) bool) {
		for i := after; i < int64(len(l.log)); i++ {
			if !yield(store.LogPart{Seq: i + 1, Data: l.log[i]}, nil) {
				return
			}
		}
	}
}

func (l *memoryLedger) Commit(_ context.Context, lease *store.Lease, c store.Commit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lease.Seq != int64(len(l.log)) {
		return fault.New(fault.Conflict, "another writer came first")
	}
	for _, part := range c.Parts {
		l.log = append(l.log, part)
		l.bytes += len(part)
	}
	lease.Seq = int64(len(l.log))
	l.run.Progress = c.Progress
	return nil
}

func (l *memoryLedger) Release(context.Context, *store.Lease, time.Time) error { return nil }

func (l *memoryLedger) Finish(_ context.Context, _ *store.Lease, reason run.StopReason) (run.Run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	l.run, _, err = run.Apply(l.run, run.Finish, reason, time.Now())
	return l.run, err
}

// BenchmarkCrawl crawls a generated site, with the engine and with a bare loop that fetches
// the same pages with net/http and tokenizes them with x/net/html, both eight at a time.
func BenchmarkCrawl(b *testing.B) {
	const pages, links, parallel = 1000, 50, 8
	site := sitetest.Start(b, sitetest.Generate(pages, links))
	var bare, engine time.Duration
	for b.Loop() {
		began := time.Now()
		bareLoop(b, site, pages, parallel)
		bare += time.Since(began)
		began = time.Now()
		engineOnce(b, site, pages, parallel)
		engine += time.Since(began)
	}
	perSecond := func(d time.Duration) float64 { return float64(pages*b.N) / d.Seconds() }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perSecond(engine), "pages/s")
	b.ReportMetric(perSecond(bare), "bare-pages/s")
	b.ReportMetric(bare.Seconds()/engine.Seconds(), "of-bare")
}

func engineOnce(b *testing.B, site *sitetest.Server, pages int64, parallel int) {
	b.Helper()
	cfg, err := config.Parse([]byte(fast(site.URL+"/",
		fmt.Sprintf(`{'speed': {'concurrency': %d, 'per_host_concurrency': %d}}`, parallel, parallel))), "config")
	if err != nil {
		b.Fatal(err)
	}
	l := newMemoryLedger(cfg)
	c := crawl.New(crawl.Options{Ledger: l, Queue: &recordingQueue{}, AllowPrivate: true, Logger: quiet()})
	if res, err := c.HandleWake(b.Context(), event(l.run.ID)); err != nil || len(res.BatchItemFailures) > 0 {
		b.Fatal(res, err)
	}
	if p := l.run.Progress; p.URLsFetched != pages || l.run.StopReason != run.MaxEmptyEvaluations {
		b.Fatalf("%s, %+v", l.run.StopReason, p)
	}
}

// bareLoop fetches and tokenizes every page, and looks at none of the links.
func bareLoop(b *testing.B, site *sitetest.Server, pages, parallel int) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: parallel}}
	defer client.CloseIdleConnections()
	next := make(chan int, pages)
	for i := range pages {
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

// BenchmarkReload folds a log of 200,000 URLs, half of them fetched, and says what a known
// URL takes in memory and in the log.
func BenchmarkReload(b *testing.B) {
	const urls = 200_000
	records := crawl.ManyRecords(urls)
	var bytes, size uint64
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		var f any
		f, size = crawl.Fold(records)
		runtime.GC()
		runtime.ReadMemStats(&after)
		bytes = after.HeapAlloc - before.HeapAlloc
		runtime.KeepAlive(f)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/urls, "ns/url")
	b.ReportMetric(float64(bytes)/urls, "B/url")
	b.ReportMetric(float64(size)/urls, "log-B/url")
}
