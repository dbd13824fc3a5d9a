package config

import (
	"fmt"

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
	s, ok := v.String()
	if !ok {
		return nil
	}
	d, err := ParseDuration(s)
	if err != nil {
		v.Fail(fault.Format("duration", "must be a duration such as 30s, 1m30s or 6h"))
		return nil
	}
	if d < min || d > max {
		v.Fail(fault.Range(min.String(), max.String()))
		return nil
	}
	return &d
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
