// Command get-job is the Lambda function of GET /v1/jobs/{job_id}.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("get-job") }
