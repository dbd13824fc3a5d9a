package lambdafn

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cfn "github.com/inndx/runs/internal/deploy/template"
)

const root = "../.." // of the repository

// A template holds what the tests read of template.yaml, after its loops are expanded. A call of an
// intrinsic function is read as its argument: see arguments.
type template struct {
	Globals struct {
		Function struct {
			Timeout       int // seconds
			Tracing       string
			LoggingConfig struct{ LogGroup, LogFormat, ApplicationLogLevel, SystemLogLevel string }
			Environment   struct{ Variables map[string]string }
		}
	}
	Parameters map[string]struct {
		Default        any
		MinValue       int
		MaxValue       int
		AllowedValues  []any
		AllowedPattern string
		Description    string
	}
	Mappings  map[string]map[string]map[string]string
	Resources map[string]struct {
		Type, Condition                     string
		DeletionPolicy, UpdateReplacePolicy string
		Properties                          resource
	}
}

// ofType returns the properties of all resources of a type, by logical id.
func (tmpl template) ofType(name string) map[string]resource {
	all := map[string]resource{}
	for id, r := range tmpl.Resources {
		if r.Type == name {
			all[id] = r.Properties
		}
	}
	return all
}

// set sets a parameter that is a number.
func (tmpl template) set(parameter string, value float64) {
	p := tmpl.Parameters[parameter]
	p.Default = value
	tmpl.Parameters[parameter] = p
}

// A resource holds the properties of a resource of any type.
type resource struct {
	// of a function
	CodeUri                      string
	Timeout                      int
	MemorySize                   any
	ReservedConcurrentExecutions any
	Policies                     []struct{ Statement []statement }
	Events                       map[string]struct{ Type string }
	Tracing                      string
	LoggingConfig                struct{ LogGroup string }
	RecursiveLoop                string
	Environment                  struct{ Variables map[string]string }
	// of the API and of the bucket
	CorsConfiguration json.RawMessage
	// of a route, its integration and the permission to call the function
	ApiId, RouteKey, OperationName, Target string
	AuthorizationType, AuthorizerId        any
	IntegrationUri, PayloadFormatVersion   string
	Action, Principal, SourceArn           string
	// of an event source
	FunctionName, EventSourceArn   string
	BatchSize                      any
	MaximumBatchingWindowInSeconds any
	FunctionResponseTypes          []string
	MaximumRetryAttempts           int
	ScalingConfig                  struct{ MaximumConcurrency any }
	// of the table
	BillingMode            string
	AttributeDefinitions   []map[string]string
	KeySchema              []map[string]string
	GlobalSecondaryIndexes []struct {
		IndexName  string
		KeySchema  []map[string]string
		Projection map[string]string
	}
	DeletionProtectionEnabled        string
	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	SSESpecification                 struct{ SSEEnabled string }
	TimeToLiveSpecification          struct {
		AttributeName string
		Enabled       bool
	}
	StreamSpecification struct{ StreamViewType string }
	// of a queue
	SqsManagedSseEnabled   bool
	VisibilityTimeout      int
	MessageRetentionPeriod int
	RedrivePolicy          struct {
		DeadLetterTargetArn string
		MaxReceiveCount     int
	}
	// of a log group
	RetentionInDays string
	// of the dashboard
	DashboardBody string
	// of the stage
	AccessLogSettings    struct{ DestinationArn, Format string }
	DefaultRouteSettings struct{ ThrottlingRateLimit string }
	// of a metric filter
	FilterPattern         string
	LogGroupName          string
	MetricTransformations []struct{ MetricNamespace, MetricName, MetricValue string }
	// of an alarm
	AlarmDescription, TreatMissingData, Namespace, MetricName string
	AlarmActions                                              []any
	Dimensions                                                []dimension
}

// A dimension selects the metric of an alarm.
type dimension struct{ Name, Value string }

// A statement is part of a policy. Resource is a string or a list of strings.
type statement struct {
	Sid, Effect string
	Action      []string
	Resource    any
	Condition   map[string]map[string]string
}

func readTemplate(t *testing.T) template {
	t.Helper()
	data, err := json.Marshal(expandTemplate(t))
	if err != nil {
		t.Fatal(err)
	}
	var tmpl template
	if err := json.Unmarshal(data, &tmpl); err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// expandTemplate returns template.yaml with its loops expanded and each call of an intrinsic
// function replaced by its argument.
func expandTemplate(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := cfn.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	expanded, err := cfn.Expand(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return arguments(expanded).(map[string]any)
}

// arguments replaces each call of an intrinsic function in v by its argument: {"Ref": "Table"} by
// "Table", {"Fn::GetAtt": ["Table", "Arn"]} by "Table.Arn". The argument of Fn::Sub is its text; a
// variable that Fn::Sub declares as a Ref is written as the reference, as in "${Api}".
func arguments(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = arguments(item)
		}
		return list
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return argumentOf(name, argument)
				}
			}
		}
		m := make(map[string]any, len(v))
		for key, value := range v {
			m[key] = arguments(value)
		}
		return m
	}
	return v
}

func argumentOf(function string, argument any) any {
	list, isList := argument.([]any)
	switch {
	case function == "Fn::GetAtt" && isList:
		return fmt.Sprintf("%v.%v", list...)
	case function == "Fn::Sub" && isList:
		text := list[0].(string)
		for name, value := range list[1].(map[string]any) {
			by := fmt.Sprint(arguments(value))
			if _, isCall := value.(map[string]any); isCall {
				by = "${" + by + "}"
			}
			text = strings.ReplaceAll(text, "${"+name+"}", by)
		}
		return text
	}
	return arguments(argument)
}

// functions returns the functions of the template by the names of their folders.
func (tmpl template) functions(t *testing.T) map[string]resource {
	t.Helper()
	all := map[string]resource{}
	for id, r := range tmpl.Resources {
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		name, ok := strings.CutPrefix(r.Properties.CodeUri, "build/${Architecture}/")
		if !ok || camel(name)+"Function" != id {
			t.Errorf("the code of %s is in %s", id, r.Properties.CodeUri)
		}
		all[name] = r.Properties
	}
	return all
}

// camel returns the logical id of a function without its suffix: GetRun for get-run.
func camel(name string) (s string) {
	for part := range strings.SplitSeq(name, "-") {
		s += strings.ToUpper(part[:1]) + part[1:]
	}
	return s
}

// attributeOf returns the logical id in an attribute such as "WakeQueue.Arn".
func attributeOf(arn string) string {
	id, _, _ := strings.Cut(arn, ".")
	return id
}
