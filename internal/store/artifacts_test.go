package store_test

import (
	"encoding/base64"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A walk with pages of any size and any filter shows each artifact once, and in order, that was
// recorded before it began and was not deleted since, while logs grow, runs are created, and
// artifacts and runs are deleted.
func TestArtifactsAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	now.Advance(began.Sub(now.Now())) // artifacts are created within 100 s of it
	m, other := newArtifactModel(t, s, acme, random), newArtifactModel(t, s, rival, random)
	m.check(artifact.Filter{}, always(10), nil) // there are no runs yet
	other.addRun()
	other.grow()
	change := func() {
		switch random.IntN(12) {
		case 0:
			now.Advance(time.Duration(random.IntN(2)) * time.Second)
			m.addRun()
		case 1:
			m.hide()
		case 2:
			if len(m.runs) > 4 {
				m.remove()
			}
		default:
			m.grow()
		}
	}
	for range 5 {
		now.Advance(time.Second)
		m.addRun()
	}
	for range 30 {
		m.grow()
	}
	for range 15 {
		change()
		maxLimit := 3 + random.IntN(30)
		m.check(m.randomFilter(), func() int { return 1 + random.IntN(maxLimit) }, change)
	}
	m.check(artifact.Filter{}, always(100), change)
	m.check(artifact.Filter{}, always(1), func() {})
	other.check(artifact.Filter{}, always(1), func() {})
	for _, r := range m.runs {
		for _, a := range r.artifacts {
			got, err := s.Artifact(t.Context(), acme, a.ID)
			switch {
			case m.isGone(a):
				wantReason(t, err, fault.ReasonNoSuchArtifact)
			case err != nil:
				t.Fatal(err)
			default:
				wantEqual(t, got, a)
			}
			if _, err := s.Artifact(t.Context(), rival, a.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("another tenant gets %v", err)
			}
		}
	}
}

// An id names an artifact or nothing.
func TestArtifactIDs(t *testing.T) {
	s := storetest.New(t)
	m := newArtifactModel(t, s, acme, rand.New(rand.NewPCG(1, 1)))
	r := m.addRun()
	m.record(r, m.outcome(r, 0), m.outcome(r, 2))
	good := r.artifacts[1].ID
	if _, err := s.Artifact(t.Context(), acme, good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*artifact.ID){
		"another run":        func(id *artifact.ID) { id.Run = uuid.New() },
		"the next part":      func(id *artifact.ID) { id.Place.Part++ },
		"a part without end": func(id *artifact.ID) { id.Place.Part = 1 << 62 },
		"another outcome":    func(id *artifact.ID) { id.Place.Index = 0 },
		"the next outcome":   func(id *artifact.ID) { id.Place.Index++ },
		"the next artifact":  func(id *artifact.ID) { id.Index++ },
	} {
		t.Run(name, func(t *testing.T) {
			id := good
			change(&id)
			_, err := s.Artifact(t.Context(), acme, id)
			wantReason(t, err, fault.ReasonNoSuchArtifact)
			_, err = s.HideArtifact(t.Context(), acme, id, nil)
			wantReason(t, err, fault.ReasonNoSuchArtifact)
			page, err := s.Artifacts(t.Context(), acme, artifact.Filter{IncludeIDs: []artifact.ID{id}}, paging.Request{Limit: 1})
			if err != nil || len(page.Items) > 0 || page.Next != "" {
				t.Errorf("a list has %v (%v)", page, err)
			}
		})
	}
}

// A cursor continues its own list and no other one.
func TestArtifactCursors(t *testing.T) {
	s := storetest.New(t)
	random := rand.New(rand.NewPCG(1, 1))
	m, other := newArtifactModel(t, s, acme, random), newArtifactModel(t, s, rival, random)
	for _, m := range []*artifactModel{m, other} {
		r := m.addRun()
		m.record(r, m.outcome(r, 3))
	}
	f := artifact.Filter{Kinds: crawllog.Kinds()}
	page, err := s.Artifacts(t.Context(), acme, f, paging.Request{Limit: 1})
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	cursor := page.Next
	refused := func(t *testing.T, owner *artifactModel, f artifact.Filter, cursor string) {
		t.Helper()
		_, err := s.Artifacts(t.Context(), owner.tenant, f, paging.Request{Limit: 1, Cursor: cursor})
		wantReason(t, err, fault.ReasonInvalidCursor)
	}
	t.Run("another tenant", func(t *testing.T) { refused(t, other, f, cursor) })
	t.Run("another filter", func(t *testing.T) { refused(t, m, artifact.Filter{}, cursor) })
	t.Run("a list of runs", func(t *testing.T) {
		_, err := s.Runs(t.Context(), acme, run.Filter{}, paging.Request{Limit: 1, Cursor: cursor})
		wantReason(t, err, fault.ReasonInvalidCursor)
	})
	t.Run("a flipped bit", func(t *testing.T) {
		data, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(data) {
			data[bit/8] ^= 1 << (bit % 8)
			refused(t, m, f, base64.RawURLEncoding.EncodeToString(data))
			data[bit/8] ^= 1 << (bit % 8)
		}
	})
}

// A page costs the same wherever in the list it begins, and a page without matches is bounded.
func TestArtifactUnits(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newArtifactModel(t, s, acme, rand.New(rand.NewPCG(1, 1)))
	for range 3 {
		r := m.addRun()
		for range 20 {
			var outcomes []*crawllog.Outcome
			for range 100 {
				outcomes = append(outcomes, m.outcome(r, 1))
			}
			m.record(r, outcomes...)
		}
	}
	for range 60 { // runs that keep nothing
		m.addRun()
	}
	units := func(f artifact.Filter, p paging.Request) (float64, paging.Page[artifact.Artifact]) {
		t.Helper()
		used.Reset()
		page, err := s.Artifacts(t.Context(), acme, f, p)
		if err != nil {
			t.Fatal(err)
		}
		return used.Reset().Read, page
	}
	ids := artifact.Filter{RunIDs: []uuid.UUID{m.runs[60].run.ID}}
	first, page := units(ids, paging.Request{Limit: 20})
	for range 50 {
		_, page = units(ids, paging.Request{Limit: 20, Cursor: page.Next})
	}
	later, _ := units(ids, paging.Request{Limit: 20, Cursor: page.Next})
	t.Logf("a page of 20 artifacts of a run uses %v read units, the 52nd %v", first, later)
	if first > 12 || later > 12 {
		t.Errorf("a page of 20 artifacts uses %v and %v read units, want at most 12", first, later)
	}
	nothing := artifact.Filter{PipelineIDs: []string{"nothing"}}
	pages, worst := 0, 0.0
	for request := (paging.Request{Limit: 20}); pages == 0 || request.Cursor != ""; pages++ {
		n, page := units(nothing, request)
		worst = max(worst, n)
		request.Cursor = page.Next
		if len(page.Items) > 0 || (page.Next == "") != page.SearchedUntil.IsZero() {
			t.Errorf("%+v", page)
		}
	}
	t.Logf("%d pages without a match use at most %v read units", pages, worst)
	if worst > 160 {
		t.Errorf("a page without a match uses %v read units, want at most 160", worst)
	}
}
