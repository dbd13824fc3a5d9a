// Package manifest reads the file that describes one crawl for the command inndx crawl.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/strictjson"
)

// A Manifest describes a job and its only run.
type Manifest struct {
	Name   string
	Labels map[string]string
	Config config.Config
}

// Parse reads a manifest in YAML or JSON. It holds name and config, which must be given,
// and labels, which may; their rules are those of the API. Errors are of kind Malformed or
// Invalid and begin with file, the name of the file for people.
func Parse(file string, data []byte) (Manifest, error) {
	text, err := toJSON(data)
	if err != nil {
		return Manifest{}, fault.Because(fault.ReasonMalformedBody, "%s is neither YAML nor JSON: %v", file, err)
	}
	var faults fault.Fields
	v, err := strictjson.Parse(text, "", &faults)
	if err != nil {
		return Manifest{}, fault.Because(fault.ReasonMalformedBody, "%s: %v", file, err)
	}
	m := read(v)
	var invalid *fault.Error
	if errors.As(faults.Err(), &invalid) {
		invalid.Message = file + " is invalid"
		return Manifest{}, invalid
	}
	return m, nil
}

func read(v strictjson.Value) (m Manifest) {
	o, ok := v.Object()
	if !ok {
		return m
	}
	defer o.Close()
	if v, ok := o.Required("name"); ok {
		if m.Name, ok = v.String(); ok {
			v.Check(func(path string, fs *fault.Fields) { job.CheckName(path, m.Name, fs) })
		}
	}
	if v, ok := o.Member("labels"); ok {
		m.Labels = labels(v)
	}
	if v, ok := o.Required("config"); ok {
		m.Config = config.Read(v)
	}
	return m
}

func labels(v strictjson.Value) map[string]string {
	o, ok := v.Object()
	if !ok {
		return nil
	}
	defer o.Close()
	all := map[string]string{}
	for key, v := range o.Members() {
		if s, ok := v.String(); ok {
			all[key] = s
		}
	}
	v.Check(func(path string, fs *fault.Fields) { job.CheckLabels(path, all, fs) })
	return all
}

// toJSON returns the one document of a YAML text as JSON. What is JSON already is returned
// as it is, so that nothing in it is read by YAML's rules.
func toJSON(data []byte) ([]byte, error) {
	if json.Valid(data) {
		return data, nil
	}
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var document, more any
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	} else if err != nil {
		return nil, err
	}
	if err := d.Decode(&more); err == nil {
		return nil, errors.New("it has more than one document")
	}
	return json.Marshal(document)
}
