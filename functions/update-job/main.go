// Command update-job is the Lambda function of PATCH /v1/jobs/{job_id}.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/lambdafn"
	"github.com/inndx/runs/internal/pipeline"
)

func main() { lambdafn.ServeRoute("update-job", checkConfig) }

func checkConfig(o *api.Options) { o.CheckConfig = pipeline.CheckConfig }
