package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A plan says how a list is read: the items with given ids, or the partitions of an index
// between two keys, or partitions of entries, which name the items. What the keys do not
// express is a filter expression, as far as DynamoDB's limits let it; what is read is checked
// against the list's filter in any case.
type plan struct {
	pk         string
	prefix     string   // of sort keys
	index      string   // empty: the partitions are the table's own, of entries
	partitions []string // none: the list is empty
	keys       keyRange
	conditions []condition
	ids        []uuid.UUID // when not empty: read these, whatever the partitions
}

// A condition is one term of a filter expression.
type condition struct {
	expr string
	args []any
}

// planRuns plans a list of runs. The filter is canonical.
func planRuns(t tenant.ID, f run.Filter) *plan {
	p := &plan{
		pk:     tenantKey(t),
		prefix: runPrefix,
		keys:   createdRange(f.CreatedAfter, createdBefore(f)),
		ids:    f.IncludeIDs,
	}
	statuses, possible := effectiveStatuses(f)
	switch {
	case !possible || p.keys.empty():
		p.ids = nil
		return p
	case len(p.ids) > 0:
		p.from(byCreated, runsPartition(t))
		return p
	case len(f.JobIDs) > 0:
		p.from(byJob)
		for _, id := range f.JobIDs {
			p.partitions = append(p.partitions, jobPartition(t, id))
		}
		p.among("status", anys(statuses))
	case len(statuses) > 0:
		p.from(byStatus)
		for _, status := range statuses {
			p.partitions = append(p.partitions, statusPartition(t, status))
		}
	default:
		p.from(byCreated, runsPartition(t))
	}
	p.among("stop_reason", anys(f.StopReasons))
	p.notAmong("id", ids(f.ExcludeIDs))
	p.labelled(f.Labels)
	p.between("started_at", f.StartedAfter, f.StartedBefore)
	p.between("finished_at", f.FinishedAfter, f.FinishedBefore)
	p.between("updated_at", f.UpdatedAfter, time.Time{})
	return p
}

// createdBefore returns the bound on the creation of the runs that the filter selects, zero
// for none. A run is created before it starts, and starts before it finishes.
func createdBefore(f run.Filter) time.Time {
	var bound time.Time
	for _, t := range []time.Time{f.CreatedBefore, f.StartedBefore, f.FinishedBefore} {
		if !t.IsZero() && (bound.IsZero() || t.Before(bound)) {
			bound = t
		}
	}
	return bound
}

// effectiveStatuses returns the statuses that a run of the list may have, none for any, and
// whether there is one at all: a stop reason, or a time of the end, implies that the run is
// finished.
func effectiveStatuses(f run.Filter) ([]run.Status, bool) {
	switch {
	case len(f.StopReasons) > 0, !f.FinishedAfter.IsZero(), !f.FinishedBefore.IsZero():
		possible := len(f.Statuses) == 0 || slices.Contains(f.Statuses, run.Finished)
		return []run.Status{run.Finished}, possible
	case len(f.Statuses) == len(run.Statuses()):
		return nil, true // canonical, so these are all
	}
	return f.Statuses, true
}

// maxEntryPlans bounds the plans by entries that are tried for one page. Labels beyond it are
// checked at the run.
const maxEntryPlans = 4

// entryPlans returns the plans that read the list of base by entries, one for the stop reasons
// and one for each label. There is none when entries do not help, and base is to be used.
func entryPlans(t tenant.ID, f run.Filter, base *plan) []*plan {
	if len(base.ids) > 0 || len(base.partitions) == 0 {
		return nil
	}
	var plans []*plan
	add := func(partitions ...string) {
		plans = append(plans, &plan{pk: base.pk, prefix: base.prefix, partitions: partitions, keys: base.keys})
	}
	if n := len(f.StopReasons); n > 0 && n < len(run.StopReasons()) {
		var partitions []string
		for _, reason := range f.StopReasons {
			partitions = append(partitions, reasonPartition(t, reason))
		}
		add(partitions...)
	}
	for _, key := range sortedKeys(f.Labels) {
		if len(plans) < maxEntryPlans {
			add(labelPartition(t, key, f.Labels[key]))
		}
	}
	return plans
}

// runPlans returns the plans by which a list of runs may be read, the one that is likely to be
// the cheapest first. Each of them reads the whole list.
//
// A list by one label, or by stop reasons, is read by entries alone, as every entry is a match.
// When there are further conditions, one of several partitions may be much shorter than the
// others: the runs of a job, the unfinished runs, those of a rare label. It is not known which,
// so all are tried (see listing.search). An entry that does not match costs half a unit, the read
// of its run; an item of an index an eighth, since a query reads 8 KB for a unit.
func runPlans(t tenant.ID, f run.Filter, base *plan) []*plan {
	plans := entryPlans(t, f, base)
	if len(plans) == 0 {
		return []*plan{base}
	}
	unfinished := len(f.Statuses) > 0 && !slices.Contains(f.Statuses, run.Finished)
	others := len(f.JobIDs) > 0 || len(f.Statuses) > 0 && len(f.StopReasons) == 0
	for _, bound := range []time.Time{f.StartedBefore, f.StartedAfter, f.FinishedBefore, f.FinishedAfter, f.UpdatedAfter} {
		others = others || !bound.IsZero()
	}
	switch {
	case unfinished: // few, as a rule
		return append([]*plan{base}, plans...)
	case others, len(plans) > 1:
		return append(plans, base)
	}
	return plans
}

