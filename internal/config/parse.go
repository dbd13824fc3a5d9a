package config

import (
	"fmt"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// Parse reads a configuration from JSON. It fails with kind Malformed if data is not JSON, and with
// kind Invalid if fields break rules. The error lists all of these fields. Their paths begin with
// path, for instance "config".
func Parse(data []byte, path string) (Config, error) { return parse(data, path, &reader{}) }

// ParseStored is like Parse for a stored configuration. It also accepts what earlier versions
// accepted: URLs that Parse refuses, which the run excludes, and patterns beyond the present
// bounds.
func ParseStored(data []byte) (Config, error) { return parse(data, "config", &reader{stored: true}) }

func parse(data []byte, path string, r *reader) (Config, error) {
	var faults fault.Fields
	v, err := strictjson.Parse(data, path, &faults)
	if err != nil {
		return Config{}, err
	}
	c := r.config(v)
	if err := faults.Err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Read is like Parse for a configuration that is a part of other JSON. It adds each broken rule to
// the faults of v. The Config may be used only if there are none.
func Read(v strictjson.Value) Config { return new(reader).config(v) }

// ReadUpdate is like Read for the configuration of an update, in which Mask keeps the stored value
// of a secret. Config.KeepSecrets must follow.
func ReadUpdate(v strictjson.Value) Config { return (&reader{update: true}).config(v) }

// A reader is the state of reading one configuration.
type reader struct {
	stored       bool // see ParseStored
	update       bool // see ReadUpdate
	patternsSize int  // of all regular expressions so far, in instructions
	expressions  int  // of pipelines so far
}

func (r *reader) config(v strictjson.Value) Config {
	var c Config
	o, ok := v.Object()
	if !ok {
		return c
	}
	for _, f := range fields {
		f.read(r, o, &c)
	}
	o.Close()
	// The resolved form is stored too, and must be readable.
	if !r.stored && len(c.Resolve().Canonical()) > MaxBytes {
		v.Fail(tooLarge())
	}
	return c
}

func tooLarge() fault.Rule {
	return fault.Rule{
		Code:    "too_large",
		Message: fmt.Sprintf("must have at most %d bytes with every default filled in", MaxBytes),
		Params:  map[string]any{"max": MaxBytes},
	}
}
