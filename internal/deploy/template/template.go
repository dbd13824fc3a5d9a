// Package template reads CloudFormation templates and expands their loops.
//
// CloudFormation and MiniStack expand loops by the transform AWS::LanguageExtensions. LocalStack
// 4.14 rejects an Fn::Sub with variables in a loop, and `sam local` 1.170 loses the functions of
// routes. So they get a template without loops.
package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Parse reads a template in YAML. Functions in short form, such as !Ref Table, are returned in long
// form, such as {"Ref": "Table"}.
func Parse(data []byte) (map[string]any, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if len(document.Content) != 1 {
		return nil, errors.New("the template is empty")
	}
	v, err := parse(document.Content[0])
	if err != nil {
		return nil, err
	}
	t, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("the template is not a mapping")
	}
	return t, nil
}

func parse(n *yaml.Node) (any, error) {
	tag, function := strings.CutPrefix(n.Tag, "!")
	if !function || strings.HasPrefix(tag, "!") {
		return parseValue(n, n.Tag)
	}
	v, err := parseValue(n, "!!str")
	if err != nil {
		return nil, err
	}
	switch s, isText := v.(string); {
	case tag == "Ref" || tag == "Condition":
		return map[string]any{tag: v}, nil
	case tag == "GetAtt" && isText:
		id, attribute, _ := strings.Cut(s, ".")
		return map[string]any{"Fn::GetAtt": []any{id, attribute}}, nil
	}
	return map[string]any{"Fn::" + tag: v}, nil
}

// parseValue reads a node whose tag, if it is a scalar, is as given.
func parseValue(n *yaml.Node, tag string) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, ok := m[key]; ok {
				return nil, fmt.Errorf("line %d: the key %s is there twice", n.Content[i].Line, key)
			}
			v, err := parse(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			v, err := parse(item)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case yaml.ScalarNode:
		if tag == "!!str" {
			return n.Value, nil
		}
		var v any
		err := n.Decode(&v)
		return v, err
	}
	return nil, fmt.Errorf("line %d: CloudFormation takes no aliases", n.Line)
}

// transform is the one that expands loops.
const transform = "AWS::LanguageExtensions"

// Expand returns the template with the loops (Fn::ForEach) over its resources expanded, as
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
// describes them. It replaces a loop's variable where AWS does: in keys, Fn::Sub and Ref. It also
// resolves each Fn::FindInMap whose arguments are known. Collections must be lists of strings.
func Expand(t map[string]any) (map[string]any, error) {
	mappings, _ := t["Mappings"].(map[string]any)
	e := expander{mappings: mappings}
	resources, err := e.value(t["Resources"], nil)
	if err != nil {
		return nil, err
	}
	expanded := maps.Clone(t)
	expanded["Resources"] = resources
	if list, ok := t["Transform"].([]any); ok {
		expanded["Transform"] = slices.DeleteFunc(slices.Clone(list), func(name any) bool { return name == transform })
	}
	return expanded, nil
}

// An expander expands the loops of a template.
type expander struct {
	mappings map[string]any
}

// value expands v, in which the loops' variables have the given values.
func (e expander) value(v any, variables map[string]string) (any, error) {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			var err error
			if list[i], err = e.value(item, variables); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, value := range v {
			if strings.HasPrefix(key, "Fn::ForEach::") {
				if err := e.loop(m, key, value, variables); err != nil {
					return nil, err
				}
				continue
			}
			value, err := e.value(value, variables)
			if err != nil {
				return nil, err
			}
			if err := add(m, key, value); err != nil {
				return nil, err
			}
		}
		return e.call(m, variables), nil
	}
	return v, nil
}

func add(m map[string]any, key string, value any) error {
	if _, ok := m[key]; ok {
		return fmt.Errorf("%s is there twice", key)
	}
	m[key] = value
	return nil
}

// loop adds what the loop declares to m.
func (e expander) loop(m map[string]any, name string, loop any, variables map[string]string) error {
	parts, _ := loop.([]any)
	if len(parts) != 3 {
		return fmt.Errorf("%s has no variable, collection and fragment", name)
	}
	variable, _ := parts[0].(string)
	collection, _ := parts[1].([]any)
	fragment, _ := parts[2].(map[string]any)
	if variable == "" || collection == nil || fragment == nil {
		return fmt.Errorf("%s is not a variable, a list and a mapping", name)
	}
	for _, item := range collection {
		text, ok := item.(string)
		if !ok {
			return fmt.Errorf("%s has the item %v, which is no string", name, item)
		}
		inner := map[string]string{variable: text}
		maps.Copy(inner, variables)
		for key, value := range fragment {
			if strings.HasPrefix(key, "Fn::ForEach::") {
				if err := e.loop(m, key, value, inner); err != nil {
					return err
				}
				continue
			}
			value, err := e.value(value, inner)
			if err != nil {
				return err
			}
			if err := add(m, substitute(key, inner), value); err != nil {
				return err
			}
		}
	}
	return nil
}

// substitute replaces the variables in a text.
func substitute(text string, variables map[string]string) string {
	for name, value := range variables {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	return text
}

// call returns the value of m when it is the call of a function and the value is known, or else m
// with the variables replaced.
func (e expander) call(m map[string]any, variables map[string]string) any {
	if len(m) != 1 {
		return m
	}
	if name, ok := m["Ref"].(string); ok {
		if value, ok := variables[name]; ok {
			return value
		}
	}
	switch argument := m["Fn::Sub"].(type) {
	case string:
		text := substitute(argument, variables)
		if !strings.Contains(text, "${") {
			return text
		}
		return map[string]any{"Fn::Sub": text}
	case []any:
		if len(argument) > 0 {
			if text, ok := argument[0].(string); ok {
				argument[0] = substitute(text, variables)
			}
		}
	}
	if arguments, ok := m["Fn::FindInMap"].([]any); ok {
		if value, ok := e.find(arguments); ok {
			return value
		}
	}
	return m
}

// find returns what the arguments of Fn::FindInMap name. It reports whether they are known.
func (e expander) find(arguments []any) (any, bool) {
	var found any = e.mappings
	for _, argument := range arguments {
		name, ok := argument.(string)
		if !ok {
			return nil, false
		}
		level, ok := found.(map[string]any)
		if !ok {
			return nil, false
		}
		if found, ok = level[name]; !ok {
			return nil, false
		}
	}
	return found, true
}
