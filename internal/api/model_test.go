package api_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

var (
	modelSeed = flag.Uint64("model.seed", 0, "seed of TestModel; 0 takes one from the clock")
	modelOps  = flag.Int("model.ops", 1000, "operations that each machine of TestModel does")
)

// TestModel drives random operations of two tenants over HTTP, and compares every answer
// with that of a model that keeps plain maps. The store's clock is the model's, and often
// stands still, so that runs are created at the same time. Several machines do so side by
// side, each on a table of its own, only to be done sooner.
func TestModel(t *testing.T) {
	seed := *modelSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for n := range uint64(3) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			runModel(t, seed, n)
		})
	}
}

func runModel(t *testing.T, seed, stream uint64) {
	m := &machine{
		rng:    rand.New(rand.NewPCG(seed, stream)),
		now:    time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC),
		worlds: map[tenant.ID]*world{"acme": newWorld(), "Acme": newWorld()},
		done:   map[string]int{},
	}
	m.service = newService(t, store.WithClock(func() time.Time { return m.now }), store.WithBackfillGrace(0))
	if stream > 0 { // then lists rely on entries
		if done, err := m.store.Backfill(t.Context(), 1, m.now.Add(time.Hour)); !done || err != nil {
			t.Fatal(done, err)
		}
	}
	for op := range *modelOps {
		m.step()
		if t.Failed() {
			t.Fatalf("after %d operations; again with -run %s -model.seed=%d; the last were:\n%s",
				op+1, t.Name(), seed, strings.Join(m.trace, "\n"))
		}
	}
	t.Logf("%d operations (%d calls) agree with the model, seed %d: %v", *modelOps, m.calls, seed, m.done)
	for _, o := range operations {
		if m.done[o.name] == 0 && *modelOps >= 1000 {
			t.Errorf("%s was never done", o.name)
		}
	}
}

// machine does operations on the service and on the model.
type machine struct {
	*service
	rng     *rand.Rand
	now     time.Time
	worlds  map[tenant.ID]*world
	walks   []*walk
	cursors []cursor
	trace   []string
	done    map[string]int // by operation
	calls   int
}

// world is the model of what one tenant has.
type world struct {
	jobs  map[uuid.UUID]*jobBody
	runs  map[uuid.UUID]*runBody
	tombs map[uuid.UUID]bool // deleted runs whose log is not purged
	gone  []uuid.UUID        // everything that was deleted
}

func newWorld() *world {
	return &world{jobs: map[uuid.UUID]*jobBody{}, runs: map[uuid.UUID]*runBody{}, tombs: map[uuid.UUID]bool{}}
}

func (w *world) unfinished(job uuid.UUID) (n int) {
	for _, r := range w.runs {
		if r.JobID == job && r.Status != run.Finished {
			n++
		}
	}
	return n
}

// Bounds that keep lists within a few pages.
const (
	mostJobs = 6
	mostRuns = 60
)

var operations = []struct {
	name   string
	weight int
	do     func(*machine, client, *world)
}{
	{"create job", 4, (*machine).createJob},
	{"update job", 3, (*machine).updateJob},
	{"get job", 3, (*machine).getJob},
	{"delete job", 2, (*machine).deleteJob},
	{"create run", 20, (*machine).createRun},
	{"start", 10, (*machine).start},
	{"change", 18, (*machine).change},
	{"get run", 5, (*machine).getRun},
	{"delete run", 4, (*machine).deleteRun},
	{"purge", 2, (*machine).purge},
	{"list", 12, (*machine).list},
	{"whole walk", 3, (*machine).wholeWalk},
	{"walk on", 15, (*machine).walkOn},
	{"swapped cursor", 6, (*machine).swappedCursor},
	{"damaged cursor", 5, (*machine).damagedCursor},
}

