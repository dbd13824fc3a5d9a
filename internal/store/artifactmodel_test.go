package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// keepConfig is a configuration that keeps artifacts.
const keepConfig = `{
	"seeds": [{"kind":"static_list","params":{"urls":["http://example.com/"]}}],
	"pipelines": [{"id": "pages", "steps": [{"kind": "extractor", "params": {"kind": "raw"}}], "actions": [{"kind": "to_blob"}]}]
}`

// An artifactModel is the artifacts of one tenant, in the order in which lists show them.
type artifactModel struct {
	t      testing.TB
	store  *store.Store
	random *rand.Rand
	tenant tenant.ID
	runs   []*artifactRun // the most recent first
	gone   map[artifact.ID]bool
	hidden map[crawllog.Location]bool // of deleted artifacts
}

// An artifactRun is a run with its artifacts, in the order in which they were recorded.
type artifactRun struct {
	run       run.Run
	lease     *run.Lease
	artifacts []artifact.Artifact
	offset    int64
}

func newArtifactModel(t testing.TB, s *store.Store, owner tenant.ID, random *rand.Rand) *artifactModel {
	return &artifactModel{t: t, store: s, random: random, tenant: owner, gone: map[artifact.ID]bool{}, hidden: map[crawllog.Location]bool{}}
}

// addRun creates a run that keeps artifacts.
func (m *artifactModel) addRun() *artifactRun {
	m.t.Helper()
	r := createRunIn(m.t, m.store, m.tenant, createJob(m.t, m.store, m.tenant, keepConfig).ID, run.Running)
	added := &artifactRun{run: r, lease: acquire(m.t, m.store, m.tenant, r.ID, "worker")}
	m.runs = append([]*artifactRun{added}, m.runs...)
	return added
}

// record appends the outcomes to the run's log as one part.
func (m *artifactModel) record(r *artifactRun, outcomes ...*crawllog.Outcome) {
	m.t.Helper()
	var records []crawllog.Record
	for i, o := range outcomes {
		records = append(records, &crawllog.Discovered{URL: o.URL}, o)
		e := crawllog.Entry{Outcome: *o, RunID: r.run.ID, JobID: r.run.JobID, Place: crawllog.Place{Part: r.lease.Seq + 1, Index: i}}
		for n := range o.Artifacts {
			a := artifact.Of(&e, n)
			a.RunCreatedAt = r.run.CreatedAt
			r.artifacts = append(r.artifacts, a)
		}
	}
	if len(records) == 0 {
		records = append(records, &crawllog.SeedsRead{})
	}
	parts := crawllog.Encode(records)
	if len(parts) != 1 {
		m.t.Fatal("the records do not fit one part")
	}
	if err := m.store.Commit(m.t.Context(), r.lease, crawllog.Commit{Parts: parts}); err != nil {
		m.t.Fatal(err)
	}
}

// outcome returns an outcome with n artifacts. Some are revisits of earlier ones.
func (m *artifactModel) outcome(r *artifactRun, n int) *crawllog.Outcome {
	o := &crawllog.Outcome{
		URL:  fmt.Sprint("https://a.example/", m.random.IntN(20)),
		Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
		OccurredAt: began.Add(time.Duration(m.random.IntN(100)) * time.Second),
	}
	for range n {
		a := crawllog.Artifact{
			Kind:        crawllog.Kinds()[m.random.IntN(3)],
			PipelineID:  []string{"a", "b"}[m.random.IntN(2)],
			KeyStrategy: []string{"hash", "5min"}[m.random.IntN(2)],
			Directory:   []string{"", "out"}[m.random.IntN(2)],
			ContentType: []string{"text/html", "text/html; charset=utf-8", "application/json", ""}[m.random.IntN(4)],
			Size:        int64(m.random.IntN(1e6)),
			Location:    r.location(),
		}
		a.Digest[0] = byte(m.random.IntN(256))
		if originals := r.originals(); len(originals) > 0 && m.random.IntN(4) == 0 {
			a.Original = originals[m.random.IntN(len(originals))].Location
		}
		o.Artifacts = append(o.Artifacts, a)
	}
	return o
}

// location returns the next location in the object of the commit that comes.
func (r *artifactRun) location() crawllog.Location {
	r.offset += 1000
	object := fmt.Sprintf("%012d-%x.warc.gz", r.lease.Seq+1, r.run.ID[8:])
	return crawllog.Location{Object: object, Offset: r.offset, Length: 900}
}

func (r *artifactRun) originals() []artifact.Artifact {
	return slices.DeleteFunc(slices.Clone(r.artifacts), func(a artifact.Artifact) bool { return a.IsRevisit() })
}

// grow records a random part in a random run.
func (m *artifactModel) grow() {
	m.t.Helper()
	if len(m.runs) == 0 {
		return
	}
	r := m.runs[m.random.IntN(len(m.runs))]
	var outcomes []*crawllog.Outcome
	for range m.random.IntN(6) {
		outcomes = append(outcomes, m.outcome(r, m.random.IntN(4)))
	}
	m.record(r, outcomes...)
}

// hide hides a random artifact, and those that have its content.
func (m *artifactModel) hide() {
	m.t.Helper()
	all := m.want(artifact.Filter{})
	if len(all) == 0 {
		return
	}
	a := all[m.random.IntN(len(all))]
	if _, err := m.store.HideArtifact(m.t.Context(), m.tenant, a.ID, nil); err != nil {
		m.t.Fatal(err)
	}
	m.hidden[a.Location] = true
}

