package fault

import (
	"fmt"
	"strings"
)

// The rules of this file are checked by several packages. Their codes are part of the API.

// Required is the rule that the field must be given.
func Required() Rule {
	return Rule{Code: "required", Message: "must be given"}
}

// Empty is the rule that the field must not be empty.
func Empty() Rule {
	return Rule{Code: "empty", Message: "must not be empty"}
}

// Unknown is the rule for a field that does not exist. Known, unless empty, lists the existing
// ones.
func Unknown(known ...string) Rule {
	r := Rule{Code: "unknown", Message: "is not known"}
	if len(known) > 0 {
		r.Message += "; known: " + strings.Join(known, ", ")
		r.Params = map[string]any{"known": known}
	}
	return r
}

// Unsupported is the rule for a field or a value of another system with the same format, which has
// a meaning there but none here. Supported lists what may stand in its place.
func Unsupported(supported ...string) Rule {
	return Rule{
		Code:    "unsupported",
		Message: "is not supported; supported: " + strings.Join(supported, ", "),
		Params:  map[string]any{"supported": supported},
	}
}

// Type is the rule that the field must have the named JSON type, such as "a string".
func Type(want string) Rule {
	return Rule{Code: "type", Message: "must be " + want, Params: map[string]any{"type": want}}
}

// Format is the rule that the field must have the named format, such as "uuid".
func Format(format, message string) Rule {
	return Rule{Code: "format", Message: message, Params: map[string]any{"format": format}}
}

// Range is the rule that a value must be between min and max, both inclusive.
func Range[T any](min, max T) Rule {
	return Rule{
		Code:    "range",
		Message: fmt.Sprintf("must be between %v and %v", min, max),
		Params:  map[string]any{"min": min, "max": max},
	}
}

// Length is the rule that a string must have min to max characters, both inclusive.
func Length(min, max int) Rule {
	return Rule{
		Code:    "length",
		Message: fmt.Sprintf("must have between %d and %d characters", min, max),
		Params:  map[string]any{"min": min, "max": max},
	}
}

// TooMany is the rule that the field may have at most max values.
func TooMany(max int) Rule {
	return Rule{
		Code:    "too_many",
		Message: fmt.Sprintf("must have at most %d values", max),
		Params:  map[string]any{"max": max},
	}
}

// OneOf is the rule that the value must be one of those listed.
func OneOf(values ...string) Rule {
	return Rule{
		Code:    "enum",
		Message: "must be one of: " + strings.Join(values, ", "),
		Params:  map[string]any{"values": values},
	}
}
