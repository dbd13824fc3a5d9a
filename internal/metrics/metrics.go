// Package metrics measures calls. What a call did is in its log line. A Recorder writes it in
// addition as a line in CloudWatch's embedded metric format, from which CloudWatch extracts metrics
// of the namespace inndx. See
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
//
// CloudWatch keeps, and charges for, one metric for each name and each value of its dimensions. So
// functions have a Recorder only on request, a dimension has few values, and none names a tenant, a
// job or a run.
package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// namespace is the CloudWatch namespace of all metrics.
const namespace = "inndx"

// A Dimension distinguishes metrics of the same name.
type Dimension struct{ Name, Value string }

// Function returns the dimension of a Lambda function, whose name is that of its folder in
// functions/. The sweep handles dead letters under the name dead-letter.
func Function(name string) Dimension { return Dimension{"Function", name} }

// A Value is one measurement.
type Value struct {
	Name  string
	Value float64
	Unit  string // a unit of CloudWatch
}

// Count returns a value with the unit Count. It may be a fraction, as capacity units are.
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

// New returns a recorder that writes one line to out for each call of Record. A function writes to
// its standard output. The stack's name, which must not be empty, is a dimension of every metric,
// because an account may have several stacks.
func New(out io.Writer, stack string) *Recorder {
	return &Recorder{out: out, stack: stack, now: time.Now}
}

// The metadata of a line. Its other members are the dimensions and the values.
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

// Record writes values that were measured together as one line.
func (r *Recorder) Record(d Dimension, values ...Value) {
	if r == nil {
		return
	}
	now := r.now()
	// Lambda leaves a line of JSON as it is if it has a level and a timestamp. See
	// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.
	line := map[string]any{
		"Stack": r.stack, d.Name: d.Value, "level": "INFO", "timestamp": now.UTC().Format(time.RFC3339Nano),
	}
	definitions := make([]definition, len(values))
	for i, v := range values {
		definitions[i] = definition{v.Name, v.Unit}
		line[v.Name] = v.Value
	}
	line["_aws"] = metadata{
		Timestamp:         now.UnixMilli(),
		CloudWatchMetrics: []directive{{namespace, [][]string{{"Stack", d.Name}}, definitions}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(fmt.Sprintf("metrics: %v", err)) // only a value that is not finite cannot be encoded
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Write(append(text, '\n')) // a failed write must not stop the caller's work
}
