// Command update-job is the Lambda function of PATCH /v1/jobs/{job_id}.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("update-job") }
