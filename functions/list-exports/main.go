// Command list-exports is the Lambda function of GET /v1/runs/{run_id}/exports.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-exports") }
