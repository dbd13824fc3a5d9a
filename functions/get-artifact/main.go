// Command get-artifact is the Lambda function of GET /v1/artifacts/{artifact_id}.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("get-artifact") }
