package lambdafn

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"
)

// deliver delivers messages until done reports true, or until no queue that invokes a function has
// a message, and then waits for the invocations in progress. A function has at most as many of them
// as its event source mapping allows. One poller gathers the batches of all queues. On AWS there are
// several, which share the messages; see
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html.
func (c *cloud) deliver(done func() bool) {
	c.t.Helper()
	sources := c.mappings()
	running := map[string]int{} // invocations by function
	ended := make(chan string)
	defer func() {
		for _, n := range running {
			for range n {
				<-ended
			}
		}
	}()
	for !done() {
		source, at := c.next(sources, running)
		if at.IsZero() && total(running) == 0 {
			return
		}
		var visible <-chan time.Time
		if !at.IsZero() {
			visible = time.After(time.Until(at))
		}
		select {
		case <-c.t.Context().Done():
			c.t.Error("the test took too long")
			return
		case name := <-ended:
			running[name]--
		case <-c.sent:
		case <-visible:
			batch := c.gather(source)
			if len(batch) == 0 {
				continue
			}
			running[source.FunctionName]++
			go func() {
				c.receive(source, batch)
				ended <- source.FunctionName
			}()
		}
	}
}

func total(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

// mappings returns the event source mappings of queues, which Lambda must accept.
func (c *cloud) mappings() (sources []resource) {
	for id, s := range c.tmpl.ofType("AWS::Lambda::EventSourceMapping") {
		queue := c.tmpl.Resources[attributeOf(s.EventSourceArn)]
		if queue.Type != "AWS::SQS::Queue" {
			continue // the source is a stream
		}
		size, window := c.value(s.BatchSize), c.value(s.MaximumBatchingWindowInSeconds)
		timeout := c.tmpl.Resources[s.FunctionName].Properties.Timeout
		err := validateMapping(size, window, c.value(s.ScalingConfig.MaximumConcurrency), queue.Properties.VisibilityTimeout, timeout)
		if err != nil {
			c.t.Errorf("%s: %v", id, err)
		}
		sources = append(sources, s)
	}
	return sources
}

// next returns the event source mapping whose function may be invoked first, and when: when a
// message is visible. The time is zero if no message is.
func (c *cloud) next(sources []resource, running map[string]int) (source resource, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range sources {
		if running[s.FunctionName] >= c.value(s.ScalingConfig.MaximumConcurrency) {
			continue
		}
		for _, m := range c.queues[attributeOf(s.EventSourceArn)].messages {
			if at.IsZero() || m.visible.Before(at) {
				source, at = s, m.visible
			}
		}
	}
	return source, at
}

// gather receives messages of a queue until the window ends or the batch is full: it has the largest
// number of messages, or another one would exceed what an event may have. See
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
func (c *cloud) gather(source resource) (batch []*cloudMessage) {
	window := time.After(time.Duration(c.value(source.MaximumBatchingWindowInSeconds)) * c.second)
	for ended := false; !ended; {
		select {
		case <-window:
			ended = true
		case <-time.After(5 * time.Millisecond): // polls
		}
		var full bool
		if batch, full = c.receiveVisible(source, batch); full {
			break
		}
	}
	return batch
}

// receiveVisible adds the visible messages of a queue to a batch, hides them, and reports whether
// the batch is full. It moves messages that were received too often to the dead-letter queue.
func (c *cloud) receiveVisible(source resource, batch []*cloudMessage) (_ []*cloudMessage, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := attributeOf(source.EventSourceArn)
	properties := c.tmpl.Resources[id].Properties
	now := time.Now()
	for _, m := range slices.Clone(c.queues[id].messages) {
		switch limit := properties.RedrivePolicy.MaxReceiveCount; {
		case m.visible.After(now):
			continue
		case limit > 0 && m.receives >= limit:
			m.receives = 0 // SentTimestamp does not change
			c.move(m, id, attributeOf(properties.RedrivePolicy.DeadLetterTargetArn))
			continue
		case len(batch) == c.value(source.BatchSize) || len(encode(eventOf(append(batch, m)))) > maxPayload:
			return batch, true
		}
		m.receives++
		m.visible = now.Add(time.Duration(properties.VisibilityTimeout) * c.second)
		m.Attributes["ApproximateReceiveCount"] = strconv.Itoa(m.receives)
		m.ReceiptHandle = uuid.NewString()
		batch = append(batch, m)
	}
	return batch, len(batch) == c.value(source.BatchSize)
}

// eventOf returns the event with the messages.
func eventOf(batch []*cloudMessage) (e events.SQSEvent) {
	for _, m := range batch {
		e.Records = append(e.Records, m.SQSMessage)
	}
	return e
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// receive invokes the function of a queue with a batch, and deletes the messages that it did not
// report as failed. The others become visible after the visibility timeout. See
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
func (c *cloud) receive(source resource, batch []*cloudMessage) {
	id := attributeOf(source.EventSourceArn)
	var bodies []string
	for _, m := range batch {
		bodies = append(bodies, m.Body)
	}
	payload, err := c.invoke(source.FunctionName, eventOf(batch), chainOf(batch, source.FunctionName))
	var response events.SQSEventResponse
	if err == nil {
		err = json.Unmarshal(payload, &response)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.retryLater(id, batch)
	if errors.Is(err, errRecursive) {
		return
	}
	c.batches[source.FunctionName] = append(c.batches[source.FunctionName], bodies)
	if err != nil {
		c.t.Errorf("%s: %v", source.FunctionName, err)
		return
	}
	failed := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	for _, m := range batch {
		if failed[m.MessageId] {
			c.failures = append(c.failures, m.Body)
		} else {
			c.move(m, id, "")
		}
		delete(failed, m.MessageId)
	}
	if len(failed) > 0 {
		c.t.Errorf("%s reports %v, which are not in its batch: to Lambda the whole batch failed", source.FunctionName, failed)
	}
}

// retryLater makes the messages of a batch that are still in the queue visible after c.retry. The
// caller has locked mu.
func (c *cloud) retryLater(queue string, batch []*cloudMessage) {
	for _, m := range c.queues[queue].messages {
		if c.retry > 0 && slices.Contains(batch, m) {
			m.visible = time.Now().Add(c.retry)
		}
	}
}