func (m *machine) step() {
	if m.rng.IntN(3) == 0 {
		m.now = m.now.Add(time.Duration(1+m.rng.IntN(3)) * time.Microsecond)
	}
	total := 0
	for _, o := range operations {
		total += o.weight
	}
	n := m.rng.IntN(total)
	for _, o := range operations {
		if n -= o.weight; n < 0 {
			t := []tenant.ID{"acme", "Acme"}[m.rng.IntN(2)]
			m.done[o.name]++
			o.do(m, m.as(t), m.worlds[t])
			return
		}
	}
}

// call makes a call, and fails the test when the status is another.
func (m *machine) call(c client, want int, method, path string, body any) response {
	m.t.Helper()
	r := c.do(method, path, body)
	text, _ := json.Marshal(body)
	what := fmt.Sprintf("%s %s %s: %d", method, path, text, r.status)
	m.note(c, what)
	m.calls++
	if r.status != want {
		m.t.Errorf("%s: %s %s, the model says %d", c.tenant, what, r.body, want)
	}
	return r
}

func (m *machine) note(c client, what string) {
	m.trace = append(m.trace, fmt.Sprintf("%s: %s", c.tenant, what))
	m.trace = m.trace[max(0, len(m.trace)-30):]
}

func (m *machine) same(what string, want, got any) {
	m.t.Helper()
	if reflect.DeepEqual(want, got) {
		return // as almost always, and much faster than cmp
	}
	if d := gocmp.Diff(want, got); d != "" {
		m.t.Errorf("%s (-model +answer):\n%s", what, d)
	}
}

// one of in n cases.
func (m *machine) one(n int) bool { return m.rng.IntN(n) == 0 }

func pick[T any](m *machine, all []T) T { return all[m.rng.IntN(len(all))] }

func (m *machine) newID() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(m.rng.Uint32())
	}
	return id
}

// someID returns mostly one of the world's ids, otherwise one of the other tenant, one that
// was deleted, or nobody's.
func someID[T any](m *machine, w *world, of func(*world) map[uuid.UUID]T) uuid.UUID {
	from := sortedIDs(of(w))
	if m.one(10) {
		other := m.worlds["acme"]
		if other == w {
			other = m.worlds["Acme"]
		}
		from = append(sortedIDs(of(other)), w.gone...)
	}
	if len(from) == 0 {
		return m.newID()
	}
	return pick(m, from)
}

func (m *machine) someJob(w *world) uuid.UUID {
	return someID(m, w, func(w *world) map[uuid.UUID]*jobBody { return w.jobs })
}

func (m *machine) someRun(w *world) uuid.UUID {
	return someID(m, w, func(w *world) map[uuid.UUID]*runBody { return w.runs })
}

