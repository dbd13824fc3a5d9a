// Command stream-run-events is the Lambda function of GET /v1/runs/{run_id}/events.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("stream-run-events") }
