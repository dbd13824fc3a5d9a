// Command create-export is the Lambda function of POST /v1/runs/{run_id}/exports.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("create-export") }
