package strictjson

import (
	"bytes"
	"iter"
	"slices"

	"github.com/inndx/runs/internal/fault"
)

// maxNameBytes bounds the bytes of a member's name in a path.
const maxNameBytes = 100

// An Object is a JSON object. The names that are passed to Member and Required are the known
// members.
type Object struct {
	Value
	members     []member
	known       []string
	unsupported []string
}

// Empty returns an object without members at the path of o's member of that name.
func (o *Object) Empty(name string) *Object {
	return &Object{Value: o.at(name, nil)}
}

// Member returns the member of that name and whether there is one.
func (o *Object) Member(name string) (Value, bool) {
	if !slices.Contains(o.known, name) {
		o.known = append(o.known, name)
	}
	for _, m := range o.members {
		if m.name == name {
			return o.at(name, m.data), true
		}
	}
	return Value{}, false
}

// Required returns the member of that name, and adds a fault if it is missing.
func (o *Object) Required(name string) (Value, bool) {
	v, ok := o.Member(name)
	if !ok {
		o.at(name, nil).Fail(fault.Required())
	}
	return v, ok
}

// Members returns the members in their order, for an object that may have members of any name. Of
// members with the same name it returns the first.
func (o *Object) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		seen := make(map[string]bool, len(o.members))
		for _, m := range o.members {
			if seen[m.name] {
				continue
			}
			seen[m.name] = true
			o.known = append(o.known, m.name)
			if !yield(m.name, o.at(m.name, m.data)) {
				return
			}
		}
	}
}

// Unsupported names members that have a meaning in another system with the same format. Close
// refuses them as unsupported, not as unknown.
func (o *Object) Unsupported(names ...string) {
	o.unsupported = append(o.unsupported, names...)
}

// Close adds a fault for each unknown or unsupported member and for each member that is given
// again.
func (o *Object) Close() {
	known := make(map[string]bool, len(o.known))
	for _, name := range o.known {
		known[name] = true
	}
	seen := make(map[string]bool, len(o.members))
	for _, m := range o.members {
		switch {
		case seen[m.name]:
			o.at(m.name, nil).Fail(fault.Rule{Code: "duplicate", Message: "must be given only once"})
		case slices.Contains(o.unsupported, m.name):
			o.at(m.name, nil).Fail(fault.Unsupported(slices.Clone(o.known)...))
		case !known[m.name]:
			o.at(m.name, nil).Fail(fault.Unknown(slices.Clone(o.known)...))
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
