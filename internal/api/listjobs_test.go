package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestListJobs(t *testing.T) {
	c := newService(t).as("acme")
	var all []jobBody
	for i := range 7 {
		all = append(all, c.createJob(fmt.Sprintf(`{"name":"job %d","labels":{"odd":"%t"}}`, i/2, i%2 == 1)))
	}
	slices.Reverse(all)
	at := func(i int) string { return all[i].CreatedAt.Format("2006-01-02T15:04:05.000000Z07:00") }
	for _, tt := range []struct {
		query string
		want  []int
	}{
		{"", []int{0, 1, 2, 3, 4, 5, 6}},
		{"names=job+0", []int{5, 6}},
		{"names[]=job%200&names=job+3", []int{0, 5, 6}},
		{"names=job", nil},
		{"include_ids=" + all[2].ID.String() + "&include_ids[]=" + all[1].ID.String(), []int{1, 2}},
		{"exclude_ids=" + all[2].ID.String() + "&labels[odd]=false", []int{0, 4, 6}},
		{"created_before=" + at(4), []int{5, 6}},
		{"created_after=" + at(2) + "&names=job+3", []int{0}},
	} {
		var want []uuid.UUID
		for _, i := range tt.want {
			want = append(want, all[i].ID)
		}
		for _, perPage := range []string{"&per_page=1", "&per_page=2", ""} {
			t.Run(tt.query+perPage, func(t *testing.T) {
				if d := cmp.Diff(want, c.in(t).walk("/v1/jobs?"+tt.query+perPage)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	}
	t.Run("a full view shows jobs as get-job does", func(t *testing.T) {
		page := c.in(t).do("GET", "/v1/jobs", nil).want(200).jobs()
		if d := cmp.Diff(all, page.Items); d != "" {
			t.Errorf("(-get +list):\n%s", d)
		}
	})
	t.Run("a summary omits the configuration", func(t *testing.T) {
		for i := range all {
			all[i].Config = nil
		}
		page := c.in(t).do("GET", "/v1/jobs?view=summary", nil).want(200).jobs()
		if d := cmp.Diff(all, page.Items); d != "" {
			t.Errorf("(-get +list):\n%s", d)
		}
	})
	for _, unknown := range []string{"statuses=running", "job_ids=" + idA, "stop_reasons=manual", "finished_after=2026-01-02T15:04:05Z"} {
		name, _, _ := strings.Cut(unknown, "=")
		t.Run(name+" is unknown", func(t *testing.T) {
			c.in(t).do("GET", "/v1/jobs?"+unknown, nil).wantFields(name + ":unknown")
		})
	}
}

// A cursor is valid only for the list that returned it.
func TestCursors(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	for range 3 {
		c.createRun(j.ID)
	}
	cursor := *c.do("GET", "/v1/runs?per_page=1", nil).want(200).runs().NextPage
	t.Run("of the list", func(t *testing.T) { c.in(t).do("GET", "/v1/runs?per_page=100&page="+cursor, nil).want(200) })
	for _, path := range []string{
		"/v1/runs?statuses=pending&page=", "/v1/runs?job_ids=" + j.ID.String() + "&page=",
		"/v1/jobs/" + j.ID.String() + "/runs?page=", "/v1/jobs?page=",
	} {
		t.Run("of another list: "+path, func(t *testing.T) { c.in(t).do("GET", path+cursor, nil).wantFields("page:cursor") })
	}
	for _, bad := range []string{"x", "%00", "null", strings.Repeat("A", 10_000), cursor + "A", cursor[1:], "%20" + cursor, cursor + "%0A"} {
		t.Run(fmt.Sprintf("malformed: %.20s", bad), func(t *testing.T) {
			c.in(t).do("GET", "/v1/runs?page="+bad, nil).wantFields("page:cursor")
		})
	}
}
