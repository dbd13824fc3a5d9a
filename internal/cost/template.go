package main

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"

	"github.com/inndx/runs/internal/deploy/template"
)

// addTemplate adds what the template says, with the defaults of its parameters.
func addTemplate(q quantities, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	parsed, err := template.Parse(data)
	if err != nil {
		return err
	}
	expanded, err := template.Expand(parsed)
	if err != nil {
		return err
	}
	s := stack{expanded}
	alarms, err := s.alarmMetrics()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	format, _ := s.property("ApiStage", "AccessLogSettings", "Format").(string)
	for name, v := range map[string]struct {
		value any
		unit  string
	}{
		"alarms":     {alarms, "alarms"},
		"metrics":    {s.filteredMetrics(), "metrics"},
		"dashboards": {len(s.ofType("AWS::CloudWatch::Dashboard")), "dashboards"},
		"queues":     {s.polledQueues(), "queues"},
		// Without a key of AWS KMS, DynamoDB uses a key of its own, which costs nothing.
		"table-keys":       {count(fmt.Sprint(s.value(s.property("Table", "SSESpecification", "SSEEnabled"))) == "true"), "key"},
		"traces":           {count(s.value(s.at("Globals", "Function", "Tracing")) == "Active"), "traces a call"},
		"receives-a-sweep": {count(s.property("SweepFunction", "Environment", "Variables", "DEAD_LETTER_QUEUE_URL") != nil), "receives"},
		// Lambda itself writes lines about each call, unless only warnings are logged.
		"platform-lines": {count(s.value(s.at("Globals", "Function", "LoggingConfig", "SystemLogLevel")) != "WARN"), ""},
		// A line of the access log is about as long as its format, which has names in place of values.
		"access-log-bytes":  {len(format), "bytes"},
		"crawl-memory":      {s.property("CrawlFunction", "MemorySize"), "MB"},
		"call-memory":       {s.at("Globals", "Function", "MemorySize"), "MB"},
		"batch":             {s.property("CrawlWakeups", "BatchSize"), "runs"},
		"window":            {cmp.Or(s.property("CrawlWakeups", "MaximumBatchingWindowInSeconds"), any(0)), "s"},
		"crawl-concurrency": {s.property("CrawlWakeups", "ScalingConfig", "MaximumConcurrency"), "invocations"},
		"log-days":          {s.property("FunctionLogs", "RetentionInDays"), "days"},
	} {
		value, ok := s.number(v.value)
		if !ok {
			return fmt.Errorf("%s has no number for %s", file, name)
		}
		q[name] = quantity{value, v.unit}
	}
	return nil
}

// A stack is a template without loops.
type stack struct{ template map[string]any }

// at returns the value at a path, nil for a path that does not exist.
func (s stack) at(path ...string) any {
	var v any = s.template
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func (s stack) property(resource string, path ...string) any {
	return s.at(append([]string{"Resources", resource, "Properties"}, path...)...)
}

// ofType returns the properties of the resources of a type that the stack has by default.
func (s stack) ofType(kind string) (list []map[string]any) {
	resources, _ := s.at("Resources").(map[string]any)
	for _, r := range resources {
		r, _ := r.(map[string]any)
		condition, conditional := r["Condition"].(string)
		if r["Type"] == kind && (!conditional || s.holds(map[string]any{"Condition": condition})) {
			properties, _ := r["Properties"].(map[string]any)
			list = append(list, properties)
		}
	}
	return list
}

// alarmMetrics returns how many metrics the alarms have, each of which is charged.
func (s stack) alarmMetrics() (n int, err error) {
	if len(s.ofType("AWS::CloudWatch::CompositeAlarm")) > 0 {
		return 0, errors.New("composite alarms have another price")
	}
	for _, alarm := range s.ofType("AWS::CloudWatch::Alarm") {
		metrics, ok := alarm["Metrics"].([]any)
		n += count(!ok)
		for _, m := range metrics {
			m, _ := m.(map[string]any)
			n += count(m["MetricStat"] != nil)
		}
	}
	return n, nil
}

// filteredMetrics returns how many metrics are made of log lines.
func (s stack) filteredMetrics() (n int) {
	for _, filter := range s.ofType("AWS::Logs::MetricFilter") {
		list, _ := filter["MetricTransformations"].([]any)
		n += len(list)
	}
	return n
}

// polledQueues returns how many queues Lambda polls. Of the event sources, only queues have a scaling
// configuration.
func (s stack) polledQueues() (n int) {
	for _, mapping := range s.ofType("AWS::Lambda::EventSourceMapping") {
		n += count(mapping["ScalingConfig"] != nil)
	}
	return n
}

// value returns a value with the defaults of the parameters, as far as it needs only them.
func (s stack) value(v any) any {
	function, _ := v.(map[string]any)
	if name, ok := function["Ref"].(string); ok {
		return s.at("Parameters", name, "Default")
	}
	if args, ok := function["Fn::If"].([]any); ok && len(args) == 3 {
		if s.holds(map[string]any{"Condition": args[0]}) {
			return s.value(args[1])
		}
		return s.value(args[2])
	}
	return v
}

// holds reports whether a condition holds with the defaults of the parameters.
func (s stack) holds(v any) bool {
	function, _ := v.(map[string]any)
	for name, arg := range function {
		args, _ := arg.([]any)
		switch {
		case name == "Condition":
			name, _ := arg.(string)
			return s.holds(s.at("Conditions", name))
		case name == "Fn::Equals" && len(args) == 2:
			return fmt.Sprint(s.value(args[0])) == fmt.Sprint(s.value(args[1]))
		case name == "Fn::Not" && len(args) == 1:
			return !s.holds(args[0])
		case name == "Fn::And":
			return !slices.ContainsFunc(args, func(a any) bool { return !s.holds(a) })
		case name == "Fn::Or":
			return slices.ContainsFunc(args, s.holds)
		}
	}
	return false
}

// number returns a number of the template.
func (s stack) number(v any) (*big.Rat, bool) {
	return new(big.Rat).SetString(fmt.Sprint(s.value(v)))
}

// count returns 1 if b.
func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
