// Command delete-export is the Lambda function of DELETE /v1/runs/{run_id}/exports/{export_id}.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("delete-export") }
