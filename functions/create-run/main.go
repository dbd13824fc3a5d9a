// Command create-run is the Lambda function of POST /v1/jobs/{job_id}/runs.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("create-run") }
