// Command get-export is the Lambda function of GET /v1/runs/{run_id}/exports/{export_id}.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("get-export") }
