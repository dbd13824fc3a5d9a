// Command list-job-runs is the Lambda function of GET /v1/jobs/{job_id}/runs.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-job-runs") }
