// Command stop-run is the Lambda function that answers PUT /v1/runs/{run_id}/stop.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("stop-run") }
