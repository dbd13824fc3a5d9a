// Command get-run-latency is the Lambda function of GET /v1/runs/{run_id}/latency.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("get-run-latency") }
