// Command list-artifacts is the Lambda function of GET /v1/artifacts.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeRoute("list-artifacts") }
