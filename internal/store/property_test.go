package store_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// A model holds in plain maps what one tenant should see.
type model struct {
	tenant tenant.ID
	jobs   map[uuid.UUID]job.Job
	runs   map[uuid.UUID]run.Run
	cursor string // of any list of the tenant
}

// A world is a store with two tenants, and what they should see.
type world struct {
	ctx    context.Context
	store  *store.Store
	lists  []*store.Store // read lists with and without entries
	clock  *clock
	models []*model
}

func TestAgainstModel(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{
			ctx: t.Context(), store: s, clock: now,
			lists: []*store.Store{s.RelyingOnEntries(true), s.RelyingOnEntries(false)},
		}
		for _, prefix := range []string{"a", "a."} {
			w.models = append(w.models, &model{
				tenant: tenant.ID(prefix + uuid.NewString()),
				jobs:   map[uuid.UUID]job.Job{},
				runs:   map[uuid.UUID]run.Run{},
			})
		}
		for range rapid.IntRange(10, 40).Draw(rt, "steps") {
			w.step(rt, rapid.SampledFrom(w.models).Draw(rt, "tenant"))
		}
		for _, m := range w.models {
			w.walk(rt, m, run.Filter{})
		}
	})
}

// step does one random thing. Times may repeat, and then ids decide the order.
func (w *world) step(t *rapid.T, m *model) {
	w.clock.Advance(time.Duration(rapid.IntRange(0, 2).Draw(t, "advance")) * time.Microsecond)
	steps := []func(*rapid.T, *model){w.createRun, w.createRun, w.change, w.change, w.list, w.list, w.delete, w.createJob, w.foreign}
	if len(m.jobs) == 0 {
		steps = steps[len(steps)-2:]
	}
	rapid.SampledFrom(steps).Draw(t, "step")(t, m)
}

var modelConfigs = []string{`{}`, `{"speed":{"concurrency":2}}`}

