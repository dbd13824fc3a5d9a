// Command list-jobs is the Lambda function of GET /v1/jobs.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-jobs") }
