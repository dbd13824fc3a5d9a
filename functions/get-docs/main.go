// Command get-docs is the Lambda function that answers GET /.well-known/docs.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/openapi"
)

func main() { lambdafn.ServeDocument("get-docs", api.Documents{Page: openapi.Docs}) }
