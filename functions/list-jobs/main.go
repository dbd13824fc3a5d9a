// Command list-jobs is the Lambda function that answers GET /v1/jobs.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-jobs") }
