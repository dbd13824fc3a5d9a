package keys

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// The range selects the times that lie between the bounds, to the nanosecond.
func TestCreatedBetween(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)}
	base := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		near := func(label string) time.Time {
			d := time.Duration(rapid.IntRange(-3000, 3000).Draw(t, label))
			return base.Add(d).In(rapid.SampledFrom(zones).Draw(t, label+" zone"))
		}
		created := near("created").UTC().Truncate(time.Microsecond)
		var after, before time.Time
		if rapid.Bool().Draw(t, "is after") {
			after = near("after")
		}
		if rapid.Bool().Draw(t, "is before") {
			before = near("before")
		}
		want := (after.IsZero() || created.After(after)) && (before.IsZero() || created.Before(before))
		r := CreatedBetween(after, before)
		for _, id := range []uuid.UUID{uuid.Nil, uuid.Max} {
			if got := !r.Empty() && r.Contains(Created(created, id)); got != want {
				t.Fatalf("in range %+v: %t, want %t", r, got, want)
			}
		}
	})
}

func TestCreatedBetweenExtremeTimes(t *testing.T) {
	created := Created(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), uuid.New())
	parse := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	first, last := parse("0000-01-01T00:00:00+14:00"), parse("9999-12-31T23:59:59.9999999-12:00")
	for _, test := range []struct {
		name          string
		after, before time.Time
		want          bool
	}{
		{name: "after the first", after: first, want: true},
		{name: "after the last", after: last},
		{name: "before the first", before: first},
		{name: "before the last", before: last, want: true},
		{name: "between", after: first, before: last, want: true},
		{name: "in the wrong order", after: last, before: first},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := CreatedBetween(test.after, test.before)
			if got := !r.Empty() && r.Contains(created); got != test.want {
				t.Errorf("in the range: %t, want %t", got, test.want)
			}
		})
	}
}

func TestCreatedKeysSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (time.Time, uuid.UUID) {
			at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, label)).UTC()
			return at, uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label+" id"))
		}
		a, aID := draw("a")
		b, bID := draw("b")
		if rapid.Bool().Draw(t, "same time") {
			b = a
		}
		less := a.Before(b) || a.Equal(b) && string(aID[:]) < string(bID[:])
		if got := Created(a, aID) < Created(b, bID); got != less {
			t.Fatal("keys do not sort by time and id")
		}
		at, id, err := ParseCreated(Created(a, aID))
		if err != nil || !at.Equal(a) || id != aID {
			t.Fatal(at, id, err)
		}
	})
}
