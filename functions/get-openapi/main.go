// Command get-openapi is the Lambda function of GET /.well-known/openapi.json.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/openapi"
)

func main() { lambdafn.ServeDocs("get-openapi", api.Docs{Spec: openapi.JSON}) }
