package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const smallTemplate = `
Parameters:
  CrawlMemory: {Type: Number, Default: 1769}
  LogRetentionDays: {Type: Number, Default: 30}
  XRay: {Type: String, Default: "false"}
  Detailed: {Type: String, Default: "false"}
Conditions:
  WithXRay: !Equals [!Ref XRay, "true"]
  Detailed: !Or [!Equals [!Ref Detailed, "true"], !Not [!Not [!Condition WithXRay]]]
  Plain: !And [!Not [!Condition WithXRay], !Not [!Condition Detailed]]
Globals:
  Function:
    MemorySize: 256
    Tracing: !If [WithXRay, Active, PassThrough]
    LoggingConfig: {LogFormat: JSON, SystemLogLevel: WARN}
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {SSESpecification: {SSEEnabled: !Ref XRay}}}
  ApiStage: {Type: AWS::ApiGatewayV2::Stage, Properties: {AccessLogSettings: {Format: $context.routeKey}}}
  FunctionLogs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref LogRetentionDays}}
  SweepFunction:
    Type: AWS::Serverless::Function
    Properties: {Environment: {Variables: {DEAD_LETTER_QUEUE_URL: !Ref DeadLetterQueue}}}
  CrawlFunction: {Type: AWS::Serverless::Function, Properties: {MemorySize: !Ref CrawlMemory}}
  CrawlWakeups:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {BatchSize: 50, MaximumBatchingWindowInSeconds: 5, ScalingConfig: {MaximumConcurrency: 4}}
  RunChanges: {Type: AWS::Lambda::EventSourceMapping, Properties: {BatchSize: 100}}
  OneMetric: {Type: AWS::CloudWatch::Alarm, Properties: {MetricName: Errors}}
  TwoMetrics:
    Type: AWS::CloudWatch::Alarm
    Properties: {Metrics: [{Id: a, MetricStat: {}}, {Id: b, MetricStat: {}}, {Id: sum, Expression: a + b}]}
  Optional: {Type: AWS::CloudWatch::Alarm, Condition: Detailed, Properties: {MetricName: Errors}}
  Usual: {Type: AWS::CloudWatch::Alarm, Condition: Plain, Properties: {MetricName: Errors}}
  Dashboard: {Type: AWS::CloudWatch::Dashboard, Condition: WithXRay, Properties: {}}
  Filter: {Type: AWS::Logs::MetricFilter, Properties: {MetricTransformations: [{MetricName: Failed}]}}
  Fn::ForEach::Alarms: [Worker, [Crawl, Sweep], {"${Worker}Alarm": {Type: AWS::CloudWatch::Alarm, Properties: {}}}]
`

func TestTemplate(t *testing.T) {
	read := func(text string) (quantities, error) {
		file := filepath.Join(t.TempDir(), "template.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		q := quantities{}
		return q, addTemplate(q, file)
	}
	q, err := read(smallTemplate)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"alarms":  "6", // one, two, a usual one, and two of the loop
		"metrics": "1", "dashboards": "0", "traces": "0", "platform-lines": "0", "access-log-bytes": "17",
		"receives-a-sweep": "1",
		"queues":           "1", "table-keys": "0", "crawl-memory": "1769", "call-memory": "256", "batch": "50", "window": "5",
		"crawl-concurrency": "4", "log-days": "30",
	} {
		if got := q.v(name); got.Cmp(mustRat(want)) != 0 {
			t.Errorf("%s is %s, want %s", name, number(got), want)
		}
	}
	if q, err = read(strings.Replace(smallTemplate, `Default: "false"`, `Default: "true"`, 1)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"traces": "1", "table-keys": "1", "dashboards": "1", "alarms": "6"} {
		if got := q.v(name); got.Cmp(mustRat(want)) != 0 {
			t.Errorf("with XRay %s is %s, want %s", name, number(got), want)
		}
	}
	for old, replacement := range map[string]string{
		"AWS::CloudWatch::Alarm, Properties: {MetricName": "AWS::CloudWatch::CompositeAlarm, Properties: {MetricName",
		"!Ref CrawlMemory":          "!Ref NoParameter",
		"BatchSize: 50":             "BatchSize: many",
		"MemorySize: 256":           "Timeout: 10",
		"Type: Number, Default: 30": "Type: Number",
	} {
		if _, err := read(strings.Replace(smallTemplate, old, replacement, 1)); err == nil {
			t.Errorf("%s in place of %s is accepted", replacement, old)
		}
	}
}
