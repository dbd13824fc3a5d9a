package lambdafn

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/store"
)

// A cloud simulates AWS for the functions of a template. It has the template's queues, delivers
// their messages in batches to the functions' binaries by the template's event source mappings, and
// ends chains of invocations as Lambda does. DynamoDB is DynamoDB Local.
type cloud struct {
	t     *testing.T
	tmpl  template
	dir   string   // of the binaries
	env   []string // of the functions
	store *store.Store
	// second is the duration of one second of a delay, a window or a visibility timeout.
	second time.Duration
	// retry is the time after which a message that failed is visible again; 0 leaves that to the
	// visibility timeout of its queue.
	retry time.Duration
	sent  chan struct{} // buffered; has an element if a message was sent

	mu       sync.Mutex
	queues   map[string]*cloudQueue // by logical id, like the maps below
	idle     map[string][]*instance // not in an invocation
	invoked  map[string]int
	dropped  map[string]int        // the metric RecursiveInvocationsDropped
	batches  map[string][][]string // the bodies of the messages of each invocation
	failures []string              // the bodies of the messages that functions reported as failed
}

type cloudQueue struct {
	id       string
	messages []*cloudMessage
}

type cloudMessage struct {
	events.SQSMessage
	visible  time.Time
	receives int
}

// newCloud returns a cloud with a table of its own. It starts functions when they are invoked
// first.
func newCloud(t *testing.T, tmpl template, dir string) *cloud {
	t.Helper()
	cfg := dynamotest.Config(t)
	credentials, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table := "test-" + uuid.NewString()
	c := &cloud{
		t: t, tmpl: tmpl, dir: dir, second: time.Second, store: store.New(store.NewClient(cfg), table),
		queues: map[string]*cloudQueue{}, idle: map[string][]*instance{}, invoked: map[string]int{}, dropped: map[string]int{},
		batches: map[string][][]string{}, sent: make(chan struct{}, 1),
	}
	if err := c.store.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id := range tmpl.ofType("AWS::SQS::Queue") {
		c.queues[id] = &cloudQueue{id: id}
	}
	endpoint := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(endpoint.Close)
	c.env = append(os.Environ(), "AUTH_MODE=none", "TABLE_NAME="+table, "BUCKET_NAME=bucket", "WAKE_QUEUE_URL="+endpoint.URL+"/WakeQueue",
		"DEAD_LETTER_QUEUE_URL="+endpoint.URL+"/DeadLetterQueue",
		"AWS_ENDPOINT_URL_DYNAMODB="+aws.ToString(cfg.BaseEndpoint), "AWS_ENDPOINT_URL_SQS="+endpoint.URL,
		"AWS_ENDPOINT_URL_EVENTBRIDGE="+endpoint.URL, "AWS_REGION="+cfg.Region,
		"AWS_ACCESS_KEY_ID="+credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+credentials.SecretAccessKey)
	return c
}

// serve is the endpoint of SQS, and of EventBridge, which accepts every event.
func (c *cloud) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var response any
	switch action := r.Header.Get("X-Amz-Target"); action {
	case "AWSEvents.PutEvents":
		var in struct{ Entries []any }
		err = json.Unmarshal(body, &in)
		entries := make([]map[string]string, len(in.Entries))
		for i := range entries {
			entries[i] = map[string]string{"EventId": uuid.NewString()}
		}
		response = map[string]any{"FailedEntryCount": 0, "Entries": entries}
	case "AmazonSQS.SendMessage":
		response, err = c.sendMessage(body, r.Header.Get("X-Amzn-Trace-Id"))
	case "AmazonSQS.ReceiveMessage":
		response, err = c.receiveMessages(body)
	case "AmazonSQS.GetQueueAttributes":
		response, err = c.queueAttributes(body)
	case "AmazonSQS.DeleteMessageBatch":
		response, err = c.deleteMessages(body)
	default:
		err = fmt.Errorf("no action %q", action)
	}
	if err != nil {
		c.t.Errorf("%s: %v", body, err)
		w.WriteHeader(http.StatusBadRequest)
		response = map[string]string{"__type": "com.amazonaws.sqs#InvalidParameterValue", "message": err.Error()}
	}
	json.NewEncoder(w).Encode(response)
}

