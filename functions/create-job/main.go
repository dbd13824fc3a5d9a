// Command create-job is the Lambda function of POST /v1/jobs.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/pipeline"
)

func main() { lambdafn.ServeRoute("create-job", checkConfig) }

func checkConfig(o *api.Options) { o.CheckConfig = pipeline.CheckConfig }
