package config

import "github.com/inndx/runs/internal/strictjson"

// MaxExclusiveRuns bounds the limit of exclusive, in unfinished runs of a job.
const MaxExclusiveRuns = 1000

// Exclusive (exclusive) refuses a new run of a job that has Limit unfinished runs. By is always
// "job_id".
type Exclusive struct {
	By    string `json:"by"`
	Limit int    `json:"limit"`
}

var exclusiveKind = kind{
	name: "exclusive",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		return &Exclusive{By: constant(o, "by", "job_id"), Limit: required(o, "limit", 1, MaxExclusiveRuns)}
	},
}
