// Command list-runs is the Lambda function of GET /v1/runs.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-runs") }
