package lambdafn

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/store"
)

func TestTemplateWorkers(t *testing.T) {
	tmpl := readTemplate(t)
	functions := tmpl.functions(t)
	sources := map[string]resource{}
	for _, source := range tmpl.ofType("AWS::Lambda::EventSourceMapping") {
		sources[source.FunctionName] = source
	}
	for name, kind := range workers {
		if kind != "SQS" {
			for _, e := range functions[name].Events {
				if e.Type != kind {
					t.Errorf("%s is invoked by %s, want %s", name, e.Type, kind)
				}
			}
			continue
		}
		source := sources[camel(name)+"Function"]
		if !slices.Equal(source.FunctionResponseTypes, []string{"ReportBatchItemFailures"}) {
			t.Errorf("%s does not report single failed messages", name)
		}
		queue := tmpl.Resources[strings.TrimSuffix(source.EventSourceArn, ".Arn")].Properties
		// See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html.
		_, window := tmpl.bounds(source.MaximumBatchingWindowInSeconds)
		if queue.VisibilityTimeout < 6*functions[name].Timeout+window || functions[name].Timeout == 0 {
			t.Errorf("messages for %s are hidden for %d s, want at least six times the timeout of %d s and the window of %d s",
				name, queue.VisibilityTimeout, functions[name].Timeout, window)
		}
	}
	if timeout := time.Duration(functions["crawl"].Timeout) * time.Second; store.SettleTime < 2*timeout {
		t.Errorf("objects settle after %s, but a worker may write for %s", store.SettleTime, timeout)
	}
	if got := sources["CrawlFunction"].ScalingConfig.MaximumConcurrency; got != "CrawlConcurrency" {
		t.Errorf("the maximum concurrency of the crawl function is %q", got)
	}
}

// bounds returns the smallest and the largest value of a property, which is a number or a parameter.
func (tmpl template) bounds(property any) (least, most int) {
	switch v := property.(type) {
	case float64:
		return int(v), int(v)
	case string:
		return tmpl.Parameters[v].MinValue, tmpl.Parameters[v].MaxValue
	}
	return 0, 0
}

func TestTemplateDeadLetters(t *testing.T) {
	tmpl := readTemplate(t)
	wakeups := tmpl.Resources["WakeQueue"].Properties
	if got := wakeups.RedrivePolicy.DeadLetterTargetArn; got != "DeadLetterQueue.Arn" {
		t.Errorf("the dead-letter queue of the wake queue is %q", got)
	}
	// A throttled message counts as received. With fewer than five receives, throttling makes dead
	// letters, see
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html.
	if wakeups.RedrivePolicy.MaxReceiveCount < 5 {
		t.Errorf("a message becomes a dead letter after %d receives", wakeups.RedrivePolicy.MaxReceiveCount)
	}
	// The retention of a dead letter counts from when the message was first sent, see
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html.
	const fourDays = 4 * 24 * 60 * 60 // SQS's default
	dead, kept := tmpl.Resources["DeadLetterQueue"].Properties, cmp.Or(wakeups.MessageRetentionPeriod, fourDays)
	if cmp.Or(dead.MessageRetentionPeriod, fourDays) <= kept {
		t.Errorf("dead letters are kept for %d s, wake-ups for %d", dead.MessageRetentionPeriod, kept)
	}
	// The sweep receives them. A mapping would poll the empty queue all the time.
	sweep := tmpl.functions(t)["sweep"]
	if sweep.Environment.Variables["DEAD_LETTER_QUEUE_URL"] != "DeadLetterQueue" {
		t.Errorf("the sweep has the variables %v", sweep.Environment.Variables)
	}
	if dead.VisibilityTimeout <= sweep.Timeout {
		t.Errorf("a dead letter is hidden for %d s, and a sweep takes up to %d", dead.VisibilityTimeout, sweep.Timeout)
	}
	for id, source := range tmpl.ofType("AWS::Lambda::EventSourceMapping") {
		if source.EventSourceArn == "DeadLetterQueue.Arn" {
			t.Errorf("%s polls the dead-letter queue", id)
		}
	}
}

// newAccount is the concurrency that a new account may have, see
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const newAccount = 10

// A stack with default parameters fits a new account: the workers leave some concurrency to the
// API.
func TestTemplateFitsANewAccount(t *testing.T) {
	const forTheAPI = 2
	tmpl := readTemplate(t)
	busy := 0
	for _, source := range tmpl.ofType("AWS::Lambda::EventSourceMapping") {
		switch bound := source.ScalingConfig.MaximumConcurrency.(type) {
		case nil: // a stream: short invocations, one for each shard; one counts
			busy++
		case float64:
			busy += int(bound)
		case string:
			busy += int(tmpl.Parameters[bound].Default.(float64))
		}
		if source.ScalingConfig.MaximumConcurrency == nil && strings.HasSuffix(source.EventSourceArn, "Queue.Arn") {
			t.Errorf("%s has no maximum concurrency", source.FunctionName)
		}
	}
	busy++ // the sweep
	if busy+forTheAPI > newAccount {
		t.Errorf("the workers use %d of %d concurrent invocations", busy, newAccount)
	}
	samconfig, err := os.ReadFile(filepath.Join(root, "samconfig.toml"))
	if err != nil {
		t.Fatal(err)
	}
	overrides := regexp.MustCompile(`(?s)\[default\.deploy\.parameters\].*?parameter_overrides = "([^"]*)"`).FindSubmatch(samconfig)
	if overrides == nil || strings.Contains(string(overrides[1]), "CrawlConcurrency") {
		t.Errorf("the environment default has the overrides %q", overrides)
	}
}
