package lambdafn

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	cfn "github.com/inndx/runs/internal/deploy/template"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// validateMapping checks an event source mapping of a standard queue as Lambda does when it is
// created. See https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html.
func validateMapping(size, window, concurrency, visibility, timeout int) error {
	switch {
	case size < 1 || size > 10_000:
		return fmt.Errorf("BatchSize %d, want 1 to 10,000", size)
	case window < 0 || window > 300:
		return fmt.Errorf("MaximumBatchingWindowInSeconds %d, want 0 to 300", window)
	case size > 10 && window < 1:
		return fmt.Errorf("BatchSize %d needs a MaximumBatchingWindowInSeconds of at least 1", size)
	case concurrency < 2 || concurrency > 1000:
		return fmt.Errorf("MaximumConcurrency %d, want 2 to 1,000", concurrency)
	case visibility < timeout:
		return fmt.Errorf("queue visibility timeout: %d seconds is less than function timeout: %d seconds", visibility, timeout)
	}
	return nil
}

// Every combination of batch size and window that the parameters and the rules of the template
// accept is one that Lambda accepts.
func TestTemplateBatches(t *testing.T) {
	tmpl := readTemplate(t)
	rules := readRules(t)
	source := tmpl.Resources["CrawlWakeups"].Properties
	minSize, maxSize := tmpl.bounds(source.BatchSize)
	minWindow, maxWindow := tmpl.bounds(source.MaximumBatchingWindowInSeconds)
	minConcurrency, maxConcurrency := tmpl.bounds(source.ScalingConfig.MaximumConcurrency)
	queue, function := tmpl.Resources["WakeQueue"].Properties, tmpl.Resources["CrawlFunction"].Properties
	for _, size := range []int{minSize, 2, 9, 10, 11, 50, 100, maxSize} {
		for _, window := range []int{minWindow, 1, 5, maxWindow} {
			values := map[string]string{"CrawlBatchSize": fmt.Sprint(size), "CrawlBatchWindow": fmt.Sprint(window), "AuthMode": "iam"}
			accepted := !slices.Contains(rulesFailing(rules, values), "LargeBatchesNeedAWindow")
			for _, concurrency := range []int{minConcurrency, maxConcurrency} {
				err := validateMapping(size, window, concurrency, queue.VisibilityTimeout, function.Timeout)
				if accepted != (err == nil) {
					t.Errorf("size %d, window %d: the template accepts it: %t; Lambda: %v", size, window, accepted, err)
				}
			}
		}
	}
	var defaults []any
	for _, name := range []string{"CrawlBatchSize", "CrawlBatchWindow", "CrawlMemory"} {
		defaults = append(defaults, tmpl.Parameters[name].Default)
	}
	if want := []any{50.0, 5.0, 1024.0}; !slices.Equal(defaults, want) {
		t.Errorf("the defaults are %v, want %v", defaults, want)
	}
}

// The rules of a template, with the intrinsic functions as they are.
type ruleSet map[string]struct {
	RuleCondition any
	Assertions    []struct{ Assert any }
}

