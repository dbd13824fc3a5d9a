// Package manifest reads the file that describes a crawl for the commands inndx crawl and inndx jobs.
package manifest

import (
	"errors"
	"fmt"
	"strings"

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

// An Error is the error for a wrong manifest.
type Error struct {
	// Lines has a line for each broken rule. It begins with the file's name and, if it is known,
	// the line and the column of the field: "crawl.yaml:3:5: name must be given".
	Lines []string
	// Err is of kind Malformed or Invalid.
	Err *fault.Error
}

func (e *Error) Error() string { return strings.Join(e.Lines, "\n") }

// Unwrap returns the error without positions.
func (e *Error) Unwrap() error { return e.Err }

// A Document is a manifest as it was written. Nothing but its syntax was checked.
type Document struct {
	JSON []byte

	file      string
	positions map[string]position
}

// Read reads the syntax of a manifest in YAML or JSON. File is the name of the file in errors, which
// are of type *Error.
func Read(file string, data []byte) (*Document, error) {
	text, positions, err := toJSON(data)
	if err != nil {
		var where *syntaxError
		prefix := file
		if errors.As(err, &where) && where.at.line > 0 {
			prefix += ":" + where.at.String()
		}
		return nil, &Error{
			Lines: []string{fmt.Sprintf("%s: neither YAML nor JSON: %v", prefix, err)},
			Err:   fault.Because(fault.ReasonMalformedBody, "%s is neither YAML nor JSON: %v", file, err),
		}
	}
	return &Document{JSON: text, file: file, positions: positions}, nil
}

// Parse reads a manifest in YAML or JSON. It holds name, config and, optionally, labels, by the
// rules of the API. File is the name of the file in errors, which are of type *Error. If check is
// not nil, it checks the expressions of a configuration whose other rules hold.
func Parse(file string, data []byte, check func(config.Config, string, *fault.Fields)) (Manifest, error) {
	d, err := Read(file, data)
	if err != nil {
		return Manifest{}, err
	}
	var faults fault.Fields
	v, err := strictjson.Parse(d.JSON, "", &faults)
	var invalid *fault.Error
	if errors.As(err, &invalid) {
		return Manifest{}, &Error{Lines: []string{file + ": " + invalid.Message}, Err: invalid}
	}
	m := read(v)
	if len(faults) == 0 && check != nil {
		check(m.Config, "config", &faults)
	}
	if errors.As(faults.Err(), &invalid) {
		invalid.Message = file + " is invalid"
		return Manifest{}, &Error{Lines: d.Lines(invalid.Fields), Err: invalid}
	}
	return m, nil
}

// Lines returns a line for each broken rule of the fields, like those of an Error.
func (d *Document) Lines(fields []fault.Field) (all []string) {
	for _, f := range fields {
		prefix, field := d.file, f.Field
		if field == "." {
			field = "the manifest"
		}
		if p, ok := locate(f.Field, d.positions); ok {
			prefix += ":" + p.String()
		}
		for _, r := range f.Errors {
			all = append(all, fmt.Sprintf("%s: %s %s", prefix, field, r.Message))
		}
	}
	return all
}

// locate returns the position of a field or, if the field is missing, of the object that lacks it.
func locate(field string, positions map[string]position) (position, bool) {
	if field == "." {
		field = ""
	}
	for {
		if p, ok := positions[field]; ok || field == "" {
			return p, ok
		}
		field = field[:max(0, strings.LastIndexAny(field, ".["))]
	}
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