// isGone reports whether the artifact, its run, or the artifact with its content is deleted.
func (m *artifactModel) isGone(a artifact.Artifact) bool {
	return m.gone[a.ID] || m.hidden[a.Location] || m.hidden[a.Content()]
}

// remove deletes a random run.
func (m *artifactModel) remove() {
	m.t.Helper()
	i := m.random.IntN(len(m.runs))
	r := m.runs[i]
	if err := m.store.DeleteRun(m.t.Context(), run.Ref{Tenant: m.tenant, ID: r.run.ID}, nil); err != nil {
		m.t.Fatal(err)
	}
	for _, a := range r.artifacts {
		m.gone[a.ID] = true
	}
	m.runs = slices.Delete(m.runs, i, i+1)
}

// want returns what a list that is read now must show.
func (m *artifactModel) want(f artifact.Filter) []artifact.Artifact {
	want := []artifact.Artifact{}
	for _, r := range m.runs {
		for _, a := range slices.Backward(r.artifacts) {
			if f.Match(&a) && !m.isGone(a) {
				want = append(want, a)
			}
		}
	}
	return want
}

// walk returns the artifacts of all pages, and how many pages there were. It calls between after
// each page but the last.
func (m *artifactModel) walk(f artifact.Filter, limit func() int, between func()) (got []artifact.Artifact, pages int) {
	m.t.Helper()
	got = []artifact.Artifact{}
	for request := (paging.Request{}); ; {
		request.Limit = limit()
		page, err := m.store.Artifacts(m.t.Context(), m.tenant, f, request)
		if err != nil {
			m.t.Fatal(err)
		}
		if len(page.Items) > request.Limit {
			m.t.Fatalf("%d artifacts on a page of %d", len(page.Items), request.Limit)
		}
		if len(page.Items) < request.Limit && page.Next != "" && page.SearchedUntil.IsZero() {
			m.t.Error("a short page does not say how far it searched")
		}
		got = append(got, page.Items...)
		if pages++; page.Next == "" {
			return got, pages
		}
		if pages > 10_000 {
			m.t.Fatal("the walk does not end")
		}
		request.Cursor = page.Next
		between()
	}
}

// check compares a walk with the model and returns the number of pages.
func (m *artifactModel) check(f artifact.Filter, limit func() int, between func()) int {
	m.t.Helper()
	want := m.want(f)
	got, pages := m.walk(f, limit, between)
	// What was deleted or recorded during the walk may be shown or not.
	now := m.want(f)
	known := map[artifact.ID]bool{}
	for _, a := range want {
		known[a.ID] = true
	}
	shown := map[artifact.ID]bool{}
	for _, a := range got {
		if shown[a.ID] || !known[a.ID] && !slices.Contains(now, a) && !m.isGone(a) {
			m.t.Errorf("%s is shown", a.ID)
		}
		shown[a.ID] = true
	}
	unsure := func(a artifact.Artifact) bool { return m.isGone(a) || !known[a.ID] }
	wantEqual(m.t, slices.DeleteFunc(got, unsure), slices.DeleteFunc(want, unsure))
	return pages
}

// randomFilter returns a filter with values of the model.
func (m *artifactModel) randomFilter() artifact.Filter {
	var f artifact.Filter
	all := []artifact.Artifact{}
	for _, r := range m.runs {
		all = append(all, r.artifacts...)
	}
	if len(all) == 0 {
		return f
	}
	some := func(n int) (picked []artifact.Artifact) {
		for range 1 + m.random.IntN(n) {
			picked = append(picked, all[m.random.IntN(len(all))])
		}
		return picked
	}
	for _, change := range []func(){
		func() { f.Kinds = crawllog.Kinds()[m.random.IntN(3):] },
		func() { f.PipelineIDs = []string{"b"} },
		func() { f.ContentTypes = []crawllog.ContentType{"text/html"} },
		func() { f.CreatedAfter = began.Add(time.Duration(m.random.IntN(100)) * time.Second) },
		func() { f.CreatedBefore = began.Add(time.Duration(m.random.IntN(100)) * time.Second) },
		func() {
			for _, a := range some(5) {
				f.IncludeIDs = append(f.IncludeIDs, a.ID)
			}
		},
		func() {
			for _, a := range some(5) {
				f.ExcludeIDs = append(f.ExcludeIDs, a.ID)
			}
		},
		func() {
			for _, a := range some(3) {
				f.RunIDs = append(f.RunIDs, a.ID.Run)
			}
		},
		func() {
			for _, a := range some(8) {
				f.URLHashes = append(f.URLHashes, a.URLHash())
			}
		},
		func() {
			for _, a := range some(8) {
				f.BlobKeys = append(f.BlobKeys, a.BlobKey())
			}
		},
	} {
		if m.random.IntN(7) == 0 {
			change()
		}
	}
	return f
}

// wiped marks all hidden artifacts of the object of a as wiped.
func wiped(t testing.TB, s *store.Store, owner tenant.ID, a artifact.Artifact) (locations []crawllog.Location) {
	t.Helper()
	err := s.WipeArtifacts(t.Context(), owner, a, func(_ context.Context, at []crawllog.Location) error {
		locations = at
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return locations
}
