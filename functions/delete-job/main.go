// Command delete-job is the Lambda function of DELETE /v1/jobs/{job_id}.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("delete-job") }
