// Command delete-run is the Lambda function that answers DELETE /v1/runs/{run_id}.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("delete-run") }