func sortedIDs[T any](all map[uuid.UUID]T) []uuid.UUID {
	return slices.SortedFunc(maps.Keys(all), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}

// The values that jobs are made of.
var (
	modelNames   = []string{"a", "b", "ü ber"}
	modelLabels  = []map[string]string{{}, {"team": "x"}, {"team": "y", "env": "prod"}, {"env": "dev"}}
	modelConfigs = []string{
		`{}`,
		`{"user_agent":"tests"}`,
		`{"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":5}}]}`,
	}
)

// exclusiveLimit is the limit in the last of modelConfigs.
const exclusiveLimit = 5

// canonical returns the configuration as a job and as a run shows it.
func canonical(t testing.TB, text string) (given, resolved json.RawMessage) {
	t.Helper()
	c, err := config.Parse([]byte(text), "config")
	if err != nil {
		t.Fatal(err)
	}
	return c.Canonical(), c.Resolve().Canonical()
}

func (m *machine) createJob(c client, w *world) {
	if len(w.jobs) >= mostJobs && !m.one(4) {
		return
	}
	text := pick(m, modelConfigs)
	given, _ := canonical(m.t, text)
	j := &jobBody{Name: pick(m, modelNames), Labels: pick(m, modelLabels), Config: given, CreatedAt: m.now, UpdatedAt: m.now}
	body := map[string]any{"name": j.Name, "labels": j.Labels, "config": json.RawMessage(text)}
	if m.one(2) {
		j.ID = m.someJob(w)
		if m.one(2) {
			j.ID = m.newID()
		}
		body["id"] = j.ID
	}
	path, withRun := "/v1/jobs", m.one(2)
	if withRun {
		path += "?create_run=true"
	}
	if w.jobs[j.ID] != nil {
		m.call(c, 409, "POST", path, body)
		return
	}
	r := m.call(c, 201, "POST", path, body)
	if r.status != 201 {
		return
	}
	got := r.job()
	if j.ID == uuid.Nil {
		j.ID = got.ID
	}
	w.jobs[j.ID] = j
	if withRun {
		first := m.newRun(j, got.Run.ID)
		w.runs[first.ID] = first
		m.same("the job's run", first, got.Run)
		got.Run = nil
	}
	m.same("job", *j, got)
}

// newRun returns the model of a run that was created just now.
func (m *machine) newRun(j *jobBody, id uuid.UUID) *runBody {
	_, resolved := canonical(m.t, string(j.Config))
	name := j.Name
	return &runBody{
		ID: id, JobID: j.ID, JobName: &name, Status: run.Pending, Config: resolved, Labels: j.Labels, CreatedAt: m.now, UpdatedAt: m.now,
		Progress: map[string]int64{"urls_queued": 0, "urls_fetched": 0, "urls_failed": 0, "urls_excluded": 0, "bytes_fetched": 0, "depth": 0},
	}
}

func (m *machine) updateJob(c client, w *world) {
	id := m.someJob(w)
	path, body := "/v1/jobs/"+id.String(), map[string]any{}
	j := w.jobs[id]
	if j == nil {
		m.call(c, 404, "PATCH", path, body)
		return
	}
	changed := *j
	if m.one(2) {
		changed.Name = pick(m, modelNames)
		body["name"] = changed.Name
	}
	if m.one(2) {
		changed.Labels = pick(m, modelLabels)
		body["labels"] = changed.Labels
	}
	if m.one(2) {
		text := pick(m, modelConfigs)
		changed.Config, _ = canonical(m.t, text)
		body["config"] = json.RawMessage(text)
	}
	r := m.call(c, 200, "PATCH", path, body)
	if r.status != 200 {
		return
	}
	got := r.job()
	if len(body) > 0 { // updated_at grows with each update, even when the clock stands still
		changed.UpdatedAt = got.UpdatedAt
		if !got.UpdatedAt.After(j.UpdatedAt) || got.UpdatedAt.Before(m.now) {
			m.t.Errorf("updated at %v, before at %v, now %v", got.UpdatedAt, j.UpdatedAt, m.now)
		}
	}
	m.same("job", changed, got)
	*j = changed
}

func (m *machine) getJob(c client, w *world) {
	id := m.someJob(w)
	if j := w.jobs[id]; j == nil {
		m.call(c, 404, "GET", "/v1/jobs/"+id.String(), nil)
	} else if r := m.call(c, 200, "GET", "/v1/jobs/"+id.String(), nil); r.status == 200 {
		m.same("job", *j, r.job())
	}
}

func (m *machine) deleteJob(c client, w *world) {
	id := m.someJob(w)
	path := "/v1/jobs/" + id.String()
	switch {
	case w.jobs[id] == nil:
		m.call(c, 404, "DELETE", path, nil)
	case w.unfinished(id) > 0:
		m.call(c, 409, "DELETE", path, nil)
	default:
		m.call(c, 204, "DELETE", path, nil)
		delete(w.jobs, id)
		w.gone = append(w.gone, id)
	}
}

func (m *machine) createRun(c client, w *world) {
	if len(w.runs) >= mostRuns {
		m.deleteRun(c, w)
		return
	}
	jobID, id := m.someJob(w), uuid.Nil
	var body any
	if m.one(3) {
		id = m.newID()
		if m.one(3) {
			id = m.someRun(w)
		}
		body = map[string]any{"id": id}
	}
	path := "/v1/jobs/" + jobID.String() + "/runs"
	j := w.jobs[jobID]
	switch {
	case j == nil:
		m.call(c, 404, "POST", path, body)
		return
	case w.runs[id] != nil, w.tombs[id],
		strings.Contains(string(j.Config), "exclusive") && w.unfinished(jobID) >= exclusiveLimit:
		m.call(c, 409, "POST", path, body)
		return
	}
	r := m.call(c, 201, "POST", path, body)
	if r.status != 201 {
		return
	}
	got := r.run()
	if id == uuid.Nil {
		id = got.ID
	}
	w.runs[id] = m.newRun(j, id)
	m.same("run", *w.runs[id], got)
}

// apply is the model of the lifecycle. It returns the status code.
func (m *machine) apply(r *runBody, action string) int {
	now := m.now
	before := *r
	switch action + " " + string(r.Status) {
	case "start pending":
		r.Status, r.StartedAt = run.Running, &now
	case "pause running":
		r.Status, r.PausedAt = run.Paused, &now
	case "resume paused":
		r.Status, r.PausedAt = run.Running, nil
	case "stop pending", "stop running", "stop paused":
		manual := run.Manual
		r.Status, r.PausedAt, r.FinishedAt, r.StopReason = run.Finished, nil, &now, &manual
	case "start running", "pause paused", "resume running", "stop finished":
	default:
		return 409
	}
	if r.Status != before.Status {
		r.UpdatedAt = now
	}
	return 200
}

// start does what the crawler does first with a run.
func (m *machine) start(c client, w *world) {
	id := m.someRun(w)
	_, _, err := m.store.Transition(m.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, run.Start, nil)
	m.note(c, fmt.Sprintf("start %s: %v", id, err))
	r := w.runs[id]
	if started := r != nil && m.apply(r, "start") == 200; started != (err == nil) {
		m.t.Errorf("start %s: %v", id, err)
	}
}

func (m *machine) change(c client, w *world) {
	id := m.someRun(w)
	action := pick(m, []string{"pause", "pause", "resume", "resume", "stop"})
	path := "/v1/runs/" + id.String() + "/" + action
	r := w.runs[id]
	if r == nil {
		m.call(c, 404, "PUT", path, nil)
		return
	}
	status := m.apply(r, action)
	if got := m.call(c, status, "PUT", path, nil); status == 200 && got.status == 200 {
		m.same("run", *r, got.run())
	} else if status == 409 && !strings.Contains(string(got.body), string(r.Status)) {
		m.t.Errorf("the conflict does not name the status %s: %s", r.Status, got.body)
	}
}

func (m *machine) getRun(c client, w *world) {
	id := m.someRun(w)
	if r := w.runs[id]; r == nil {
		m.call(c, 404, "GET", "/v1/runs/"+id.String(), nil)
	} else if got := m.call(c, 200, "GET", "/v1/runs/"+id.String(), nil); got.status == 200 {
		m.same("run", *r, got.run())
	}
}

func (m *machine) deleteRun(c client, w *world) {
	id := m.someRun(w)
	if w.runs[id] == nil {
		m.call(c, 404, "DELETE", "/v1/runs/"+id.String(), nil)
		return
	}
	m.call(c, 204, "DELETE", "/v1/runs/"+id.String(), nil)
	delete(w.runs, id)
	w.tombs[id] = true
	w.gone = append(w.gone, id)
}

// purge does what the crawler does with a deleted run. Then its id is free.
func (m *machine) purge(c client, w *world) {
	if len(w.tombs) == 0 {
		return
	}
	id := pick(m, sortedIDs(w.tombs))
	done, err := m.store.Purge(m.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, time.Now().Add(time.Minute))
	m.note(c, fmt.Sprintf("purge %s: %t, %v", id, done, err))
	if err != nil || !done {
		m.t.Errorf("purge %s: %t, %v", id, done, err)
	}
	delete(w.tombs, id)
}

// item is what lists select by, of a run or a job.
type item struct {
	id, jobID            uuid.UUID
	status, reason, name string
	labels               map[string]string
	created              time.Time
	times                map[string]*time.Time // by the filters' names for them
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

// compare orders items as lists do: the latest first, then the greatest id.
func (i item) compare(o item) int {
	return cmp.Or(o.created.Compare(i.created), bytes.Compare(o.id[:], i.id[:]))
}

// query is a list that can be asked for.
type query struct {
	path   string              // of the route
	job    uuid.UUID           // of the route of a job's runs
	values map[string][]string // of lists
	labels map[string]string
	times  map[string]time.Time
}

func (q query) jobs() bool { return q.path == "/v1/jobs" }

// identity is the same for queries that share cursors.
func (q query) identity() string {
	values := map[string][]string{}
	for name, all := range q.values {
		values[name] = slices.Compact(slices.Sorted(slices.Values(all)))
	}
	return fmt.Sprint(q.path, values, q.labels, q.times) // maps print sorted
}

// selects is the contract's definition of the filters.
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
		at := i.times[of] // nil when it has not happened
		if at == nil || side == "before" && !at.Before(bound) || side == "after" && !at.After(bound) {
			return false
		}
	}
	return q.job == uuid.Nil || i.jobID == q.job
}

