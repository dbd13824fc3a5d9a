// Command no-route is the Lambda function that answers what no other route takes.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeNoRoute() }