func readRules(t *testing.T) (rules ruleSet) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := cfn.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if data, err = json.Marshal(parsed["Rules"]); err == nil {
		err = json.Unmarshal(data, &rules)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// rulesFailing returns the rules that refuse the values of parameters, which are text. See
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html.
func rulesFailing(rules ruleSet, values map[string]string) (failing []string) {
	var eval func(v any) any
	eval = func(v any) any {
		call, ok := v.(map[string]any)
		if !ok {
			return v
		}
		for name, argument := range call {
			list, _ := argument.([]any)
			switch name {
			case "Ref":
				return values[argument.(string)]
			case "Fn::Equals":
				return eval(list[0]) == eval(list[1])
			case "Fn::Not":
				return eval(list[0]) == false
			case "Fn::Contains":
				return slices.Contains(list[0].([]any), eval(list[1]))
			}
		}
		panic(fmt.Sprint("unknown function: ", v))
	}
	for name, r := range rules {
		if r.RuleCondition != nil && eval(r.RuleCondition) != true {
			continue
		}
		for _, a := range r.Assertions {
			if eval(a.Assert) != true {
				failing = append(failing, name)
			}
		}
	}
	return failing
}

// The largest batch fits into an event, and the response that reports each of its messages into a
// response. Lambda cuts a batch that does not fit, so correctness does not need this. But then
// CrawlBatchSize would promise too much.
func TestLargestBatchFitsAnEvent(t *testing.T) {
	_, size := readTemplate(t).bounds("CrawlBatchSize")
	body, err := wake.Encode(wake.Delivery{
		Run: run.Ref{Tenant: tenant.ID(strings.Repeat("t", 63)), ID: uuid.New()}, Export: uuid.New(),
	})
	if err != nil {
		t.Fatal(err)
	}
	lineage := traceHeader(64)
	var e events.SQSEvent
	var res events.SQSEventResponse
	for range size {
		m := sqsMessage(body, time.Now(), lineage)
		m.ReceiptHandle = strings.Repeat("r", 1024) // "The maximum length is 1024 characters"
		e.Records = append(e.Records, m)
		res.BatchItemFailures = append(res.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
	}
	for what, v := range map[string]any{"event": e, "response": res} {
		if data, err := json.Marshal(v); err != nil || len(data) > maxPayload {
			t.Errorf("the %s of the largest batch has %d bytes (%v), more than %d", what, len(data), err, maxPayload)
		}
	}
}

// The quotas of a Lambda function that no parameter changes. See
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const (
	fileDescriptors       = 1024
	minMemory, maxMemory  = 128, 10_240 // MB
	newAccountMaxMemoryMB = 3008
)

// Each run of an invocation may always have one fetch in flight, which may look up a name: two
// descriptors. DynamoDB, SQS and S3 need some as well.
func TestLargestBatchFitsTheFileDescriptors(t *testing.T) {
	const perRun, forAWS = 2, 200
	if _, size := readTemplate(t).bounds("CrawlBatchSize"); size*perRun+forAWS > fileDescriptors {
		t.Errorf("%d runs need %d of %d file descriptors", size, size*perRun+forAWS, fileDescriptors)
	}
}

// The memory is that of the parameter. Lambda tells the function how much it has, so the template
// must not.
func TestTemplateCrawlMemory(t *testing.T) {
	tmpl := readTemplate(t)
	f := tmpl.Resources["CrawlFunction"].Properties
	least, most := tmpl.bounds(f.MemorySize)
	if f.MemorySize != "CrawlMemory" || least < minMemory || most > maxMemory {
		t.Errorf("the memory is %v, from %d to %d MB", f.MemorySize, least, most)
	}
	if def := tmpl.Parameters["CrawlMemory"].Default.(float64); def > newAccountMaxMemoryMB {
		t.Errorf("the default of %g MB does not fit a new account", def)
	}
	for _, name := range []string{"GOMEMLIMIT", memoryVariable} {
		if f.Environment.Variables[name] != "" || tmpl.Globals.Function.Environment.Variables[name] != "" {
			t.Errorf("the template sets %s", name)
		}
	}
}

// What the runs, the exports and the bodies of an invocation take is less than its memory. 1769 MB
// suffice for a run of 1 GiB.
func TestMemoryIsShared(t *testing.T) {
	least, most := readTemplate(t).bounds("CrawlMemory")
	for _, mb := range []int{least, 1024, 1769, 3008, most} {
		env := environment{memory: int64(mb) << 20}
		l, exports := env.limits(), int64(env.maxExports())
		if all := l.Memory + l.Bodies + exports*exportMemory + baseMemory; all > env.memoryLimit() || env.memoryLimit() >= env.memory {
			t.Errorf("%d MB: %+v and %d exports take %d MB, the limit is %d MB", mb, l, exports, all>>20, env.memoryLimit()>>20)
		}
		if l.Memory < 128<<20 || exports < 1 || mb == 1769 && l.Memory < 1<<30 {
			t.Errorf("%d MB: %+v and %d exports are too few", mb, l, exports)
		}
	}
	if d := (Dependencies{}); d.Budget() != nil {
		t.Error("a budget of an unknown memory")
	}
}

// Workers leave at multiples of a period, so that the runs of several invocations meet in one batch.
// Each invocation has such a time between its start and the time at which a worker must leave: the
// end, without the times for the last commit and for a fetch that is in flight.
func TestPeriodFitsTheTimeout(t *testing.T) {
	timeout := time.Duration(readTemplate(t).Resources["CrawlFunction"].Properties.Timeout) * time.Second
	const commits = 5 * time.Second
	if last := timeout - handlerMargin - commits - time.Duration(config.DefaultTimeout); defaultPeriod > last || defaultPeriod < last/2 {
		t.Errorf("the period is %s; a worker may crawl for %s", defaultPeriod, last)
	} else {
		assumes(t, "stay", last)
		assumes(t, "period", defaultPeriod)
	}
}

// assumes checks an assumption of docs/cost.md, in seconds.
func assumes(t *testing.T, name string, want time.Duration) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "internal", "cost", "assumptions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ Name, Value string }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if got, err := time.ParseDuration(a.Value + "s"); a.Name == name && (err != nil || got != want) {
			t.Errorf("the bill assumes a %s of %s s, but it is %s", name, a.Value, want)
		}
	}
}
