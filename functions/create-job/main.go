// Command create-job is the Lambda function of POST /v1/jobs.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("create-job") }
