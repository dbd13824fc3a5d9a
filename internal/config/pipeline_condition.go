package config

import (
	"fmt"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// MaxConditions bounds the conditions of one step.
const MaxConditions = 20

type (
	// Conditions (condition) let a response pass if all of them hold. Their params are of type
	// *RegexPatterns, *URLPatterns or *Expression. The patterns are those of filters, and match the
	// URL of the response.
	Conditions []Part
	// Expression (expression) is a CEL expression whose value is a bool. Package pipeline says
	// which variables it has.
	Expression struct {
		Expression string `json:"expression"`
	}
)

var conditions = list{
	name:  "params",
	min:   1,
	max:   MaxConditions,
	kinds: []kind{regexPatternsKind, urlPatternsKind, expressionKind},
	other: []string{"heuristics"},
}

var conditionKind = kind{
	name: "condition",
	readValue: func(r *reader, v strictjson.Value) any {
		return Conditions(conditions.readValue(r, v))
	},
}

func (c Conditions) resolve() any { return Conditions(conditions.resolve(c)) }

var expressionKind = kind{
	name: "expression",
	read: func(r *reader, o *strictjson.Object) any {
		e := &Expression{}
		if v, ok := o.Required("expression"); ok {
			e.Expression, _ = r.expression(v)
		}
		return e
	},
}

// expression reads an XPath expression, a CSS selector or a CEL expression. Package pipeline checks
// its syntax.
func (r *reader) expression(v strictjson.Value) (string, bool) {
	s, ok := text(v, MaxExpressionBytes)
	if !ok {
		return "", false
	}
	if r.expressions++; r.expressions > MaxExpressions {
		v.Fail(fault.Rule{
			Code:    "too_many",
			Message: fmt.Sprintf("must be one of at most %d expressions of all pipelines", MaxExpressions),
			Params:  map[string]any{"max": MaxExpressions},
		})
		return "", false
	}
	return s, true
}
