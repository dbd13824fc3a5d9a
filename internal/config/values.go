package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// text reads a string of 1 to max bytes.
func text(v strictjson.Value, max int) (string, bool) {
	s, ok := v.String()
	if !ok {
		return "", false
	}
	if len(s) < 1 || len(s) > max {
		v.Fail(fault.Rule{
			Code:    "length",
			Message: fmt.Sprintf("must have between 1 and %d bytes", max),
			Params:  map[string]any{"min": 1, "max": max},
		})
		return "", false
	}
	return s, true
}

// constant reads a required string that has only one valid value.
func constant(o *strictjson.Object, name, want string) string {
	if v, ok := o.Required(name); ok {
		if s, ok := v.String(); ok && s != want {
			v.Fail(fault.OneOf(want))
		}
	}
	return want
}

// enum reads a string that is one of the values.
func enum(o *strictjson.Object, name string, values ...string) *string {
	v, ok := o.Member(name)
	if !ok {
		return nil
	}
	s, ok := v.String()
	if !ok {
		return nil
	}
	if !slices.Contains(values, s) {
		v.Fail(fault.OneOf(values...))
		return nil
	}
	return &s
}

// printable is like text for a string without control characters, line separators and the like.
func printable(v strictjson.Value, max int) (string, bool) {
	s, ok := text(v, max)
	if ok && strings.ContainsFunc(s, notPrintable) {
		v.Fail(fault.Format("printable", "must have printable characters only"))
		return "", false
	}
	return s, ok
}

func notPrintable(r rune) bool { return !unicode.IsPrint(r) }

// items reads a list of min to max values, each with read. Min is 0 or 1.
func items[T any](v strictjson.Value, min, max int, read func(strictjson.Value) (T, bool)) []T {
	values, ok := v.List(max)
	if !ok {
		return nil
	}
	if len(values) < min {
		v.Fail(fault.Empty())
	}
	list := make([]T, 0, len(values))
	for _, v := range values {
		if t, ok := read(v); ok {
			list = append(list, t)
		}
	}
	return list
}

func boolean(o *strictjson.Object, name string) *bool {
	if v, ok := o.Member(name); ok {
		if b, ok := v.Bool(); ok {
			return &b
		}
	}
	return nil
}

// integer reads an integer between min and max, both inclusive.
func integer[T int | int64](o *strictjson.Object, name string, min, max T) *T {
	if v, ok := o.Member(name); ok {
		if n, ok := v.Int(int64(min), int64(max)); ok {
			t := T(n)
			return &t
		}
	}
	return nil
}

// required is like integer for a member that must be given.
func required[T int | int64](o *strictjson.Object, name string, min, max T) T {
	o.Required(name)
	return deref(integer(o, name, min, max))
}

// duration reads a duration between min and max, both inclusive.
func duration(o *strictjson.Object, name string, min, max Duration) *Duration {
	v, ok := o.Member(name)
	if !ok {
		return nil
	}
	d, ok := durationValue(v, min, max)
	if !ok {
		return nil
	}
	return &d
}

func durationValue(v strictjson.Value, min, max Duration) (Duration, bool) {
	s, ok := v.String()
	if !ok {
		return 0, false
	}
	d, err := ParseDuration(s)
	if err != nil {
		v.Fail(fault.Format("duration", "must be a duration such as 30s, 1m30s or 6h"))
		return 0, false
	}
	if d < min || d > max {
		v.Fail(fault.Range(min.String(), max.String()))
		return 0, false
	}
	return d, true
}

// faultCount returns how many faults were found so far.
func faultCount(o *strictjson.Object) (n int) {
	o.Check(func(_ string, faults *fault.Fields) { n = len(*faults) })
	return n
}

// deref returns *p, and zero for nil.
func deref[T any](p *T) (t T) {
	if p != nil {
		t = *p
	}
	return t
}

// or returns given, or a pointer to the default if given is nil.
func or[T any](given *T, def T) *T {
	if given != nil {
		return given
	}
	return &def
}

// orEmpty returns the list, or an empty one if it is nil.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
