// Command get-openapi is the Lambda function that answers GET /.well-known/openapi.json.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/openapi"
)

func main() { lambdafn.ServeDocument("get-openapi", api.Documents{OpenAPI: openapi.JSON}) }
