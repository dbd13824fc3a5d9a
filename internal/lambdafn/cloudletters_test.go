package lambdafn

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// receiveMessages handles ReceiveMessage without a wait. A message has only the attributes that the
// request names.
func (c *cloud) receiveMessages(body []byte) (any, error) {
	var in struct {
		QueueUrl                    string
		MaxNumberOfMessages         int
		MessageSystemAttributeNames []string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	received := []map[string]any{}
	queue := c.queues[path.Base(in.QueueUrl)]
	for _, m := range queue.messages {
		if len(received) == in.MaxNumberOfMessages || m.visible.After(time.Now()) {
			continue
		}
		m.visible = time.Now().Add(time.Duration(c.tmpl.Resources[queue.id].Properties.VisibilityTimeout) * c.second)
		m.ReceiptHandle = uuid.NewString()
		attributes := map[string]string{}
		for _, name := range in.MessageSystemAttributeNames {
			attributes[name] = m.Attributes[name]
		}
		received = append(received, map[string]any{
			"MessageId": m.MessageId, "ReceiptHandle": m.ReceiptHandle, "Body": m.Body, "MD5OfBody": m.Md5OfBody, "Attributes": attributes,
		})
	}
	return map[string]any{"Messages": received}, nil
}

// deleteMessages handles DeleteMessageBatch. A receipt handle that is not the last one of a message
// is an error of its entry, as it is after the visibility timeout.
func (c *cloud) deleteMessages(body []byte) (any, error) {
	type entry struct{ Id, ReceiptHandle, Code string }
	var in struct {
		QueueUrl string
		Entries  []entry
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := c.queues[path.Base(in.QueueUrl)]
	out := map[string][]entry{"Successful": {}, "Failed": {}}
	for _, e := range in.Entries {
		before := len(queue.messages)
		queue.messages = slices.DeleteFunc(queue.messages, func(m *cloudMessage) bool { return m.ReceiptHandle == e.ReceiptHandle })
		if len(queue.messages) < before {
			out["Successful"] = append(out["Successful"], entry{Id: e.Id})
		} else {
			out["Failed"] = append(out["Failed"], entry{Id: e.Id, Code: "ReceiptHandleIsInvalid"})
		}
	}
	return out, nil
}

// queueAttributes handles GetQueueAttributes for the number of messages that wait for a consumer.
func (c *cloud) queueAttributes(body []byte) (any, error) {
	var in struct {
		QueueUrl       string
		AttributeNames []string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := 0
	for _, m := range c.queues[path.Base(in.QueueUrl)].messages {
		if !m.visible.After(time.Now()) {
			waiting++
		}
	}
	attributes := map[string]string{}
	for _, name := range in.AttributeNames {
		if name == "ApproximateNumberOfMessages" {
			attributes[name] = strconv.Itoa(waiting)
		}
	}
	return map[string]any{"Attributes": attributes}, nil
}
