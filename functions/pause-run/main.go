// Command pause-run is the Lambda function that answers PUT /v1/runs/{run_id}/pause.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("pause-run") }
