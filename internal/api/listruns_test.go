package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/inndx/runs/internal/run"
)

// Each filter of each list of runs, in both spellings, selects the runs that run.Filter defines,
// with any page size.
func TestListRuns(t *testing.T) {
	c := newService(t).as("acme")
	jobs := []jobBody{c.createJob(`{"name":"a","labels":{"team":"x","env":"prod"}}`), c.createJob(`{"name":"b","labels":{"team":"y"}}`)}
	var all []runBody
	statuses := run.Statuses()
	for i := range 12 {
		r := c.createRun(jobs[i%2].ID)
		c.moveTo(r.ID, statuses[i/2%4])
		all = append(all, c.do("GET", "/v1/runs/"+r.ID.String(), nil).want(200).run())
	}
	slices.Reverse(all) // latest first

	job := func(i int) func(runBody) bool { return func(r runBody) bool { return r.JobID == jobs[i].ID } }
	status := func(s ...run.Status) func(runBody) bool {
		return func(r runBody) bool { return slices.Contains(s, r.Status) }
	}
	among := func(i ...int) func(runBody) bool {
		return func(r runBody) bool { return slices.ContainsFunc(i, func(i int) bool { return all[i].ID == r.ID }) }
	}
	not := func(f func(runBody) bool) func(runBody) bool { return func(r runBody) bool { return !f(r) } }
	every := func(runBody) bool { return true }
	id := func(i int) string { return all[i].ID.String() }
	at := func(i int) string { return all[i].CreatedAt.Format("2006-01-02T15:04:05.000000Z07:00") }
	moment := func(t *time.Time) string { return t.Format("2006-01-02T15:04:05.000000Z07:00") }
	started := func(r runBody) bool { return r.StartedAt != nil }
	for _, tt := range []struct {
		query string
		want  func(runBody) bool
	}{
		{"", every},
		{"job_ids=" + jobs[0].ID.String(), job(0)},
		{"job_ids[]=" + jobs[1].ID.String() + "&job_ids=" + idA, job(1)},
		{"job_ids=" + jobs[0].ID.String() + "&job_ids[]=" + jobs[1].ID.String(), every},
		{"include_ids=" + id(3) + "&include_ids[]=" + strings.ToUpper(id(7)) + "&include_ids=" + idA, among(3, 7)},
		{"exclude_ids=" + id(0) + "&exclude_ids[]=" + id(11), not(among(0, 11))},
		{"include_ids=" + id(3) + "&include_ids=" + id(4) + "&exclude_ids=" + id(3), among(4)},
		{"statuses=running", status(run.Running)},
		{"statuses[]=running&statuses[]=paused", status(run.Running, run.Paused)},
		{"statuses=pending&statuses=running&statuses=paused&statuses=finished", every},
		{"stop_reasons=manual", status(run.Finished)},
		{"stop_reasons[]=max_urls&stop_reasons[]=manual", status(run.Finished)},
		{"stop_reasons=max_urls", status()},
		{"stop_reasons=manual&statuses=running", status()},
		{"created_before=" + at(5), among(6, 7, 8, 9, 10, 11)},
		{"created_after=" + at(5), among(0, 1, 2, 3, 4)},
		{"created_after=" + at(5) + "&created_before=" + at(2), among(3, 4)},
		{"created_after=" + at(2) + "&created_before=" + at(5), status()},
		{"created_before=0001-01-01T00:00:00Z", status()},
		{"created_after=0001-01-01T00:00:00Z&created_before=9999-12-31T23:59:59Z", every},
		{"started_after=0001-01-01T00:00:00Z", started},
		{"started_before=9999-12-31T23:59:59Z", started},
		{"started_before=" + moment(all[7].StartedAt), among(8, 9)}, // the oldest two are pending
		{"started_after=" + moment(all[9].StartedAt) + "&started_before=" + moment(all[6].StartedAt), among(7, 8)},
		{"finished_after=0001-01-01T00:00:00Z", status(run.Finished)},
		{"finished_before=9999-12-31T23:59:59Z", status(run.Finished)},
		{"finished_before=" + moment(all[4].FinishedAt), among(5)},
		{"finished_after=" + moment(all[5].FinishedAt), among(4)},
		{"finished_after=" + moment(all[5].FinishedAt) + "&statuses=running", status()},
		{"updated_after=" + moment(&all[5].UpdatedAt), among(0, 1, 2, 3, 4)},
		{"updated_after=9999-12-31T23:59:59Z", status()},
		{"view=summary&statuses=running", status(run.Running)},
		{"labels[team]=x", job(0)},
		{"labels%5Bteam%5D=y", job(1)},
		{"labels[team]=x&labels[env]=prod", job(0)},
		{"labels[team]=y&labels[env]=prod", status()},
		{"labels[nope]=x", status()},
		{"statuses=running&job_ids=" + jobs[0].ID.String() + "&labels[team]=x&exclude_ids=" + id(0) + "&created_before=9999-01-01T00:00:00Z",
			func(r runBody) bool { return r.Status == run.Running && r.JobID == jobs[0].ID && r.ID != all[0].ID }},
	} {
		for _, perPage := range []string{"", "per_page=2", "per_page=100"} {
			query := strings.Trim(tt.query+"&"+perPage, "&")
			t.Run(query, func(t *testing.T) {
				c := c.in(t)
				want := func(more func(runBody) bool) []uuid.UUID {
					var ids []uuid.UUID
					for _, r := range all {
						if tt.want(r) && more(r) {
							ids = append(ids, r.ID)
						}
					}
					return ids
				}
				if d := cmp.Diff(want(every), c.walk("/v1/runs?"+query)); d != "" {
					t.Errorf("all runs (-want +got):\n%s", d)
				}
				if !strings.Contains(query, "job_ids") {
					path := "/v1/jobs/" + jobs[1].ID.String() + "/runs?" + query
					if d := cmp.Diff(want(job(1)), c.walk(path)); d != "" {
						t.Errorf("runs of a job (-want +got):\n%s", d)
					}
				}
			})
		}
	}
	t.Run("a full view shows runs as get-run does", func(t *testing.T) {
		page := c.in(t).do("GET", "/v1/runs?per_page=100", nil).want(200).runs()
		if d := cmp.Diff(all, page.Items); d != "" {
			t.Errorf("(-get +list):\n%s", d)
		}
	})
	t.Run("a summary omits the configuration", func(t *testing.T) {
		for i := range all {
			all[i].Config = nil
		}
		page := c.in(t).do("GET", "/v1/runs?per_page=100&view=summary", nil).want(200).runs()
		if d := cmp.Diff(all, page.Items); d != "" {
			t.Errorf("(-get +list):\n%s", d)
		}
	})
	t.Run("a page has 10 runs by default", func(t *testing.T) {
		if n := len(c.in(t).do("GET", "/v1/runs", nil).want(200).runs().Items); n != 10 {
			t.Errorf("got %d runs", n)
		}
	})
	t.Run("no such job", func(t *testing.T) { c.in(t).do("GET", "/v1/jobs/"+idA+"/runs", nil).want(404) })
}