// sendMessage handles SendMessage. The trace header of a message is its attribute AWSTraceHeader,
// or else that of the request. See
// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html.
func (c *cloud) sendMessage(body []byte, trace string) (any, error) {
	var in struct {
		QueueUrl, MessageBody   string
		DelaySeconds            int
		MessageSystemAttributes map[string]struct{ StringValue string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	queue := in.QueueUrl[strings.LastIndex(in.QueueUrl, "/")+1:]
	if in.DelaySeconds < 0 || in.DelaySeconds > 900 || c.queues[queue] == nil {
		return nil, fmt.Errorf("a message for %s with a delay of %d s", queue, in.DelaySeconds)
	}
	trace = cmp.Or(in.MessageSystemAttributes["AWSTraceHeader"].StringValue, trace)
	// The SDK escapes some characters of the header.
	trace, err := url.PathUnescape(trace)
	if err != nil {
		return nil, err
	}
	m := c.send(queue, in.MessageBody, time.Duration(in.DelaySeconds)*c.second, trace)
	return map[string]string{"MessageId": m.MessageId, "MD5OfMessageBody": m.Md5OfBody}, nil
}

// send adds a message to a queue.
func (c *cloud) send(queue, body string, delay time.Duration, trace string) *cloudMessage {
	now := time.Now()
	m := &cloudMessage{visible: now.Add(delay), SQSMessage: sqsMessage(body, now, trace)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queues[queue].messages = append(c.queues[queue].messages, m)
	select {
	case c.sent <- struct{}{}:
	default:
	}
	return m
}

// sqsMessage returns a message as a function receives it. See
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
func sqsMessage(body string, sent time.Time, trace string) events.SQSMessage {
	digest := md5.Sum([]byte(body)) //nolint:gosec // SQS names the digest of a body that way.
	m := events.SQSMessage{
		MessageId: uuid.NewString(), Body: body, Md5OfBody: hex.EncodeToString(digest[:]), EventSource: "aws:sqs",
		EventSourceARN: "arn:aws:sqs:us-east-1:123456789012:inndx-runs-WakeQueue-1A2B3C4D5E6F", AWSRegion: "us-east-1",
		Attributes: map[string]string{
			"SentTimestamp": strconv.FormatInt(sent.UnixMilli(), 10), "ApproximateFirstReceiveTimestamp": strconv.FormatInt(sent.UnixMilli(), 10),
			"SenderId": "AROAEXAMPLEEXAMPLE:inndx-runs-CrawlFunction-1A2B3C4D5E6F",
		},
		MessageAttributes: map[string]events.SQSMessageAttribute{},
	}
	if trace != "" {
		m.Attributes["AWSTraceHeader"] = trace
	}
	return m
}

// move moves a message from one queue to another, or deletes it. The caller has locked mu.
func (c *cloud) move(m *cloudMessage, from, to string) {
	c.queues[from].messages = slices.DeleteFunc(c.queues[from].messages, func(o *cloudMessage) bool { return o == m })
	if to != "" {
		c.queues[to].messages = append(c.queues[to].messages, m)
	}
}

var errRecursive = errors.New("RecursiveInvocationException")

// maxLoop bounds the invocations of a function in one chain of requests. Lambda stops the chain
// after "approximately" this number, unless the function's RecursiveLoop is Allow. See
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html.
const maxLoop = 16

// invoke invokes a function as part of the chain in the trace header.
func (c *cloud) invoke(id string, event any, trace string) ([]byte, error) {
	trace, before := traced(trace, id)
	properties := c.tmpl.Resources[id].Properties
	c.mu.Lock()
	if before >= maxLoop && properties.RecursiveLoop != "Allow" {
		c.dropped[id]++
		c.mu.Unlock()
		return nil, errRecursive
	}
	c.invoked[id]++
	var f *instance
	if n := len(c.idle[id]); n > 0 {
		f, c.idle[id] = c.idle[id][n-1], c.idle[id][:n-1]
	}
	c.mu.Unlock()
	data, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	if f == nil {
		memory := cmp.Or(c.value(properties.MemorySize), 256)
		f = startInstance(c.t, c.dir, path.Base(properties.CodeUri), append(slices.Clip(c.env), fmt.Sprintf("%s=%d", memoryVariable, memory)))
	}
	timeout := time.Duration(cmp.Or(properties.Timeout, c.tmpl.Globals.Function.Timeout)) * time.Second
	payload, err := f.invoke(context.WithoutCancel(c.t.Context()), data, timeout, trace)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle[id] = append(c.idle[id], f)
	return payload, err
}

// value returns the value of a property: a number, or a parameter of the template by its default.
func (c *cloud) value(property any) int {
	switch v := property.(type) {
	case float64:
		return int(v)
	case string:
		n, _ := c.tmpl.Parameters[v].Default.(float64)
		return int(n)
	}
	return 0
}
