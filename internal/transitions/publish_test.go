package transitions_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/eventbus"
	"github.com/inndx/runs/internal/transitions"
)

// The first record that was not published is reported, so that it and the later records are
// sent again. The records before it are published.
func TestFailureIsReported(t *testing.T) {
	var records []transitions.Record
	for i := range 25 {
		records = append(records, record(100+i, nil, pending(uuid.UUID{15: byte(i)})))
	}
	number := func(d eventbus.Detail) int { return int(d.RunID[15]) }
	broken := slices.Clone(records)
	broken[14].New = pending(uuid.New())
	delete(broken[14].New, "id")
	for name, tt := range map[string]struct {
		bus      bus
		records  []transitions.Record
		failed   string
		accepted int // at least, the first ones
		calls    int
	}{
		"no failure":  {bus{}, records, "", 25, 3},
		"away":        {bus{away: true}, records, "100", 0, 0},
		"one refused": {bus{refuse: func(d eventbus.Detail) bool { return number(d) == 12 }}, records, "112", 12, 2},
		"unreadable":  {bus{}, broken, "114", 14, 2},
		"one refused before an unreadable one": {
			bus{refuse: func(d eventbus.Detail) bool { return number(d) == 3 }}, broken, "103", 3, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if failed := publisher(&tt.bus).Publish(t.Context(), tt.records); failed != tt.failed {
				t.Errorf("reported %q, want %q", failed, tt.failed)
			}
			if len(tt.bus.calls) != tt.calls {
				t.Errorf("got %d calls, want %d", len(tt.bus.calls), tt.calls)
			}
			for i := range tt.accepted {
				if i >= len(tt.bus.accepted) || number(tt.bus.accepted[i]) != i {
					t.Fatalf("event %d was not accepted in its turn: %v", i, tt.bus.accepted)
				}
			}
		})
	}
}

// Items of other kinds, which a later version may add, are not transitions of runs, even
// if they have a status.
func TestOtherItemsAreNotTransitions(t *testing.T) {
	id := uuid.NewString()
	for _, key := range []struct{ pk, sk string }{
		{"T#acme", "JOB#" + id},
		{"T#acme", "RUN#"},
		{"T#acme", "RUN#" + id + "#NOTE"},
		{"T#acme", "CONFIG#RUN#" + id},
		{"T#acme#RUN#" + id, "PROGRESS"},
		{"T#acme#RUN#" + id, "RUN#" + id},
		{"T#acme#BY#LABEL#00ff", "RUN#" + id},
		{"T#acme#BY#STOP_REASON#unknown", "2026-01-02T15:04:05.000000Z#" + id},
		{"T#", "RUN#" + id},
		{"KEY#acme", "RUN#" + id},
	} {
		t.Run(key.pk+" "+key.sk, func(t *testing.T) {
			item := image{"pk": text(key.pk), "sk": text(key.sk), "status": text("pending")}
			var b bus
			failed := publisher(&b).Publish(t.Context(),
				[]transitions.Record{record(1, nil, item), record(2, item, nil), record(3, item, item)})
			if failed != "" || len(b.calls) > 0 {
				t.Errorf("got %d calls, failed at %s", len(b.calls), failed)
			}
		})
	}
}
