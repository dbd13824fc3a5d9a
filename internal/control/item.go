package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/inndx/runs/internal/visible"
)

// An item is an object of the API.
type item struct {
	raw     json.RawMessage
	members map[string]any // numbers are of type json.Number
}

func newItem(raw json.RawMessage) (i item, err error) {
	i.raw = raw
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&i.members)
	return i, err
}

// value returns the member at the path, such as progress.urls_fetched, or nil.
func (i item) value(path string) any {
	var v any = i.members
	for name := range strings.SplitSeq(path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}

// text returns a member as text, exactly. A null is empty, and objects and lists are JSON.
func (i item) text(path string) string {
	switch v := i.value(path).(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	default:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if e.Encode(v) != nil {
			return ""
		}
		return strings.TrimSpace(b.String())
	}
}

// number returns a member that is a number, or 0.
func (i item) number(path string) int64 {
	n, _ := i.value(path).(json.Number)
	v, _ := n.Int64()
	return v
}

// time returns a member that is a timestamp, or the zero time.
func (i item) time(path string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, i.text(path))
	return t
}

// line returns the item as a line of JSON that is safe to show.
func (i item) line() string {
	var b bytes.Buffer
	if json.Compact(&b, i.raw) != nil {
		return visible.Text(string(i.raw))
	}
	return visible.JSON(b.String())
}

// indented returns the item as indented JSON that is safe to show.
func (i item) indented() string {
	var b bytes.Buffer
	if json.Indent(&b, bytes.TrimSpace(i.raw), "", "  ") != nil {
		return visible.Text(string(i.raw)) + "\n"
	}
	lines := strings.Split(b.String(), "\n")
	for n, line := range lines {
		lines[n] = visible.JSON(line)
	}
	return strings.Join(lines, "\n") + "\n"
}
