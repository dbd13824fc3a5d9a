// Command get-artifact-blob is the Lambda function of GET /v1/artifacts/{artifact_id}/blob.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/contents"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/objects/s3bucket"
	"github.com/inndx/runs/internal/store"
)

func main() {
	bucket := lambdafn.OpenBucket(s3bucket.Open)
	open := func(s *store.Store) api.Contents { return contents.New(bucket, s) }
	lambdafn.ServeRoute("get-artifact-blob", lambdafn.WithContents(open))
}