func (w *world) createJob(t *rapid.T, m *model) {
	cfg, err := config.Parse([]byte(rapid.SampledFrom(modelConfigs).Draw(t, "config")), "config")
	if err != nil {
		t.Fatal(err)
	}
	labels := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b.c", "d e"}), rapid.SampledFrom([]string{"", "x", "y"}), 0, 3)
	j, err := w.store.CreateJob(w.ctx, m.tenant, job.Job{Name: "n", Labels: labels.Draw(t, "labels")}, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.jobs[j.ID] = j
}

func (w *world) createRun(t *rapid.T, m *model) {
	j := m.jobs[pick(t, m.jobs)]
	r, err := w.store.CreateRun(w.ctx, job.Ref{Tenant: m.tenant, ID: j.ID}, uuid.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != run.Pending || r.JobID != j.ID || !maps.Equal(r.Labels, j.Labels) || !r.CreatedAt.Equal(w.clock.Now()) {
		t.Fatalf("the new run %+v does not fit the job %+v", r, j)
	}
	m.runs[r.ID] = r
}

func (w *world) change(t *rapid.T, m *model) {
	id := pick(t, m.runs)
	before, exists := m.runs[id]
	action := rapid.SampledFrom([]run.Action{run.Start, run.Start, run.Pause, run.Resume, run.Stop, run.Finish}).Draw(t, "action")
	var got run.Run
	var changed bool
	var err error
	reason := run.Manual
	if action == run.Finish {
		reason = run.Unknown
		got, changed, err = w.store.Abandon(w.ctx, run.Ref{Tenant: m.tenant, ID: id}, w.clock.Now())
		if exists && before.Status != run.Finished && before.UpdatedAt.Equal(w.clock.Now()) { // it changed at this very time
			if !fault.Is(err, fault.Conflict) {
				t.Fatal(err)
			}
			return
		}
	} else {
		got, changed, err = w.store.Transition(w.ctx, run.Ref{Tenant: m.tenant, ID: id}, action, nil)
	}
	if !exists {
		if !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
		return
	}
	want, wantChanged, wantErr := run.Apply(before, action, reason, w.clock.Now())
	if wantErr != nil {
		if !fault.Is(err, fault.Conflict) {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got, jsonText); err != nil || diff != "" || changed != wantChanged {
		t.Fatal(err, changed, diff)
	}
	m.runs[id] = want
}

func (w *world) delete(t *rapid.T, m *model) {
	id := pick(t, m.runs)
	err := w.store.DeleteRun(w.ctx, run.Ref{Tenant: m.tenant, ID: id}, nil)
	if _, exists := m.runs[id]; exists != (err == nil) || !exists && !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	delete(m.runs, id)
}

// foreign makes the tenant use a run and a cursor of the other tenant.
func (w *world) foreign(t *rapid.T, m *model) {
	other := w.models[0]
	if m == other {
		other = w.models[1]
	}
	id := pick(t, other.runs)
	if _, err := w.store.Run(w.ctx, run.Ref{Tenant: m.tenant, ID: id}); !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	if err := w.store.DeleteRun(w.ctx, run.Ref{Tenant: m.tenant, ID: id}, nil); !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	if other.cursor == "" {
		return
	}
	_, err := w.store.Runs(w.ctx, m.tenant, drawFilter(t, m), paging.Request{Limit: 3, Cursor: other.cursor})
	if !fault.Is(err, fault.Invalid) {
		t.Fatal(err)
	}
}

func (w *world) list(t *rapid.T, m *model) { w.walk(t, m, drawFilter(t, m)) }

// walk compares a walk through all pages with the model.
func (w *world) walk(t *rapid.T, m *model, f run.Filter) {
	want := []run.Run{}
	for _, r := range m.runs {
		if f.Match(r) {
			want = append(want, r)
		}
	}
	slices.SortFunc(want, func(a, b run.Run) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(b.ID.String(), a.ID.String())
	})
	got := []run.Run{}
	for cursor := ""; ; {
		limit := rapid.IntRange(1, 12).Draw(t, "per_page")
		// The backfill may become complete between two pages of a walk.
		reader := rapid.SampledFrom(w.lists).Draw(t, "reader")
		page, err := reader.Runs(w.ctx, m.tenant, f, paging.Request{Limit: limit, Cursor: cursor})
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		if !page.SearchedUntil.IsZero() {
			t.Fatalf("%+v: the search ended at %v", f, page.SearchedUntil)
		}
		got = append(got, page.Items...)
		// There are so few runs that every page but the last is full.
		if page.Next != "" && len(page.Items) != limit || page.Next == "" && cursor != "" && len(page.Items) == 0 {
			t.Fatalf("%+v: %d items on a page of %d", f, len(page.Items), limit)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		m.cursor = cursor
	}
	if diff := cmp.Diff(want, got, jsonText); diff != "" {
		t.Fatalf("%+v: -want +got:\n%s", f, diff)
	}
}

// pick returns a key of the map, or a new one if the map is empty.
func pick[V any](t *rapid.T, m map[uuid.UUID]V) uuid.UUID {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	i := rapid.IntRange(0, 1000).Draw(t, "pick")
	if len(keys) == 0 {
		return uuid.New()
	}
	return keys[i%len(keys)]
}

// drawFilter returns a filter with few fields, as nothing would match with all of them.
func drawFilter(t *rapid.T, m *model) run.Filter {
	some := func(name string, draw func() uuid.UUID) (ids []uuid.UUID) {
		for range rapid.IntRange(1, 5).Draw(t, name) {
			ids = append(ids, draw())
		}
		return ids
	}
	runID := func() uuid.UUID { return pick(t, m.runs) }
	var f run.Filter
	at := func(name string, to *time.Time, of func(run.Run) time.Time) func() {
		return func() {
			*to = of(m.runs[runID()]).Add(time.Duration(rapid.IntRange(-1500, 1500).Draw(t, name)))
		}
	}
	created := func(r run.Run) time.Time { return r.CreatedAt }
	updated := func(r run.Run) time.Time { return r.UpdatedAt }
	fields := []func(){
		func() {
			f.StopReasons = rapid.SliceOfN(rapid.SampledFrom([]run.StopReason{run.Manual, run.Unknown, run.MaxAge}), 1, 2).Draw(t, "reason")
		},
		func() {
			f.Labels = rapid.MapOfN(rapid.SampledFrom([]string{"a", "b.c", "d e"}), rapid.SampledFrom([]string{"", "x"}), 1, 2).Draw(t, "label")
		},
		func() { f.JobIDs = some("jobs", func() uuid.UUID { return pick(t, m.jobs) }) },
		func() { f.IncludeIDs = some("includes", runID) },
		func() { f.ExcludeIDs = some("excludes", runID) },
		func() { f.Statuses = rapid.SliceOfN(rapid.SampledFrom(run.Statuses()), 1, 4).Draw(t, "status") },
		at("created_before", &f.CreatedBefore, created),
		at("created_after", &f.CreatedAfter, created),
		at("started_before", &f.StartedBefore, updated),
		at("started_after", &f.StartedAfter, updated),
		at("finished_before", &f.FinishedBefore, updated),
		at("finished_after", &f.FinishedAfter, updated),
		at("updated_after", &f.UpdatedAfter, updated),
	}
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(fields)-1), 0, 3, rapid.ID).Draw(t, "fields") {
		fields[i]()
	}
	return f
}
