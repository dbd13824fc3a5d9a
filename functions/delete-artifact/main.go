// Command delete-artifact is the Lambda function of DELETE /v1/artifacts/{artifact_id}.
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
	lambdafn.ServeRoute("delete-artifact", lambdafn.WithContents(open))
}