// Each parameter may have 100 values, and all parameters may have 100 values in one request.
func TestListWithHundredValuesEach(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	c.createRun(j.ID)
	var b strings.Builder
	for i := range 100 {
		id := uuid.New()
		fmt.Fprintf(&b, "&exclude_ids=%s&labels[%s]=%s", id, strings.Repeat("é", 60)+fmt.Sprint(i), strings.Repeat("v", 255))
		fmt.Fprintf(&b, "&statuses=%s&stop_reasons=%s", run.Statuses()[i%4], run.StopReasons()[i%7])
	}
	filters := b.String()
	var jobIDs, includeIDs strings.Builder
	for range 100 {
		fmt.Fprintf(&jobIDs, "&job_ids=%s", uuid.New())
		fmt.Fprintf(&includeIDs, "&include_ids=%s", uuid.New())
	}
	for name, path := range map[string]string{
		"all runs":            "/v1/runs?per_page=100" + filters,
		"of 100 jobs":         "/v1/runs?per_page=100" + filters + jobIDs.String(),
		"of 100 jobs and ids": "/v1/runs?per_page=100" + filters + jobIDs.String() + includeIDs.String(),
		"of a job":            "/v1/jobs/" + j.ID.String() + "/runs?per_page=100" + filters,
	} {
		t.Run(name, func(t *testing.T) { c.in(t).do("GET", path, nil).want(200) })
	}
	for _, name := range []string{"job_ids", "include_ids", "exclude_ids"} {
		t.Run("101 "+name, func(t *testing.T) {
			c.in(t).do("GET", "/v1/runs?"+strings.Repeat("&"+name+"="+idA, 101), nil).wantFields(name + ":too_many")
		})
	}
}
