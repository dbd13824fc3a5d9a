package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/store/listing"
	"github.com/inndx/runs/internal/tenant"
)

// cursorList returns a list of runs that is good for cursors only.
func cursorList(t tenant.ID, route string, f run.Filter) listing.List[runItem] {
	f = canonicalRuns(f)
	return listing.List[runItem]{
		Scope: listing.Scope{Tenant: t, Route: route, Filter: f},
		Base:  baseRunPlan(t, f),
	}
}

func wantInvalidCursor(t *testing.T, err error) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 ||
		e.Fields[0].Field != "page" || e.Fields[0].Errors[0].Code != "cursor" {
		t.Errorf("error is %v", err)
	}
}

var someTime = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func TestCursorOfAnotherList(t *testing.T) {
	a, b := uuid.New(), uuid.New()
	filters := []run.Filter{
		{},
		{JobIDs: []uuid.UUID{a}},
		{JobIDs: []uuid.UUID{a, b}},
		{IncludeIDs: []uuid.UUID{a}},
		{ExcludeIDs: []uuid.UUID{a}},
		{Statuses: []run.Status{run.Running}},
		{Statuses: []run.Status{run.Finished}},
		{StopReasons: []run.StopReason{run.Manual}},
		{CreatedBefore: someTime.Add(time.Hour)},
		{CreatedAfter: someTime.Add(-time.Hour)},
		{Labels: map[string]string{"a": "b"}},
		{Labels: map[string]string{"a": ""}},
		{Labels: map[string]string{"": "ab"}},
		{StartedBefore: someTime.Add(time.Hour)},
		{StartedAfter: someTime.Add(time.Hour)},
		{FinishedBefore: someTime.Add(time.Hour)},
		{FinishedAfter: someTime.Add(time.Hour)},
		{UpdatedAfter: someTime.Add(time.Hour)},
	}
	type list struct {
		tenant tenant.ID
		route  string
		filter int
	}
	var lists []list
	for _, owner := range []tenant.ID{"acme", "acme.", "acm"} {
		for _, route := range []string{runsRoute, jobRunsRoute} {
			for filter := range filters {
				lists = append(lists, list{owner, route, filter})
			}
		}
	}
	for _, from := range lists {
		cursor := cursorList(from.tenant, from.route, filters[from.filter]).Cursor(keys.Created(someTime, a))
		for _, to := range lists {
			_, err := cursorList(to.tenant, to.route, filters[to.filter]).After(cursor)
			if from == to {
				if err != nil {
					t.Errorf("%v: %v", from, err)
				}
				continue
			}
			wantInvalidCursor(t, err)
		}
	}
}

func TestCursorOfEqualFilter(t *testing.T) {
	a, b := uuid.New(), uuid.New()
	one := cursorList("acme", runsRoute, run.Filter{
		JobIDs: []uuid.UUID{a, b}, Statuses: []run.Status{run.Running, run.Paused}, CreatedBefore: someTime,
		ExcludeIDs: []uuid.UUID{a}, StopReasons: []run.StopReason{run.Manual, run.MaxAge},
	})
	other := cursorList("acme", runsRoute, run.Filter{
		JobIDs: []uuid.UUID{b, a, b}, Statuses: []run.Status{run.Paused, run.Running, run.Paused},
		CreatedBefore: someTime.In(time.FixedZone("", 3600)), ExcludeIDs: []uuid.UUID{a, a},
		StopReasons: []run.StopReason{run.MaxAge, run.Manual}, Labels: map[string]string{},
	})
	if one.Scope.Seal(nil) != other.Scope.Seal(nil) {
		t.Error("the order of the values makes another list")
	}
}

