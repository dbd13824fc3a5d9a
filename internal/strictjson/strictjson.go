// Package strictjson reads JSON that people write. Unlike encoding/json, it refuses a member that
// is unknown or given twice. It does not stop at the first broken rule: it collects all faults with
// the paths to their values.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/inndx/runs/internal/fault"
)

// MaxFaults bounds the wrong fields that are reported for one JSON text. It keeps the response to
// hostile input small.
const MaxFaults = 1000

// Parse returns the JSON text as a Value with the given path. Methods of the Value, and of the
// values in it, add to faults. Parse fails with kind Malformed when data is not one JSON value in
// UTF-8.
func Parse(data []byte, path string, faults *fault.Fields) (Value, error) {
	what := path
	if what == "" {
		what = "the body"
	}
	if !utf8.Valid(data) {
		return Value{}, fault.Because(fault.ReasonMalformedBody, "%s is not JSON: it is not UTF-8", what)
	}
	var whole json.RawMessage // checks the syntax and the depth of the whole text
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

// malformed returns an error for the byte of data at the offset, counted from 1.
func malformed(what string, data []byte, offset int, problem string) error {
	before := data[:max(0, min(offset, len(data))-1)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fault.Because(fault.ReasonMalformedBody, "%s is not JSON: line %d, column %d: %s", what, line, column, problem)
}

// halfSurrogate returns the offset of the first \u escape in valid JSON that is one half of a
// surrogate pair without the other, or -1. encoding/json would replace it with U+FFFD.
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

// read returns the next value. Unlike json.Unmarshal, it keeps the order of an object's members,
// and all members of the same name.
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
