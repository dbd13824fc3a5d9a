package listing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/store/keys"
)

// A Condition is one term of a filter expression.
type Condition struct {
	expr string
	args []any
}

// Filter adds conditions that every item of the list satisfies. They save the transfer of other
// items, but not their read units: DynamoDB counts what it reads before it filters.
func (p *Plan) Filter(conditions []Condition) {
	p.conditions = append(p.conditions, conditions...)
}

// Limits of a filter expression. IN takes at most 100 operands, and an expression is at most 4 KB
// of text, of which a member of a map takes about 30 bytes. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
// A condition beyond a limit is left out.
const (
	maxOperands = 100
	maxMembers  = 50
)

// In returns the condition that the attribute has one of the values. There is no condition when
// values is empty.
func In[T any](attribute string, values []T) []Condition {
	return in("'%s' IN (%s)", attribute, values)
}

// NotIn returns the condition that the attribute has none of the values.
func NotIn[T any](attribute string, values []T) []Condition {
	return in("NOT ('%s' IN (%s))", attribute, values)
}

func in[T any](format, attribute string, values []T) []Condition {
	if len(values) == 0 || len(values) > maxOperands {
		return nil
	}
	c := Condition{args: make([]any, len(values))}
	for i, v := range values {
		c.args[i] = v
	}
	placeholders := strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")
	c.expr = fmt.Sprintf(format, attribute, placeholders)
	return []Condition{c}
}

// HasMembers returns the conditions that the attribute is a map with the members.
func HasMembers(attribute string, members map[string]string) []Condition {
	var conditions []Condition
	for i, key := range slices.Sorted(maps.Keys(members)) {
		if i == maxMembers {
			break
		}
		// The key needs a name placeholder of its own: the placeholder that dynamo makes of a name
		// may be shorter than the key.
		name := fmt.Sprintf("#l%d", i)
		conditions = append(conditions, Condition{
			expr: "$ = ?",
			args: []any{
				dynamo.ExpressionLiteral{
					Expression:     attribute + "." + name,
					AttributeNames: map[string]*string{name: aws.String(key)},
				},
				members[key],
			},
		})
	}
	return conditions
}

// secondLayout writes a UTC time up to its seconds. Every stored time begins with this text, which
// has a fixed width. The fraction that follows has none, so that the times of one second do not
// sort as text.
const secondLayout = "2006-01-02T15:04:05"

// TimeBetween returns the conditions that the attribute is a time between two times. The bounds
// are rounded to seconds, outwards, so that no match is left out. A zero time is an open end. An
// item without the attribute fails every comparison.
func TimeBetween(attribute string, after, before time.Time) []Condition {
	var conditions []Condition
	if !after.IsZero() {
		conditions = append(conditions, Condition{
			expr: fmt.Sprintf("'%s' >= ?", attribute),
			args: []any{keys.Clamp(after).Format(secondLayout)},
		})
	}
	if !before.IsZero() {
		conditions = append(conditions, Condition{
			expr: fmt.Sprintf("'%s' < ?", attribute),
			args: []any{keys.Clamp(keys.Clamp(before).Add(time.Second)).Format(secondLayout)},
		})
	}
	return conditions
}
