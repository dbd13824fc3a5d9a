package api_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/tmaxmax/go-sse"

	"github.com/inndx/runs/internal/run"
)

// A stream is what the description says, and begins with the run as lists show it. No tenant gets
// that of another's run.
func TestStreamRunEvents(t *testing.T) {
	s, _, _ := newWatchedService(t)
	c := s.as("acme")
	id := c.createRun(c.createJob(`{"name":"docs","labels":{"team":"research"}}`).ID).ID
	c.moveTo(id, run.Finished)
	path := "/v1/runs/" + id.String() + "/events"
	r := c.do("GET", path, nil).want(200)
	var events []sse.Event
	for event, err := range sse.Read(bytes.NewReader(r.body), nil) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	if len(events) != 2 || events[0].Type != "run" || events[1].Type != "end" || events[1].Data != "{}" {
		t.Fatalf("the events are %+v", events)
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(c.do("GET", "/v1/runs?view=summary", nil).want(200).body, &list); err != nil {
		t.Fatal(err)
	}
	if got, want := events[0].Data, string(list.Items[0]); got != want {
		t.Errorf("the event has the run as\n%s\nand the list as\n%s", got, want)
	}
	s.as("umbrella").do("GET", path, nil).want(404)
	c.do("GET", path+"?wait=1s", nil).wantFields("wait:unknown")
	c.do("GET", "/v1/runs/"+idA+"/events", nil).want(404)
	c.do("HEAD", path, nil).want(200)
}
