// Command crawl is the Lambda function that crawls the runs and makes the exports whose wake-ups
// the queue delivers, and removes what is left of ended and deleted runs.
package main

import (
	"os"

	"github.com/inndx/runs/internal/awssecrets"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/objects/s3bucket"
	"github.com/inndx/runs/internal/store"
)

func main() {
	objects := lambdafn.OpenBucket(s3bucket.Open)
	d := lambdafn.Connect(store.WithObjects(objects))
	c := crawl.New(crawl.Options{
		Store:        d.Store,
		Queue:        d.Queue,
		Objects:      objects,
		Secrets:      secrets(),
		AllowPrivate: d.AllowPrivate,
		MaxIdle:      d.MaxIdle,
		Period:       d.Period,
		Budget:       d.Budget(),
		Logger:       d.Log,
	})
	exporter := &export.Worker{Store: d.Store, Objects: objects, Logger: d.Log}
	d.ServeQueue("crawl", d.Keeper(exporter).Handler(c.Crawl))
}

// secrets returns the secrets below SECRETS_PREFIX, nil if that is not set.
func secrets() crawl.Secrets {
	prefix := os.Getenv("SECRETS_PREFIX")
	if prefix == "" {
		return nil
	}
	cfg, _ := lambdafn.Configure()
	return awssecrets.New(cfg, prefix).Value
}