// Cursors that an earlier version gave out stay valid. That version knew no entries, and no bounds
// on times other than the time of creation.
func TestCursorOfAnEarlierVersion(t *testing.T) {
	id := uuid.MustParse("9c2b0000-0000-4000-8000-000000000001")
	for _, test := range []struct {
		name   string
		filter run.Filter
		cursor string
	}{
		{"all", run.Filter{}, "AQRKo45j65oOh3LxStWzGywGVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEKVCNhY21lI1JVTkAy" +
			"MDI2LTAzLTAxVDEyOjAwOjAwLjEyMzQ1NlojOWMyYjAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"},
		{"label", run.Filter{Labels: map[string]string{"team": "web"}}, "AfHJ5HjjLMHlUJ3ielVBBFQGVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0w" +
			"MDAwMDAwMDAwMDEKVCNhY21lI1JVTkAyMDI2LTAzLTAxVDEyOjAwOjAwLjEyMzQ1NlojOWMyYjAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"},
		{"stop reason", run.Filter{StopReasons: []run.StopReason{run.Unknown}}, "AS0SyOvtbHbtmRVRG6OA_igGVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0w" +
			"MDAwMDAwMDAwMDEWVCNhY21lI1NUQVRVUyNmaW5pc2hlZEAyMDI2LTAzLTAxVDEyOjAwOjAwLjEyMzQ1NlojOWMyYjAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"},
		{"job, statuses, times and ids", run.Filter{
			JobIDs: []uuid.UUID{id}, Statuses: []run.Status{run.Running, run.Finished}, CreatedAfter: someTime.Add(-time.Hour),
			CreatedBefore: someTime.Add(time.Hour), ExcludeIDs: []uuid.UUID{id},
		}, "AeQIrjuILqAeXYUkP2g3pg0GVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEvVCNhY21lI0pPQiM5YzJiMDAwMC0wMDAwLTQw" +
			"MDAtODAwMC0wMDAwMDAwMDAwMDFAMjAyNi0wMy0wMVQxMjowMDowMC4xMjM0NTZaIzljMmIwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMQ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			list := cursorList("acme", runsRoute, test.filter)
			after, err := list.After(test.cursor)
			if err != nil || after != keys.Created(someTime, id) {
				t.Errorf("the cursor leads to %+v, %v", after, err)
			}
			// An earlier version that runs at the same time accepts the cursors of this version.
			if again := list.Cursor(keys.Created(someTime, id)); again != test.cursor {
				t.Errorf("the cursor is now %s", again)
			}
		})
	}
}

// A forged cursor of a log reaches nothing outside the log.
func TestForgedPlace(t *testing.T) {
	scope := listing.Scope{Tenant: "acme", Route: runLogsRoute, Filter: logFilter{RunID: uuid.New()}}
	for _, at := range []crawllog.Place{{Part: 1}, {Part: 7, Index: 12}, {Part: 9, Index: 1<<32 - 1}} {
		if got, err := decodePlace(scope, encodePlace(scope, at), 9); err != nil || got != at {
			t.Errorf("%v came back as %v, %v", at, got, err)
		}
	}
	for _, at := range []crawllog.Place{{Part: 0}, {Part: 10}, {Part: -1, Index: 1}, {Part: 1 << 62}} {
		_, err := decodePlace(scope, encodePlace(scope, at), 9)
		wantInvalidCursor(t, err)
	}
	for _, payload := range []string{"", "x", strings.Repeat("\x00", 11), strings.Repeat("\x00", 13)} {
		_, err := decodePlace(scope, scope.Seal([]byte(payload)), 9)
		wantInvalidCursor(t, err)
	}
}

// A forged cursor of the links of a run reaches nothing outside the log either.
func TestForgedLinkPlace(t *testing.T) {
	scope := listing.Scope{Tenant: "acme", Route: "run_links"}
	decode := func(parts int64, at crawllog.Place) error {
		place := linkPlace{Place: at, parts: parts, ended: true, slices: 1}
		_, err := decodeLinkPlace(scope, place.encode(scope), 9)
		return err
	}
	for _, at := range []crawllog.Place{{Part: 1}, {Part: 7, Index: 12}, {Part: 9, Index: 1<<32 - 1}, {Part: 10}} {
		if err := decode(9, at); err != nil {
			t.Errorf("%v: %v", at, err)
		}
	}
	for _, at := range []crawllog.Place{{Part: 0}, {Part: 10, Index: 1}, {Part: 11}, {Part: -1, Index: 1}} {
		wantInvalidCursor(t, decode(9, at))
	}
	wantInvalidCursor(t, decode(10, crawllog.Place{Part: 1}))
}
