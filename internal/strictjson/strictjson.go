// Package strictjson reads JSON that people write. Where encoding/json is lenient it is
// strict: a member that is doubled or not known is an error, and so is a value of another
// type than asked for. It collects everything that is wrong, each with its path, instead
// of stopping at the first.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/inndx/runs/internal/fault"
)

// MaxFaults bounds how many wrong fields are reported of one document. It keeps the answer
// to a hostile one small.
const MaxFaults = 1000

// maxNameBytes bounds how much of an unknown member's name a path repeats.
const maxNameBytes = 100

// A Value is a JSON value, the path to it, and the place where its faults are collected.
// Its methods that read report false when the value is not as asked for, after having
// recorded why.
type Value struct {
	path   string
	data   any // nil, bool, string, json.Number, []any or []member
	faults *fault.Fields
}

type member struct {
	name string
	data any
}

// Parse returns the document as a Value with the given path. Faults that reading the Value
// finds are added to faults. It fails with kind Malformed when data is not one JSON value
// in UTF-8.
func Parse(data []byte, path string, faults *fault.Fields) (Value, error) {
	what := path
	if what == "" {
		what = "the body"
	}
	if !utf8.Valid(data) {
		return Value{}, fault.Because(fault.ReasonMalformedBody, "%s is not JSON: it is not UTF-8", what)
	}
	var whole json.RawMessage // checks the syntax and the depth of all of data
	if err := json.Unmarshal(data, &whole); err != nil {
		offset := len(data)
		if s := (*json.SyntaxError)(nil); errors.As(err, &s) {
			offset = int(s.Offset)
		}
		return Value{}, malformed(what, data, offset, err.Error())
	}
	if at := halfSurrogate(data); at >= 0 {
		return Value{}, malformed(what, data, at+1, "half of a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	tree, err := read(d)
	if err != nil {
		return Value{}, fault.Because(fault.ReasonMalformedBody, "%s is not JSON: %v", what, err)
	}
	return Value{path: path, data: tree, faults: faults}, nil
}

// malformed says what is wrong at the offset-th byte of data, counted from 1.
func malformed(what string, data []byte, offset int, problem string) error {
	before := data[:max(0, min(offset, len(data))-1)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fault.Because(fault.ReasonMalformedBody, "%s is not JSON: line %d, column %d: %s", what, line, column, problem)
}

// halfSurrogate returns the offset of the first \u escape in valid JSON that is half of a
// surrogate pair without its other half, or -1. encoding/json would replace it and so
// change what was written.
func halfSurrogate(data []byte) int {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit := escapedUnit(data[i:])
		switch {
		case unit < 0: // another escape
			i++
		case !utf16.IsSurrogate(unit):
			i += 5
		case utf16.DecodeRune(unit, escapedUnit(data[i+6:])) != utf8.RuneError:
			i += 11
		default:
			return i
		}
	}
	return -1
}

// escapedUnit returns the UTF-16 code unit of the \uXXXX that data begins with, or -1.
func escapedUnit(data []byte) rune {
	if !bytes.HasPrefix(data, []byte(`\u`)) {
		return -1
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
}

// read returns the next value. Unlike json.Unmarshal it keeps the members of an object as
// they stand, doubled ones too.
func read(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := read(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		members := []member{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := read(d)
			if err != nil {
				return nil, err
			}
			members = append(members, member{name.(string), v})
		}
		_, err = d.Token()
		return members, err
	}
	return t, nil
}

// Fail records that the value breaks the rule.
func (v Value) Fail(rule fault.Rule) {
	if len(*v.faults) >= MaxFaults {
		return
	}
	path := v.path
	if path == "" {
		path = "." // the document itself
	}
	v.faults.Add(path, rule)
}

// Check calls a function that records what is wrong with the value at its path.
func (v Value) Check(check func(path string, faults *fault.Fields)) {
	check(v.path, v.faults)
}

// String returns a string.
func (v Value) String() (string, bool) {
	s, ok := v.data.(string)
	if !ok {
		v.Fail(fault.Type("a string"))
	}
	return s, ok
}

// Bool returns a boolean.
func (v Value) Bool() (bool, bool) {
	b, ok := v.data.(bool)
	if !ok {
		v.Fail(fault.Type("true or false"))
	}
	return b, ok
}

// Int returns an integer between min and max, both inclusive. Like JSON Schema it takes
// 1.0 and 1e3 for integers.
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

// List returns the values of a list that has at most max of them. It is not nil when true
// is returned.
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

// Object returns an object. Once all its members have been asked for, call Close.
func (v Value) Object() (*Object, bool) {
	members, ok := v.data.([]member)
	if !ok {
		v.Fail(fault.Type("an object"))
		return nil, false
	}
	return &Object{Value: v, members: members}, true
}

// An Object is a JSON object, whose members are known by being asked for.
type Object struct {
	Value
	members []member
	asked   []string
}

// Empty returns an object without members at the path of v's member of that name.
func (o *Object) Empty(name string) *Object {
	return &Object{Value: o.at(name, nil)}
}

// Member returns the member of that name and whether there is one.
func (o *Object) Member(name string) (Value, bool) {
	if !slices.Contains(o.asked, name) {
		o.asked = append(o.asked, name)
	}
	for _, m := range o.members {
		if m.name == name {
			return o.at(name, m.data), true
		}
	}
	return Value{}, false
}

// Required returns the member of that name, and records a fault when there is none.
func (o *Object) Required(name string) (Value, bool) {
	v, ok := o.Member(name)
	if !ok {
		o.at(name, nil).Fail(fault.Required())
	}
	return v, ok
}

// Members returns the members in their order, for an object whose names are the caller's to
// choose. Of doubled ones it returns the first.
func (o *Object) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		seen := make(map[string]bool, len(o.members))
		for _, m := range o.members {
			if seen[m.name] {
				continue
			}
			seen[m.name] = true
			o.asked = append(o.asked, m.name)
			if !yield(m.name, o.at(m.name, m.data)) {
				return
			}
		}
	}
}

// Close records a fault for each member that was not asked for and for each doubled one.
func (o *Object) Close() {
	known := make(map[string]bool, len(o.asked))
	for _, name := range o.asked {
		known[name] = true
	}
	seen := make(map[string]bool, len(o.members))
	for _, m := range o.members {
		switch {
		case seen[m.name]:
			o.at(m.name, nil).Fail(fault.Rule{Code: "duplicate", Message: "must be given only once"})
		case !known[m.name]:
			o.at(m.name, nil).Fail(fault.Unknown(slices.Clone(o.asked)...))
		}
		seen[m.name] = true
	}
}

func (o *Object) at(name string, data any) Value {
	if len(name) > maxNameBytes {
		name = string(bytes.ToValidUTF8([]byte(name[:maxNameBytes]), nil)) + "…"
	}
	path := name
	if o.path != "" {
		path = o.path + "." + name
	}
	return Value{path: path, data: data, faults: o.faults}
}
