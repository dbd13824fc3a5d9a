package strictjson

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/inndx/runs/internal/fault"
)

// A Value is a JSON value, the path to it, and the faults to which broken rules are added. A method
// that reads the value reports false, and adds a fault, if the value has another type or is out of
// bounds.
type Value struct {
	path   string
	data   any // nil, bool, string, json.Number, []any or []member
	faults *fault.Fields
}

type member struct {
	name string
	data any
}

// Fail adds the rule, which the value breaks, to the faults.
func (v Value) Fail(rule fault.Rule) {
	if len(*v.faults) >= MaxFaults {
		return
	}
	path := v.path
	if path == "" {
		path = "." // the whole text
	}
	v.faults.Add(path, rule)
}

// Check calls check with the path to the value and the faults to add to.
func (v Value) Check(check func(path string, faults *fault.Fields)) {
	check(v.path, v.faults)
}

// String reads a string.
func (v Value) String() (string, bool) {
	s, ok := v.data.(string)
	if !ok {
		v.Fail(fault.Type("a string"))
	}
	return s, ok
}

// Bool reads a boolean.
func (v Value) Bool() (bool, bool) {
	b, ok := v.data.(bool)
	if !ok {
		v.Fail(fault.Type("true or false"))
	}
	return b, ok
}

// Int reads an integer between min and max, both inclusive. As in JSON Schema, 1.0 and 1e3 are
// integers.
func (v Value) Int(min, max int64) (int64, bool) {
	number, ok := v.data.(json.Number)
	if !ok {
		v.Fail(fault.Type("an integer"))
		return 0, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(number.String(), 64)
		switch {
		case err == nil && f != math.Trunc(f):
			v.Fail(fault.Type("an integer"))
			return 0, false
		case err != nil || math.Abs(f) >= 1<<63:
			v.Fail(fault.Range(min, max))
			return 0, false
		}
		n = int64(f)
	}
	if n < min || n > max {
		v.Fail(fault.Range(min, max))
		return 0, false
	}
	return n, true
}

// Number reads a number between min and max, both inclusive.
func (v Value) Number(min, max float64) (float64, bool) {
	number, ok := v.data.(json.Number)
	if !ok {
		v.Fail(fault.Type("a number"))
		return 0, false
	}
	f, err := number.Float64()
	if err != nil || f < min || f > max {
		v.Fail(fault.Range(min, max))
		return 0, false
	}
	return f, true
}

// IsString reports whether the value is a string, for a value that may have several types.
func (v Value) IsString() bool { _, ok := v.data.(string); return ok }

// IsList reports whether the value is a list.
func (v Value) IsList() bool { _, ok := v.data.([]any); return ok }

// List reads a list of at most max values. The result is not nil if the value is such a list.
func (v Value) List(max int) ([]Value, bool) {
	list, ok := v.data.([]any)
	if !ok {
		v.Fail(fault.Type("a list"))
		return nil, false
	}
	if len(list) > max {
		v.Fail(fault.TooMany(max))
		return nil, false
	}
	values := make([]Value, len(list))
	for i, data := range list {
		values[i] = Value{path: fmt.Sprintf("%s[%d]", v.path, i), data: data, faults: v.faults}
	}
	return values, true
}

// Object reads an object. Close must be called after all known members were read.
func (v Value) Object() (*Object, bool) {
	members, ok := v.data.([]member)
	if !ok {
		v.Fail(fault.Type("an object"))
		return nil, false
	}
	return &Object{Value: v, members: members}, true
}
