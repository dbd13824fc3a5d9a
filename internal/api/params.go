package api

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/fault"
)

// stringParam declares a string.
func stringParam(name string, to *string) param {
	return param{name, single, func(_, v string) *fault.Rule {
		*to = v
		return nil
	}}
}

// stringsParam declares a list of strings.
func stringsParam(name string, to *[]string) param {
	return param{name, list, func(_, v string) *fault.Rule {
		*to = append(*to, v)
		return nil
	}}
}

var integer = regexp.MustCompile(`^-?[0-9]+$`)

// intParam declares a decimal integer from min to max.
func intParam(name string, to *int, min, max int) param {
	return param{name, single, func(_, v string) *fault.Rule {
		n, rule := parseInt(v, min, max)
		if rule == nil {
			*to = n
		}
		return rule
	}}
}

// intsParam declares a list of decimal integers from min to max.
func intsParam(name string, to *[]int, min, max int) param {
	return param{name, list, func(_, v string) *fault.Rule {
		n, rule := parseInt(v, min, max)
		if rule == nil {
			*to = append(*to, n)
		}
		return rule
	}}
}

func parseInt(v string, min, max int) (int, *fault.Rule) {
	var rule fault.Rule
	n, err := strconv.Atoi(v)
	switch {
	case !integer.MatchString(v):
		rule = fault.Type("an integer")
	case err != nil || n < min || n > max: // err: the number does not fit an int
		rule = fault.Range(min, max)
	default:
		return n, nil
	}
	return 0, &rule
}

// boolParam declares true or false.
func boolParam(name string, to *bool) param {
	return param{name, single, func(_, v string) *fault.Rule {
		if v != "true" && v != "false" {
			rule := fault.OneOf("true", "false")
			return &rule
		}
		*to = v == "true"
		return nil
	}}
}

// uuidsParam declares a list of UUIDs.
func uuidsParam(name string, to *[]uuid.UUID) param {
	return param{name, list, func(_, v string) *fault.Rule {
		id, rule := parseUUID(v)
		if rule == nil {
			*to = append(*to, id)
		}
		return rule
	}}
}

// enumParam declares a list of allowed values.
func enumParam[T ~string](name string, to *[]T, allowed []T) param {
	return param{name, list, func(_, v string) *fault.Rule {
		if !slices.Contains(allowed, T(v)) {
			rule := oneOf(allowed)
			return &rule
		}
		*to = append(*to, T(v))
		return nil
	}}
}

// choiceParam declares one of the allowed values.
func choiceParam[T ~string](name string, to *T, allowed []T) param {
	return param{name, single, func(_, v string) *fault.Rule {
		if !slices.Contains(allowed, T(v)) {
			rule := oneOf(allowed)
			return &rule
		}
		*to = T(v)
		return nil
	}}
}

// oneOf returns the rule that a value is one of the allowed ones.
func oneOf[T ~string](allowed []T) fault.Rule {
	var all []string
	for _, a := range allowed {
		all = append(all, string(a))
	}
	return fault.OneOf(all...)
}

// labelsParam declares a map from strings to strings.
func labelsParam(name string, to *map[string]string) param {
	return param{name, keyed, func(key, v string) *fault.Rule {
		if *to == nil {
			*to = map[string]string{}
		}
		(*to)[key] = v
		return nil
	}}
}