// planJobs plans a list of jobs. The filter is canonical.
func planJobs(t tenant.ID, f job.Filter) *plan {
	p := &plan{
		pk:     tenantKey(t),
		prefix: jobPrefix,
		keys:   createdRange(f.CreatedAfter, f.CreatedBefore),
		ids:    f.IncludeIDs,
	}
	if p.keys.empty() {
		p.ids = nil
		return p
	}
	p.from(byCreated, jobsPartition(t))
	if len(p.ids) > 0 {
		return p
	}
	p.among("name", anys(f.Names))
	p.notAmong("id", ids(f.ExcludeIDs))
	p.labelled(f.Labels)
	return p
}

func (p *plan) from(index string, partitions ...string) {
	p.index, p.partitions = index, partitions
}

// Limits of a filter expression. IN takes at most 100 operands, and an expression at most 4
// KB of text; a label takes about 30 bytes of that. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const (
	maxOperands = 100
	maxLabels   = 50
)

// among adds that the attribute has one of the values, if there are any.
func (p *plan) among(attribute string, values []any) {
	if len(values) > 0 && len(values) <= maxOperands {
		p.conditions = append(p.conditions, condition{
			expr: fmt.Sprintf("'%s' IN (%s)", attribute, placeholders(len(values))),
			args: values,
		})
	}
}

// notAmong adds that the attribute has none of the values.
func (p *plan) notAmong(attribute string, values []any) {
	if len(values) > 0 && len(values) <= maxOperands {
		p.conditions = append(p.conditions, condition{
			expr: fmt.Sprintf("NOT ('%s' IN (%s))", attribute, placeholders(len(values))),
			args: values,
		})
	}
}

// secondLayout writes a UTC time up to its seconds: the beginning, of a fixed width, of each
// time that is stored. The fraction behind it has no fixed width, so the times of one second do
// not sort as text.
const secondLayout = "2006-01-02T15:04:05"

// between adds that the time lies between two times, rounded to seconds so that none is left
// out. Zero times are open ends. An item without the attribute fails any comparison.
func (p *plan) between(attribute string, after, before time.Time) {
	if !after.IsZero() {
		p.conditions = append(p.conditions, condition{
			expr: fmt.Sprintf("'%s' >= ?", attribute),
			args: []any{clampTime(after).Format(secondLayout)},
		})
	}
	if !before.IsZero() {
		p.conditions = append(p.conditions, condition{
			expr: fmt.Sprintf("'%s' < ?", attribute),
			args: []any{clampTime(clampTime(before).Add(time.Second)).Format(secondLayout)},
		})
	}
}

// labelled adds that the item has the labels.
func (p *plan) labelled(labels map[string]string) {
	for i, key := range sortedKeys(labels) {
		if i == maxLabels {
			return
		}
		// A key stands in a name placeholder of its own: it may be longer than a name that is
		// made from it.
		name := fmt.Sprintf("#l%d", i)
		p.conditions = append(p.conditions, condition{
			expr: "$ = ?",
			args: []any{
				dynamo.ExpressionLiteral{
					Expression:     "labels." + name,
					AttributeNames: map[string]*string{name: aws.String(key)},
				},
				labels[key],
			},
		})
	}
}

// reaches reports whether the position is one that reading by the plan can come to. Earlier
// versions name the partition in which they found it; all that counts is the created key.
func (p *plan) reaches(at position) bool {
	_, id, err := parseCreatedKey(at.createdKey)
	return err == nil &&
		at.pk == p.pk &&
		at.sk == p.prefix+id.String() &&
		slices.Contains(p.partitions, at.hash) &&
		p.keys.contains(at.createdKey)
}

// position returns the position of the item with the created key in the partition.
func (p *plan) position(hash, key string) position {
	return position{pk: p.pk, sk: p.itemSort(key), hash: hash, createdKey: key}
}

// itemSort returns the sort key of the item with the created key.
func (p *plan) itemSort(createdKey string) string {
	_, id, _ := strings.Cut(createdKey, "#")
	return p.prefix + id
}

// byEntries reports whether the plan's partitions hold entries.
func (p *plan) byEntries() bool { return p.index == "" }

// startKey returns the key to start from in the partition after everything at or before
// the created key in the list's order. DynamoDB takes keys of items that do not exist.
func (p *plan) startKey(hash, key string) dynamo.PagingKey {
	names := map[string]string{"pk": p.pk, "sk": p.itemSort(key), p.index: hash, "created_key": key}
	if p.byEntries() {
		names = map[string]string{"pk": hash, "sk": key}
	}
	start, err := dynamo.MarshalItem(names)
	if err != nil {
		panic(err) // a map of strings
	}
	return start
}

// query returns the query for the next limit items of a partition, most recent first, from
// a start key or, when that is nil, from the beginning. examined is the created key of the
// start key. It bounds the range too: DynamoDB knows from the start key alone where to
// begin, but DynamoDB Local reads all that comes before it.
func (p *plan) query(table dynamo.Table, hash string, start dynamo.PagingKey, examined string, limit int) *dynamo.Query {
	q, sort := table.Get("pk", hash), "sk"
	if !p.byEntries() {
		q, sort = table.Get(p.index, hash).Index(p.index), "created_key"
	}
	q.Order(dynamo.Descending).
		SearchLimit(limit).RequestLimit(1).
		StartFrom(start)
	low, high := p.keys.low, p.keys.high
	if start != nil {
		high = examined
	}
	switch {
	case low != "" && high != "":
		q.Range(sort, dynamo.Between, low, high)
	case low != "":
		q.Range(sort, dynamo.GreaterOrEqual, low)
	case high != "":
		q.Range(sort, dynamo.LessOrEqual, high)
	}
	for _, c := range p.conditions {
		q.Filter(c.expr, c.args...)
	}
	return q
}

func placeholders(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}

func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

func ids(values []uuid.UUID) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v.String()
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
