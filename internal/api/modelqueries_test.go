package api_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/run"
)

// An item is a run or a job with the properties that lists select by.
type item struct {
	id, jobID            uuid.UUID
	status, reason, name string
	labels               map[string]string
	created              time.Time
	times                map[string]*time.Time // by the names that filters use
	value                any
}

func (w *world) items(jobs bool) (all []item) {
	if jobs {
		for _, j := range w.jobs {
			times := map[string]*time.Time{"created": &j.CreatedAt}
			all = append(all, item{id: j.ID, name: j.Name, labels: j.Labels, created: j.CreatedAt, times: times, value: *j})
		}
		return all
	}
	for _, r := range w.runs {
		i := item{id: r.ID, jobID: r.JobID, status: string(r.Status), labels: r.Labels, created: r.CreatedAt, value: *r}
		i.times = map[string]*time.Time{
			"created": &r.CreatedAt, "started": r.StartedAt, "finished": r.FinishedAt, "updated": &r.UpdatedAt,
		}
		if r.StopReason != nil {
			i.reason = string(*r.StopReason)
		}
		all = append(all, i)
	}
	return all
}

// compare orders items as lists do, by descending time of creation and descending id.
func (i item) compare(o item) int {
	return cmp.Or(o.created.Compare(i.created), bytes.Compare(o.id[:], i.id[:]))
}

// A query is a list with filters.
type query struct {
	path   string              // of the route
	job    uuid.UUID           // in the path, if the list is that of a job's runs
	values map[string][]string // of list parameters
	labels map[string]string
	times  map[string]time.Time
}

func (q query) jobs() bool { return q.path == "/v1/jobs" }

// scope returns the same string for queries that may share cursors.
func (q query) scope() string {
	values := map[string][]string{}
	for name, all := range q.values {
		values[name] = slices.Compact(slices.Sorted(slices.Values(all)))
	}
	return fmt.Sprint(q.path, values, q.labels, q.times) // maps print sorted
}

// selects reports whether the filters select an item, as the OpenAPI document defines them.
func (q query) selects(i item) bool {
	for name, all := range q.values {
		has := slices.Contains(all, map[string]string{
			"job_ids": i.jobID.String(), "include_ids": i.id.String(), "exclude_ids": i.id.String(),
			"statuses": i.status, "stop_reasons": i.reason, "names": i.name,
		}[name])
		if has == (name == "exclude_ids") {
			return false
		}
	}
	for k, v := range q.labels {
		if got, ok := i.labels[k]; !ok || got != v {
			return false
		}
	}
	for name, bound := range q.times {
		of, side, _ := strings.Cut(name, "_")
		at := i.times[of] // nil if it has not happened
		if at == nil || side == "before" && !at.Before(bound) || side == "after" && !at.After(bound) {
			return false
		}
	}
	return q.job == uuid.Nil || i.jobID == q.job
}

// expect returns the items of the page after an item, or of the first page if after is nil, and
// whether another page follows.
func (q query) expect(w *world, after *item, limit int) (page []item, more bool) {
	for _, i := range w.items(q.jobs()) {
		if q.selects(i) && (after == nil || i.compare(*after) > 0) {
			page = append(page, i)
		}
	}
	slices.SortFunc(page, item.compare)
	if len(page) > limit {
		return page[:limit], true
	}
	return page, false
}

// someQuery returns a random list.
func (m *machine) someQuery(w *world) query {
	q := query{path: "/v1/runs", values: map[string][]string{}, labels: map[string]string{}, times: map[string]time.Time{}}
	names := []string{"include_ids", "exclude_ids", "statuses", "stop_reasons", "job_ids", "statuses", "job_ids"}
	switch m.rng.IntN(5) {
	case 0:
		q.path, names = "/v1/jobs", []string{"include_ids", "exclude_ids", "names"}
	case 1:
		q.job = m.someJob(w)
		q.path, names = "/v1/jobs/"+q.job.String()+"/runs", names[:4]
	}
	for range m.rng.IntN(3) {
		name := pick(m, names)
		for range 1 + m.rng.IntN(4) {
			q.values[name] = append(q.values[name], m.someValue(w, q, name))
		}
	}
	if m.oneIn(4) {
		q.labels["team"] = pick(m, []string{"x", "y"})
	}
	if m.oneIn(8) {
		q.labels["env"] = pick(m, []string{"prod", "dev", "nope"})
	}
	for _, name := range boundNames {
		if q.jobs() && !strings.HasPrefix(name, "created") {
			continue
		}
		if all := w.items(q.jobs()); m.oneIn(4+2*len(q.times)) && len(all) > 0 {
			slices.SortFunc(all, item.compare)
			of, _, _ := strings.Cut(name, "_")
			at := cmp.Or(pick(m, all).times[of], &m.now)
			q.times[name] = at.Add(time.Duration(m.rng.IntN(3)-1) * time.Microsecond)
		}
	}
	return q
}

// boundNames are the names of parameters that bound times.
var boundNames = []string{
	"created_before", "created_after", "started_before", "started_after", "finished_before", "finished_after", "updated_after",
}

func (m *machine) someValue(w *world, q query, name string) string {
	switch name {
	case "statuses":
		return string(pick(m, run.Statuses()))
	case "stop_reasons":
		return string(pick(m, []run.StopReason{run.Manual, run.Manual, run.MaxURLs}))
	case "names":
		return pick(m, modelNames)
	case "job_ids":
		return m.someJob(w).String()
	}
	if q.jobs() {
		return m.someJob(w).String()
	}
	return m.someRun(w).String()
}

// url returns the URL of a page, with the parameters in a random order and spelling.
func (m *machine) url(q query, limit int, cursor string) string {
	var pairs []string
	add := func(name, value string) {
		pairs = append(pairs, name+"="+url.QueryEscape(value))
	}
	for _, name := range slices.Sorted(maps.Keys(q.values)) {
		for _, v := range q.values[name] {
			if strings.HasSuffix(name, "_ids") && m.oneIn(2) {
				v = strings.ToUpper(v)
			}
			add(pick(m, []string{name, name + "[]", name + "%5B%5D"}), v)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(q.labels)) {
		add(pick(m, []string{"labels[" + k + "]", "labels%5b" + k + "%5d"}), q.labels[k])
	}
	for _, name := range slices.Sorted(maps.Keys(q.times)) {
		zone := time.FixedZone("", 60*(m.rng.IntN(24*60)-12*60))
		add(name, q.times[name].In(zone).Format(time.RFC3339Nano))
	}
	if limit != 10 || m.oneIn(2) {
		add("per_page", fmt.Sprint(limit))
	}
	if cursor != "" {
		add("page", cursor)
	}
	m.rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	return q.path + "?" + strings.Join(pairs, "&")
}
