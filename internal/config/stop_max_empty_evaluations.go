package config

import "github.com/inndx/runs/internal/strictjson"

const (
	// MaxMaxEmptyEvaluations bounds max_empty_evaluations.
	MaxMaxEmptyEvaluations = 100
	// DefaultEmptyEvaluations is the max_empty_evaluations of a run whose configuration gives none.
	DefaultEmptyEvaluations = 1
)

// MaxEmptyEvaluations (max_empty_evaluations) ends a run when MaxEmptyEvaluations evaluations of
// the frontier in a row found it empty. Every run has this criterion.
type MaxEmptyEvaluations struct {
	MaxEmptyEvaluations int `json:"max_empty_evaluations"`
}

var maxEmptyEvaluationsKind = kind{
	name: "max_empty_evaluations",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		return &MaxEmptyEvaluations{required(o, "max_empty_evaluations", 1, MaxMaxEmptyEvaluations)}
	},
}

var defaultMaxEmptyEvaluations = Part{
	maxEmptyEvaluationsKind.name, &MaxEmptyEvaluations{DefaultEmptyEvaluations},
}
