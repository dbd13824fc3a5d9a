// Command get-export-file is the Lambda function of
// GET /v1/runs/{run_id}/exports/{export_id}/file.
package main

import (
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/objects/s3bucket"
)

func main() {
	bucket := lambdafn.OpenBucket(s3bucket.Open)
	lambdafn.ServeRoute("get-export-file", lambdafn.WithFiles(bucket))
}
