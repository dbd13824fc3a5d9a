package local

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/crawltest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
	"github.com/inndx/runs/internal/weburl"
)

// An emptySite is the client of a run whose pages do not exist.
type emptySite struct{}

func (emptySite) Get(context.Context, weburl.URL) (*fetch.Response, error) {
	return &fetch.Response{Status: http.StatusNotFound}, nil
}
func (s emptySite) Check(ctx context.Context, _ string, u weburl.URL) (*fetch.Response, error) {
	return s.Get(ctx, u)
}
func (emptySite) Robots(context.Context, weburl.URL) (*robots.Rules, error) {
	return robots.Parse(nil, ""), nil
}
func (emptySite) Close() {}

// A worker has enough time for a fetch that takes as long as the documentation allows, although
// workers that began together do not end together.
func TestWorkersHaveTimeForSlowPages(t *testing.T) {
	const timeout = 57 * time.Second // see docs/limits.md
	cfg, err := config.Parse([]byte(`{"seeds": [{"kind": "static_list", "params": {"urls": ["http://site.example/"]}}],
		"fetcher": {"timeout": "57s"}}`), "config")
	if err != nil {
		t.Fatal(err)
	}
	// Package crawllog must not create its encoder and decoder in a bubble of virtual time.
	for range crawllog.Decode(crawllog.Encode([]crawllog.Record{&crawllog.SeedsRead{}})[0]) {
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var crawled sync.WaitGroup
		for range 50 {
			store := crawltest.NewMemoryStore(cfg)
			queue := wake.NewLocal(wake.LocalOptions{Timeout: workerTimeout})
			c := crawl.New(crawl.Options{Store: store, Queue: queue, Logger: slog.New(slog.DiscardHandler), NewClient: func(o fetch.Options) crawl.Client {
				if o.Timeout != timeout {
					t.Errorf("a fetch may take %s, want %s", o.Timeout, timeout)
				}
				return emptySite{}
			}})
			crawled.Add(1)
			if err := queue.Send(ctx, run.Ref{Tenant: "acme", ID: store.Current.ID}, 0); err != nil {
				t.Error(err)
			}
			go queue.Run(ctx, func(ctx context.Context, d wake.Delivery) error {
				defer crawled.Done()
				return c.Crawl(ctx, d.Run)
			}, nil)
		}
		crawled.Wait()
		cancel()
	})
}
