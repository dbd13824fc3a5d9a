// Command get-run-metrics is the Lambda function of GET /v1/runs/{run_id}/metrics.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("get-run-metrics") }
