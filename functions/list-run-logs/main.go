// Command list-run-logs is the Lambda function of GET /v1/runs/{run_id}/logs.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-run-logs") }
