package store

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A cursorList is a list of runs, for cursors.
func cursorList(t tenant.ID, route string, f run.Filter) (identity, *plan) {
	f = canonicalRuns(f)
	return identity{Tenant: t, Route: route, Filter: f}, planRuns(t, f)
}

func wantBadCursor(t *testing.T, err error) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 ||
		e.Fields[0].Field != "page" || e.Fields[0].Errors[0].Code != "cursor" {
		t.Errorf("error is %v", err)
	}
}

var someTime = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func TestCursorFlippedBits(t *testing.T) {
	owner, p := cursorList("acme", runsRoute, run.Filter{})
	at := p.position(p.partitions[0], createdKey(someTime, uuid.New()))
	cursor := owner.encode(at)
	if got, err := owner.decode(cursor, p); err != nil || got != at {
		t.Fatal(got, err)
	}
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(data) {
		data[i/8] ^= 1 << (i % 8)
		_, err := owner.decode(base64.RawURLEncoding.EncodeToString(data), p)
		wantBadCursor(t, err)
		data[i/8] ^= 1 << (i % 8)
	}
	text := []byte(cursor)
	for i := range 8 * len(text) {
		text[i/8] ^= 1 << (i % 8)
		_, err := owner.decode(string(text), p)
		wantBadCursor(t, err)
		text[i/8] ^= 1 << (i % 8)
	}
	for i := range cursor {
		_, err := owner.decode(cursor[:i], p)
		wantBadCursor(t, err)
		_, err = owner.decode(cursor[:i]+"\n"+cursor[i:], p)
		wantBadCursor(t, err)
	}
	for _, wrong := range []string{"x", "=", cursor + "A", cursor + "=", cursor + "\r\n", "\x00"} {
		_, err := owner.decode(wrong, p)
		wantBadCursor(t, err)
	}
}

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
		owner, p := cursorList(from.tenant, from.route, filters[from.filter])
		cursor := owner.encode(p.position(p.partitions[0], createdKey(someTime, a)))
		for _, to := range lists {
			other, q := cursorList(to.tenant, to.route, filters[to.filter])
			_, err := other.decode(cursor, q)
			if from == to {
				if err != nil {
					t.Errorf("%v: %v", from, err)
				}
				continue
			}
			wantBadCursor(t, err)
		}
	}
}

// A cursor with a right fingerprint, which anybody can compute, still leads nowhere but
// into the list.
func TestForgedCursor(t *testing.T) {
	id := uuid.New()
	owner, p := cursorList("acme", runsRoute, run.Filter{
		Statuses:     []run.Status{run.Running, run.Paused},
		CreatedAfter: someTime, CreatedBefore: someTime.Add(time.Hour),
	})
	good := p.position(p.partitions[0], createdKey(someTime.Add(time.Minute), id))
	if _, err := owner.decode(owner.encode(good), p); err != nil {
		t.Fatal(err)
	}
	for name, forge := range map[string]func(*position){
		"another tenant's item":      func(at *position) { at.pk = tenantKey("rival") },
		"a job":                      func(at *position) { at.sk = jobPrefix + id.String() },
		"another item":               func(at *position) { at.sk = runPrefix + uuid.NewString() },
		"another tenant's partition": func(at *position) { at.hash = statusPartition("rival", run.Running) },
		"another partition":          func(at *position) { at.hash = statusPartition("acme", run.Finished) },
		"before the range":           func(at *position) { *at = p.position(at.hash, createdKey(someTime, id)) },
		"after the range":            func(at *position) { *at = p.position(at.hash, createdKey(someTime.Add(time.Hour), id)) },
		"no key":                     func(at *position) { at.createdKey = "" },
		"another spelling":           func(at *position) { at.createdKey = at.createdKey[:len(at.createdKey)-36] + "{" + id.String() + "}" },
	} {
		t.Run(name, func(t *testing.T) {
			at := good
			forge(&at)
			_, err := owner.decode(owner.encode(at), p)
			wantBadCursor(t, err)
		})
	}
}

func TestCursorOfEqualFilter(t *testing.T) {
	a, b := uuid.New(), uuid.New()
	one, _ := cursorList("acme", runsRoute, run.Filter{
		JobIDs: []uuid.UUID{a, b}, Statuses: []run.Status{run.Running, run.Paused}, CreatedBefore: someTime,
		ExcludeIDs: []uuid.UUID{a}, StopReasons: []run.StopReason{run.Manual, run.MaxAge},
	})
	other, _ := cursorList("acme", runsRoute, run.Filter{
		JobIDs: []uuid.UUID{b, a, b}, Statuses: []run.Status{run.Paused, run.Running, run.Paused},
		CreatedBefore: someTime.In(time.FixedZone("", 3600)), ExcludeIDs: []uuid.UUID{a, a},
		StopReasons: []run.StopReason{run.MaxAge, run.Manual}, Labels: map[string]string{},
	})
	if string(one.fingerprint(nil)) != string(other.fingerprint(nil)) {
		t.Error("the order of values makes another list")
	}
}

