// Command list-run-links is the Lambda function of GET /v1/runs/{run_id}/links.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-run-links") }
