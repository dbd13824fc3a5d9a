package api

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
)

// parseRuns parses a query of GET /v1/runs.
func parseRuns(raw string) (f run.Filter, p paging.Request, fs fault.Fields) {
	parseQuery(raw, runsParams(&f, &p), nil, &fs)
	return f, p, fs
}

func TestValidQueries(t *testing.T) {
	a, b := uuid.MustParse(idA), uuid.MustParse(idB)
	utc := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	defaults := paging.Request{Limit: 10}
	for _, tt := range []struct {
		query string
		want  run.Filter
		page  paging.Request
	}{
		{"", run.Filter{}, defaults},
		{"&&", run.Filter{}, defaults},
		{"per_page=1", run.Filter{}, paging.Request{Limit: 1}},
		{"per_page=100&page=abc%2B_-", run.Filter{}, paging.Request{Limit: 100, Cursor: "abc+_-"}},
		{"statuses=running", run.Filter{Statuses: []run.Status{run.Running}}, defaults},
		{"statuses[]=running&statuses=paused&statuses%5B%5D=running",
			run.Filter{Statuses: []run.Status{run.Running, run.Paused, run.Running}}, defaults},
		{"stop_reasons[]=max_age&stop_reasons=unknown",
			run.Filter{StopReasons: []run.StopReason{run.MaxAge, run.Unknown}}, defaults},
		{"job_ids=" + idA + "&include_ids[]=" + strings.ToUpper(idB) + "&exclude_ids=" + idA + "&exclude_ids=" + idA,
			run.Filter{JobIDs: []uuid.UUID{a}, IncludeIDs: []uuid.UUID{b}, ExcludeIDs: []uuid.UUID{a, a}}, defaults},
		{"labels[team]=research&labels%5Ba%26b%5D=c%3Dd", run.Filter{Labels: map[string]string{"team": "research", "a&b": "c=d"}}, defaults},
		{"labels[a[0]]=x;y&labels[ü]=%C3%BC+z", run.Filter{Labels: map[string]string{"a[0]": "x;y", "ü": "ü z"}}, defaults},
		{"labels=%7B%22team%22%3A+%22research%22%2C%22a%26b%22%3A%22c%3Dd%22%7D",
			run.Filter{Labels: map[string]string{"team": "research", "a&b": "c=d"}}, defaults},
		{`labels={"a]":"{x}"}&labels[b]=y`, run.Filter{Labels: map[string]string{"a]": "{x}", "b": "y"}}, defaults},
		{"labels={}", run.Filter{}, defaults},
		{"labels[a]={}", run.Filter{Labels: map[string]string{"a": "{}"}}, defaults},
		{"labels[page]=2", run.Filter{Labels: map[string]string{"page": "2"}}, defaults},
		{"created_before=2026-01-02T15:04:05Z", run.Filter{CreatedBefore: utc("2026-01-02T15:04:05Z")}, defaults},
		{"created_after=2026-01-02t15:04:05.5z", run.Filter{CreatedAfter: utc("2026-01-02T15:04:05.5Z")}, defaults},
		{"created_after=2026-01-02T15:04:05%2B02:00", run.Filter{CreatedAfter: utc("2026-01-02T13:04:05Z")}, defaults},
		{"created_after=2026-01-02T15:04:05+02:00", run.Filter{CreatedAfter: utc("2026-01-02T13:04:05Z")}, defaults},
		{"created_after=2026-01-02T15:04:05-11:30", run.Filter{CreatedAfter: utc("2026-01-03T02:34:05Z")}, defaults},
		{"created_after=2026-01-02T15:04:05%2B0200", run.Filter{CreatedAfter: utc("2026-01-02T13:04:05Z")}, defaults},
		{"created_after=2026-01-02T15:04:05+0200", run.Filter{CreatedAfter: utc("2026-01-02T13:04:05Z")}, defaults},
		{"created_after=2026-01-02t15:04:05.25-1130", run.Filter{CreatedAfter: utc("2026-01-03T02:34:05.25Z")}, defaults},
		// A leap second is the last second of a month in UTC, in any time zone.
		{"created_after=1998-12-31T23:59:60Z", run.Filter{CreatedAfter: utc("1999-01-01T00:00:00Z")}, defaults},
		{"created_after=1998-12-31t15:59:60.123-08:00", run.Filter{CreatedAfter: utc("1999-01-01T00:00:00.123Z")}, defaults},
		{"created_before=2015-07-01T05:29:60%2B0530", run.Filter{CreatedBefore: utc("2015-07-01T00:00:00Z")}, defaults},
		{"created_before=2024-02-29T23:59:60Z", run.Filter{CreatedBefore: utc("2024-03-01T00:00:00Z")}, defaults},
		// A bound finer than a microsecond is rounded so that it selects the same times.
		{"created_before=2026-01-02T15:04:05.0000001Z&created_after=2026-01-02T15:04:05.0000019Z",
			run.Filter{CreatedBefore: utc("2026-01-02T15:04:05.000001Z"), CreatedAfter: utc("2026-01-02T15:04:05.000001Z")}, defaults},
		// Go's zero time must not mean that there is no bound.
		{"created_before=0001-01-01T00:00:00Z", run.Filter{CreatedBefore: utc("0001-01-01T00:00:00.000001Z")}, defaults},
		{"created_before=9999-12-31T23:59:59.9999999Z", run.Filter{CreatedBefore: latest}, defaults},
		{"finished_after=0001-01-01T00:00:00Z", run.Filter{FinishedAfter: utc("0001-01-01T00:00:00.000001Z")}, defaults},
		{"started_before=2026-01-02T15:04:05Z&started_after=2026-01-01T15:04:05%2B02:00",
			run.Filter{StartedBefore: utc("2026-01-02T15:04:05Z"), StartedAfter: utc("2026-01-01T13:04:05Z")}, defaults},
		{"finished_before=2026-01-02T15:04:05.0000001Z&finished_after=2026-01-01T15:04:05Z&updated_after=2026-01-01T15:04:05Z", run.Filter{
			FinishedBefore: utc("2026-01-02T15:04:05.000001Z"), FinishedAfter: utc("2026-01-01T15:04:05Z"),
			UpdatedAfter: utc("2026-01-01T15:04:05Z"),
		}, defaults},
		{"view=summary", run.Filter{}, paging.Request{Limit: 10, Summary: true}},
		{"view=full", run.Filter{}, defaults},
	} {
		t.Run(tt.query, func(t *testing.T) {
			f, p, fs := parseRuns(tt.query)
			if fs != nil {
				t.Fatal(fs.Err())
			}
			if d := cmp.Diff(tt.want, f); d != "" {
				t.Errorf("filter (-want +got):\n%s", d)
			}
			if p != tt.page {
				t.Errorf("page %+v, want %+v", p, tt.page)
			}
		})
	}
}