// Cursors that an earlier version gave out go on. The version knew neither entries nor bounds
// on any time but that of the creation.
func TestCursorOfAnEarlierVersion(t *testing.T) {
	id := uuid.MustParse("9c2b0000-0000-4000-8000-000000000001")
	for _, test := range []struct {
		filter run.Filter
		cursor string
	}{
		{run.Filter{}, "AQRKo45j65oOh3LxStWzGywGVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEKVCNhY21lI1JVTkAy" +
			"MDI2LTAzLTAxVDEyOjAwOjAwLjEyMzQ1NlojOWMyYjAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"},
		{run.Filter{Labels: map[string]string{"team": "web"}}, "AfHJ5HjjLMHlUJ3ielVBBFQGVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0w" +
			"MDAwMDAwMDAwMDEKVCNhY21lI1JVTkAyMDI2LTAzLTAxVDEyOjAwOjAwLjEyMzQ1NlojOWMyYjAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"},
		{run.Filter{StopReasons: []run.StopReason{run.Unknown}}, "AS0SyOvtbHbtmRVRG6OA_igGVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0w" +
			"MDAwMDAwMDAwMDEWVCNhY21lI1NUQVRVUyNmaW5pc2hlZEAyMDI2LTAzLTAxVDEyOjAwOjAwLjEyMzQ1NlojOWMyYjAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"},
		{run.Filter{
			JobIDs: []uuid.UUID{id}, Statuses: []run.Status{run.Running, run.Finished}, CreatedAfter: someTime.Add(-time.Hour),
			CreatedBefore: someTime.Add(time.Hour), ExcludeIDs: []uuid.UUID{id},
		}, "AeQIrjuILqAeXYUkP2g3pg0GVCNhY21lKFJVTiM5YzJiMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEvVCNhY21lI0pPQiM5YzJiMDAwMC0wMDAwLTQw" +
			"MDAtODAwMC0wMDAwMDAwMDAwMDFAMjAyNi0wMy0wMVQxMjowMDowMC4xMjM0NTZaIzljMmIwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMQ"},
	} {
		owner, p := cursorList("acme", runsRoute, test.filter)
		at, err := owner.decode(test.cursor, p)
		if err != nil || at.createdKey != createdKey(someTime, id) {
			t.Errorf("%+v: the cursor leads to %+v, %v", test.filter, at, err)
		}
		// An earlier version that runs beside this one takes what this one gives out.
		if again := owner.encode(p.position(p.partitions[0], createdKey(someTime, id))); again != test.cursor {
			t.Errorf("%+v: the cursor is now %s", test.filter, again)
		}
	}
}

func FuzzCursor(f *testing.F) {
	owner, p := cursorList("acme", runsRoute, run.Filter{})
	f.Add(owner.encode(p.position(p.partitions[0], createdKey(someTime, uuid.New()))))
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		at, err := owner.decode(cursor, p)
		if err == nil && owner.encode(at) != cursor {
			t.Errorf("%q has another spelling", cursor)
		}
	})
}

// A cursor of a log leads nowhere but into the log, whoever computed its fingerprint.
func TestForgedPlace(t *testing.T) {
	owner := identity{Tenant: "acme", Route: runLogsRoute, Filter: logFilter{RunID: uuid.New()}}
	for _, at := range []crawllog.Place{{Part: 1}, {Part: 7, Index: 12}, {Part: 9, Index: 1<<32 - 1}} {
		if got, err := owner.decodePlace(owner.encodePlace(at), 9); err != nil || got != at {
			t.Errorf("%v came back as %v, %v", at, got, err)
		}
	}
	for _, at := range []crawllog.Place{{Part: 0}, {Part: 10}, {Part: -1, Index: 1}, {Part: 1 << 62}} {
		_, err := owner.decodePlace(owner.encodePlace(at), 9)
		wantBadCursor(t, err)
	}
	for _, payload := range []string{"", "x", strings.Repeat("\x00", 11), strings.Repeat("\x00", 13)} {
		_, err := owner.decodePlace(owner.seal([]byte(payload)), 9)
		wantBadCursor(t, err)
	}
}