// expect returns the items of the page after a position, nil for the first page, and
// whether there is a page after that.
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
	if m.one(4) {
		q.labels["team"] = pick(m, []string{"x", "y"})
	}
	if m.one(8) {
		q.labels["env"] = pick(m, []string{"prod", "dev", "nope"})
	}
	for _, name := range boundNames {
		if q.jobs() && !strings.HasPrefix(name, "created") {
			continue
		}
		if all := w.items(q.jobs()); m.one(4+2*len(q.times)) && len(all) > 0 {
			slices.SortFunc(all, item.compare)
			of, _, _ := strings.Cut(name, "_")
			at := cmp.Or(pick(m, all).times[of], &m.now)
			q.times[name] = at.Add(time.Duration(m.rng.IntN(3)-1) * time.Microsecond)
		}
	}
	return q
}

// boundNames are the parameters that bound times.
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

// url writes a request for a page, with the parameters in some order and spelling.
func (m *machine) url(q query, limit int, cursor string) string {
	var pairs []string
	add := func(name, value string) {
		pairs = append(pairs, name+"="+url.QueryEscape(value))
	}
	for _, name := range slices.Sorted(maps.Keys(q.values)) {
		for _, v := range q.values[name] {
			if strings.HasSuffix(name, "_ids") && m.one(2) {
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
	if limit != 10 || m.one(2) {
		add("per_page", fmt.Sprint(limit))
	}
	if cursor != "" {
		add("page", cursor)
	}
	m.rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	return q.path + "?" + strings.Join(pairs, "&")
}

// cursor is one that the service has handed out.
type cursor struct {
	tenant tenant.ID
	query  query
	text   string
	after  item // the last one shown
}

// page asks for a page, compares it with the model's, and returns its cursor, nil on the
// last page.
func (m *machine) page(c client, w *world, q query, limit int, at *cursor) *cursor {
	m.t.Helper()
	text, after := "", (*item)(nil)
	if at != nil {
		text, after = at.text, &at.after
	}
	path := m.url(q, limit, text)
	if q.job != uuid.Nil && w.jobs[q.job] == nil {
		m.call(c, 404, "GET", path, nil)
		return nil
	}
	r := m.call(c, 200, "GET", path, nil)
	if r.status != 200 {
		return nil
	}
	want, more := q.expect(w, after, limit)
	next := m.comparePage(path, q, r, want)
	if (next != nil) != more || (r.header.Get("Link") != "") != more {
		m.t.Errorf("%s: next_page %v, Link %q, the model has more: %t", path, next, r.header.Get("Link"), more)
	}
	if next == nil || len(want) == 0 {
		return nil
	}
	found := cursor{tenant: c.tenant, query: q, text: *next, after: want[len(want)-1]}
	m.cursors = append(m.cursors, found)
	m.cursors = m.cursors[max(0, len(m.cursors)-200):]
	return &found
}

func (m *machine) comparePage(path string, q query, r response, want []item) (next *string) {
	m.t.Helper()
	var got []any
	if q.jobs() {
		page := r.jobs()
		next = page.NextPage
		for _, j := range page.Items {
			got = append(got, j)
		}
	} else {
		page := r.runs()
		next = page.NextPage
		for _, r := range page.Items {
			got = append(got, r)
		}
	}
	var values []any
	for _, i := range want {
		values = append(values, i.value)
	}
	m.same(path, values, got)
	return next
}

func (m *machine) someLimit() int { return pick(m, []int{1, 1, 2, 3, 5, 10, 100}) }

func (m *machine) list(c client, w *world) {
	m.page(c, w, m.someQuery(w), m.someLimit(), nil)
}

// wholeWalk walks a list to its end, each page of another size.
func (m *machine) wholeWalk(c client, w *world) {
	q := m.someQuery(w)
	for at := m.page(c, w, q, m.someLimit(), nil); at != nil; {
		at = m.page(c, w, q, m.someLimit(), at)
	}
}

// walk is one that other operations come between.
type walk struct {
	tenant tenant.ID
	query  query
	at     *cursor
}

// walkOn begins a walk or asks for the next page of one. It continues behind the last item
// shown, whatever was created, changed or deleted meanwhile.
func (m *machine) walkOn(client, *world) {
	if len(m.walks) < 8 {
		t := []tenant.ID{"acme", "Acme"}[m.rng.IntN(2)]
		m.walks = append(m.walks, &walk{tenant: t, query: m.someQuery(m.worlds[t])})
	}
	n := m.rng.IntN(len(m.walks))
	w := m.walks[n]
	if w.at = m.page(m.as(w.tenant), m.worlds[w.tenant], w.query, m.someLimit(), w.at); w.at == nil {
		m.walks = slices.Delete(m.walks, n, n+1)
	}
}

// swappedCursor uses a cursor for a list that is mostly not the one it is of.
func (m *machine) swappedCursor(c client, w *world) {
	if len(m.cursors) == 0 {
		return
	}
	at, q := pick(m, m.cursors), m.someQuery(w)
	switch m.rng.IntN(3) {
	case 0: // the same list, of the other tenant perhaps
		q = at.query
	case 1: // another list that may come upon the same runs
		q = at.query
		q.values = maps.Clone(q.values)
		q.values["exclude_ids"] = append(slices.Clone(q.values["exclude_ids"]), m.newID().String())
	}
	if at.tenant == c.tenant && at.query.identity() == q.identity() {
		m.page(c, w, q, m.someLimit(), &at)
		return
	}
	m.refused(c, w, q, at.text)
}

// damagedCursor uses a cursor with a flipped bit, or a part missing or doubled.
func (m *machine) damagedCursor(client, *world) {
	if len(m.cursors) == 0 {
		return
	}
	at := pick(m, m.cursors)
	data, err := base64.RawURLEncoding.DecodeString(at.text)
	if err != nil {
		m.t.Fatal(err)
	}
	text := at.text
	switch cut := m.rng.IntN(len(text)); m.rng.IntN(5) {
	case 0:
		text = text[:cut]
	case 1:
		text = text[:cut] + text
	case 2:
		b := []byte(text)
		b[cut] ^= 1 << m.rng.IntN(8)
		text = string(b)
	default:
		data[m.rng.IntN(len(data))] ^= 1 << m.rng.IntN(8)
		text = base64.RawURLEncoding.EncodeToString(data)
	}
	if text == at.text || text == "" {
		return
	}
	m.refused(m.as(at.tenant), m.worlds[at.tenant], at.query, text)
}

func (m *machine) refused(c client, w *world, q query, text string) {
	m.t.Helper()
	path := m.url(q, m.someLimit(), text)
	if q.job != uuid.Nil && w.jobs[q.job] == nil {
		m.call(c, 404, "GET", path, nil)
		return
	}
	r := m.call(c, http.StatusUnprocessableEntity, "GET", path, nil)
	if r.status == http.StatusUnprocessableEntity {
		if f := r.errorBody(); len(f.Fields) != 1 || f.Fields[0].Field != "page" {
			m.t.Errorf("%s: %s", path, r.body)
		}
	}
}
