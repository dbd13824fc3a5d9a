// Package metrics writes measurements as lines in CloudWatch's embedded metric format, from
// which CloudWatch makes metrics of the namespace inndx as soon as a function has logged them:
// no call is made, and a function that dies has its lines counted. The format is that of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
//
// CloudWatch keeps, and charges for, one metric for each name and each value of its dimensions: a
// dimension's values are few and known, and none of them names a tenant, a job or a run.
package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// Namespace is where CloudWatch keeps the metrics.
const Namespace = "inndx"

// A Dimension tells metrics of one name apart.
type Dimension struct{ Name, Value string }

// Function is the dimension of what is measured for each function, by the name of its folder.
func Function(name string) Dimension { return Dimension{"Function", name} }

// A Value is one measurement.
type Value struct {
	Name  string
	Value float64
	Unit  string // one of CloudWatch's
}

// Count returns a value that counts things. Capacity units may come in halves.
func Count[N int | int64 | float64](name string, n N) Value {
	return Value{Name: name, Value: float64(n), Unit: "Count"}
}

// A Recorder records measurements. A nil Recorder drops them. It is safe for concurrent use.
type Recorder struct {
	mu    sync.Mutex
	out   io.Writer
	stack string
	now   func() time.Time
}

// New returns a recorder that writes one line for each call of Record to out, which in a
// function is the standard output. The stack's name, which must not be empty, is a dimension
// of every metric: an account may hold several stacks.
func New(out io.Writer, stack string) *Recorder {
	return &Recorder{out: out, stack: stack, now: time.Now}
}

// The members of a line besides the dimensions and the values themselves.
type (
	metadata struct {
		Timestamp         int64 // milliseconds since 1970
		CloudWatchMetrics []directive
	}
	directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	definition struct{ Name, Unit string }
)

// Record records values that were measured together.
func (r *Recorder) Record(d Dimension, values ...Value) {
	if r == nil {
		return
	}
	line := map[string]any{"Stack": r.stack, d.Name: d.Value}
	definitions := make([]definition, len(values))
	for i, v := range values {
		definitions[i] = definition{v.Name, v.Unit}
		line[v.Name] = v.Value
	}
	line["_aws"] = metadata{
		Timestamp:         r.now().UnixMilli(),
		CloudWatchMetrics: []directive{{Namespace, [][]string{{"Stack", d.Name}}, definitions}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(fmt.Sprintf("metrics: %v", err)) // a value that is not finite: a defect
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Write(append(text, '\n')) // whoever reads may be gone; work goes on
}
