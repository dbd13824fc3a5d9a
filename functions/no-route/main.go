// Command no-route is the Lambda function for requests that match no route.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() { lambdafn.ServeNoRoute() }