func TestInvalidQueries(t *testing.T) {
	for _, tt := range []struct{ query, want string }{ // want: field:code, in order of appearance
		{"per_page=0", "per_page:range"},
		{"per_page=101", "per_page:range"},
		{"per_page=-1", "per_page:range"},
		{"per_page=99999999999999999999999", "per_page:range"},
		{"per_page=+5", "per_page:type"},
		{"per_page=%2B5", "per_page:type"},
		{"per_page=%205", "per_page:type"},
		{"per_page=5%00", "per_page:type"},
		{"per_page=1e1", "per_page:type"},
		{"per_page=10.0", "per_page:type"},
		{"per_page=0x10", "per_page:type"},
		{"per_page=1_0", "per_page:type"},
		{"per_page=٣", "per_page:type"},
		{"per_page=5;page=x", "per_page:type"},
		{"per_page=5&per_page=5", "per_page:duplicate"},
		{"per_page[]=5", "per_page[]:unknown"},
		{"per_page", "per_page:empty"},
		{"page=", "page:empty"},
		{"page=a&page=b&page=c", "page:duplicate"},
		{"nope=1", "nope:unknown"},
		{"Statuses=running", "Statuses:unknown"},
		{"=1", ":unknown"},
		{"nope=1&nope=2", "nope:unknown"},
		{"statuses=", "statuses:empty"},
		{"statuses[]", "statuses:empty"},
		{"statuses=Running", "statuses:enum"},
		{"statuses=running,paused", "statuses:enum"},
		{"statuses=a&statuses=b&statuses=", "statuses:enum statuses:empty"},
		{"statuses[0]=running", "statuses[0]:unknown"},
		{"statuses[=running", "statuses[:unknown"},
		{"stop_reasons=none", "stop_reasons:enum"},
		{"job_ids=x", "job_ids:format"},
		{"job_ids=" + strings.ReplaceAll(idA, "-", ""), "job_ids:format"},
		{"include_ids={" + idA + "}", "include_ids:format"},
		{"exclude_ids=urn:uuid:" + idA, "exclude_ids:format"},
		{"exclude_ids=" + idA + "%20", "exclude_ids:format"},
		{"labels=x", "labels:format"},
		{"labels[]=x", "labels:format"},
		{"labels[a=x", "labels:format"},
		{"labels[a][]=x", "labels:format"},
		{"labels[a]=", "labels[a]:empty"},
		{"labels[a]=1&labels[a]=1", "labels[a]:duplicate"},
		{`labels={"a":"1"`, "labels:format"},
		{`labels={"a":"1"}x`, "labels:format"},
		{`labels={"a":"1"}{}`, "labels:format"},
		{`labels[]={"a":"1"}`, "labels:format"},
		{`labels=["a"]`, "labels:format"},
		{`labels={"":"1"}`, "labels:format"},
		{`labels={"a":1}`, "labels[a]:type"},
		{`labels={"a":null}`, "labels[a]:type"},
		{`labels={"a":{"b":"c"}}`, "labels[a]:type"},
		{`labels={"a":""}`, "labels[a]:empty"},
		{`labels={"a":"1","a":"1"}`, "labels[a]:duplicate"},
		{`labels={"a":"1"}&labels[a]=1`, "labels[a]:duplicate"},
		{`labels={"a":"1"}&labels={"a":"1"}`, "labels[a]:duplicate"},
		{"created_before=2026-01-02", "created_before:format"},
		{"created_before=2026-01-02T15:04:05", "created_before:format"},
		{"created_before=2026-01-02+15:04:05Z", "created_before:format"},
		{"created_before=2026-13-02T15:04:05Z", "created_before:format"},
		{"created_before=2026-02-30T15:04:05Z", "created_before:format"},
		{"created_before=2026-01-02T24:00:00Z", "created_before:format"},
		{"created_before=2026-01-02T5:04:05Z", "created_before:format"},
		{"created_before=2026-01-02T15:04:05,5Z", "created_before:format"},
		{"created_before=10000-01-02T15:04:05Z", "created_before:format"},
		{"created_before=1767366245", "created_before:format"},
		{"created_before=1998-12-31T23:59:61Z", "created_before:format"},
		{"created_before=1998-12-31T23:58:60Z", "created_before:format"},
		{"created_before=1998-12-31T22:59:60Z", "created_before:format"},
		{"created_before=1998-12-31T23:59:60%2B01:00", "created_before:format"},
		{"created_before=1998-12-30T23:59:60Z", "created_before:format"},
		{"created_before=9999-12-31T23:59:60Z", "created_before:range"},
		{"created_before=2026-01-02T15:04:05%2B02", "created_before:format"},
		{"created_before=2026-01-02T15:04:05%2B2400", "created_before:format"},
		{"created_before=2026-01-02T15:04:05++0200", "created_before:format"},
		{"created_before=2026-01-02T15:04:05%2B02:00Z", "created_before:format"},
		{"created_after=0000-01-02T15:04:05Z", "created_after:range"},
		{"created_after=0001-01-01T00:00:00%2B00:01", "created_after:range"},
		{"created_after=9999-12-31T23:59:59-00:01", "created_after:range"},
		{"created_after=2026-01-02T15:04:05Z&created_after=2026-01-02T15:04:05Z", "created_after:duplicate"},
		{"finished_before=yesterday", "finished_before:format"},
		{"updated_before=2026-01-02T15:04:05Z", "updated_before:unknown"},
		{"view=short", "view:enum"},
		{"view=full&view=summary", "view:duplicate"},
		{"per_page=%zz", "per_page:format"},
		{"%zz=1", "%zz:format"},
		{"page=%", "page:format"},
		{"labels[a]=%ff", "labels[a]:format"},
		{"labels[%ff]=a", "labels[%ff]:format"},
		{"statuses=\xff", "statuses:format"},
		{"per_page=0&statuses=x&nope=1&job_ids=1", "per_page:range statuses:enum nope:unknown job_ids:format"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			_, _, fs := parseRuns(tt.query)
			if got := codes(fs); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// codes returns the broken rules, each as field:code.
func codes(fs fault.Fields) string {
	var all []string
	for _, f := range fs {
		for _, r := range f.Errors {
			all = append(all, f.Field+":"+r.Code)
		}
	}
	return strings.Join(all, " ")
}
