// Command get-docs is the Lambda function of GET /.well-known/docs.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/openapi"
)

func main() { lambdafn.ServeDocs("get-docs", api.Docs{Page: openapi.Docs}) }
