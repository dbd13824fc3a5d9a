package manifest

import (
	"bytes"
	"encoding/json"
	"reflect"

	"go.yaml.in/yaml/v4"

	"github.com/inndx/runs/internal/config"
)

// MarshalJSON returns the manifest as JSON, which Parse reads.
func (m Manifest) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels,omitzero"`
		Config config.Config     `json:"config"`
	}{m.Name, m.Labels, m.Config})
}

// Format returns the manifest as a file that Parse reads, in YAML.
func (m Manifest) Format() ([]byte, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return FormatJSON(text)
}

// FormatJSON returns the manifest that a text in JSON is as a file that Parse reads, in YAML.
func FormatJSON(text []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	block(&document)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&document); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	// The encoder follows YAML 1.1. Where version 1.2 reads the text differently, JSON, which is
	// YAML too, is the same in both.
	if again, _, err := toJSON(b.Bytes()); err != nil || !sameJSON(again, text) {
		b.Reset()
		err := json.Indent(&b, text, "", "  ")
		b.WriteByte('\n')
		return b.Bytes(), err
	}
	return b.Bytes(), nil
}

// block gives objects and lists the block style of YAML, and quotes only strings that need it.
func block(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		block(child)
	}
}

// sameJSON reports whether two JSON texts have the same value.
func sameJSON(a, b []byte) bool {
	var values [2]any
	for i, text := range [][]byte{a, b} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&values[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}
