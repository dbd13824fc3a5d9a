package manifest

import (
	"go.yaml.in/yaml/v4"
)

type objectMember struct {
	name       string
	key, value *yaml.Node
}

// members returns the members of an object. The key << adds the members of other objects that the
// object does not have (https://yaml.org/type/merge.html).
func (c *converter) members(n *yaml.Node, depth int) (all []objectMember, err error) {
	if depth > maxDepth {
		return nil, &syntaxError{at(n), "its lists and objects are too deep"}
	}
	given := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Value == "<<" && key.Style == 0 {
			merged = append(merged, value)
			continue
		}
		name := resolveAlias(key)
		if name.Kind != yaml.ScalarNode {
			return nil, &syntaxError{at(key), "the name of a member must be text"}
		}
		given[name.Value] = true
		all = append(all, objectMember{name.Value, key, value})
	}
	for _, value := range merged {
		others, err := c.mergedMembers(value, depth+1)
		if err != nil {
			return nil, err
		}
		for _, m := range others {
			if !given[m.name] {
				given[m.name] = true
				all = append(all, m)
			}
		}
	}
	return all, nil
}

// mergedMembers returns the members of the objects that are the value of a key <<.
func (c *converter) mergedMembers(value *yaml.Node, depth int) (all []objectMember, err error) {
	value = resolveAlias(value)
	sources := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		sources = value.Content
	}
	for _, source := range sources {
		source = resolveAlias(source)
		if source.Kind != yaml.MappingNode {
			return nil, &syntaxError{at(source), "<< must be an object or a list of objects"}
		}
		members, err := c.members(source, depth)
		if err != nil {
			return nil, err
		}
		if c.nodes += len(members); c.nodes > maxNodes {
			return nil, &syntaxError{at(source), "its aliases make it too large"}
		}
		all = append(all, members...)
	}
	return all, nil
}

// resolveAlias returns the node that an alias stands for. Other nodes are returned unchanged.
func resolveAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
