package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// A logModel is a run, with the entries of its log in the order in which they were recorded.
type logModel struct {
	t       testing.TB
	store   *store.Store
	run     run.Run
	lease   *run.Lease
	entries []crawllog.Entry
}

func newLogModel(t testing.TB, s *store.Store, owner tenant.ID) *logModel {
	t.Helper()
	r := createRunIn(t, s, owner, createJob(t, s, owner, plainConfig).ID, run.Running)
	return &logModel{t: t, store: s, run: r, lease: acquire(t, s, owner, r.ID, "worker")}
}

// record appends the parts to the log in one commit.
func (m *logModel) record(parts ...[]crawllog.Record) {
	m.t.Helper()
	commit := crawllog.Commit{Progress: m.lease.Progress}
	for i, records := range parts {
		commit.Parts = append(commit.Parts, crawllog.Encode(records)...)
		if len(commit.Parts) != i+1 {
			m.t.Fatal("the records do not fit one part")
		}
		place := crawllog.Place{Part: m.lease.Seq + 1 + int64(i)}
		for _, r := range records {
			if o, ok := r.(*crawllog.Outcome); ok {
				m.entries = append(m.entries, crawllog.Entry{Outcome: *o, RunID: m.run.ID, JobID: m.run.JobID, Place: place})
				place.Index++
			}
		}
	}
	if err := m.store.Commit(m.t.Context(), m.lease, commit); err != nil {
		m.t.Fatal(err)
	}
}

// want returns what a walk that begins now must show.
func (m *logModel) want(f crawllog.Filter) []crawllog.Entry {
	want := slices.DeleteFunc(slices.Clone(m.entries), func(e crawllog.Entry) bool { return !f.Match(&e.Outcome) })
	slices.Reverse(want)
	return want
}

// walk returns the entries of all pages, and how many pages there were. It calls between
// after each page but the last.
func (m *logModel) walk(f crawllog.Filter, limit func() int, between func()) (entries []crawllog.Entry, pages int) {
	m.t.Helper()
	for request := (paging.Request{}); ; {
		request.Limit = limit()
		page, err := m.store.LogEntries(m.t.Context(), run.Ref{Tenant: m.lease.Ref.Tenant, ID: m.run.ID}, f, request)
		if err != nil {
			m.t.Fatal(err)
		}
		if len(page.Items) > request.Limit {
			m.t.Fatalf("%d entries on a page of %d", len(page.Items), request.Limit)
		}
		entries = append(entries, page.Items...)
		if pages++; page.Next == "" {
			return entries, pages
		}
		if pages > 10_000 {
			m.t.Fatal("the walk does not end")
		}
		request.Cursor = page.Next
		between()
	}
}

// check compares a walk with the model and returns the number of pages.
func (m *logModel) check(f crawllog.Filter, limit func() int, between func()) int {
	m.t.Helper()
	want := m.want(f)
	got, pages := m.walk(f, limit, between)
	wantEqual(m.t, slices.Concat(got, []crawllog.Entry{}), slices.Concat(want, []crawllog.Entry{}))
	return pages
}

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// randomPart returns the records of a part: the given number of outcomes, and others.
func randomPart(random *rand.Rand, outcomes int) []crawllog.Record {
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	records := []crawllog.Record{&crawllog.Discovered{URL: "https://a.example/found", Depth: 1}}
	for range outcomes {
		o := &crawllog.Outcome{
			URL:        "https://" + pick("a.example", "b.example:8443", "c.example") + "/" + fmt.Sprint(random.IntN(1000)),
			Depth:      random.IntN(5),
			Step:       crawllog.Steps()[random.IntN(3)],
			Status:     crawllog.Statuses()[random.IntN(3)],
			OccurredAt: began.Add(time.Duration(random.IntN(100)) * time.Second),
		}
		if o.Status != crawllog.OK {
			o.ErrorReason, o.ErrorDetail = pick(crawllog.Reasons()[:4]...), pick("", "a detail")
		}
		if o.Step != crawllog.Schedule {
			o.HTTPStatus, o.Latency, o.Bytes = 200, time.Duration(random.IntN(100))*time.Millisecond, 5
		}
		o.Referrer, o.Title, o.Attempt = pick("", "https://a.example/found"), pick("", "A page"), random.IntN(3)
		o.ContentType = pick("", "text/html; charset=utf-8", "image/png")
		if random.IntN(2) == 0 {
			o.Digest[0] = 1
		}
		records = append(records, o)
		switch random.IntN(6) {
		case 0:
			records = append(records, &crawllog.Retry{URL: o.URL, Attempt: 1, Due: o.OccurredAt, OccurredAt: o.OccurredAt})
		case 1:
			records = append(records, &crawllog.SeedsRead{})
		case 2:
			records = append(records, &crawllog.Edges{From: o.URL, To: []string{"https://a.example/found"}})
		}
	}
	return records
}

func randomFilter(random *rand.Rand) crawllog.Filter {
	var f crawllog.Filter
	if random.IntN(3) == 0 {
		f.Hosts = []string{"b.example:8443", "nowhere.example"}
	}
	if random.IntN(4) == 0 {
		f.Steps = crawllog.Steps()[random.IntN(3):]
	}
	if random.IntN(4) == 0 {
		f.Statuses = crawllog.Statuses()[:1+random.IntN(2)]
	}
	if random.IntN(5) == 0 {
		f.ErrorReasons = crawllog.Reasons()[:2]
	}
	if random.IntN(6) == 0 {
		f.URLPrefix = "https://b.example:8443/"
	}
	if random.IntN(6) == 0 {
		f.URL = fmt.Sprint("https://a.example/", random.IntN(1000))
	}
	if random.IntN(6) == 0 {
		f.HTTPStatuses = []crawllog.HTTPStatus{404, 2}
	}
	if random.IntN(6) == 0 {
		f.ContentTypes = []crawllog.ContentType{"text/*"}
	}
	if random.IntN(6) == 0 {
		f.Depths = []int{3, 1}
	}
	if random.IntN(4) == 0 {
		f.OccurredAfter = began.Add(time.Duration(random.IntN(100)) * time.Second)
	}
	if random.IntN(4) == 0 {
		f.OccurredBefore = began.Add(time.Duration(random.IntN(100)) * time.Second)
	}
	return f
}
