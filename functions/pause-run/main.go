// Command pause-run is the Lambda function of PUT /v1/runs/{run_id}/pause.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("pause-run") }
