// Command list-run-edges is the Lambda function of GET /v1/runs/{run_id}/edges.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-run-edges") }
