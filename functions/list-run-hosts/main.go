// Command list-run-hosts is the Lambda function of GET /v1/runs/{run_id}/hosts.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-run-hosts") }
