package config

import (
	"cmp"

	"github.com/inndx/runs/internal/strictjson"
)

// MaxExclusiveRuns bounds the limit of exclusive, in unfinished runs.
const MaxExclusiveRuns = 1000

// The values of by, which says which runs exclusive counts.
const (
	ExclusiveByJob    = "job_id"    // those of the same job
	ExclusiveByTenant = "tenant_id" // those of the tenant
	ExclusiveByLabels = "labels"    // those of the tenant with exactly the same labels
)

// The defaults of exclusive, which are those of other inndx services.
const (
	DefaultExclusiveBy    = ExclusiveByLabels
	DefaultExclusiveLimit = 1
)

// Exclusive (exclusive) refuses a new run while Limit runs that By selects are unfinished.
type Exclusive struct {
	By    string `json:"by,omitzero"`
	Limit int    `json:"limit,omitzero"`
}

var exclusiveKind = kind{
	name: "exclusive",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		return &Exclusive{
			By:    deref(enum(o, "by", ExclusiveByTenant, ExclusiveByJob, ExclusiveByLabels)),
			Limit: deref(integer(o, "limit", 1, MaxExclusiveRuns)),
		}
	},
}

func (e Exclusive) resolve() any {
	return &Exclusive{By: cmp.Or(e.By, DefaultExclusiveBy), Limit: cmp.Or(e.Limit, DefaultExclusiveLimit)}
}
