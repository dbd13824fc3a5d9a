package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A plan says how a list is read: the items with given ids, or the partitions of an index
// between two keys. What the keys do not express is a filter expression, as far as
// DynamoDB's limits let it; what is read is checked against the list's filter in any case.
type plan struct {
	pk         string
	prefix     string // of sort keys
	index      string
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
		keys:   createdRange(f.CreatedAfter, f.CreatedBefore),
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
	return p
}

// effectiveStatuses returns the statuses that a run of the list may have, none for any, and
// whether there is one at all: a stop reason implies that the run is finished.
func effectiveStatuses(f run.Filter) ([]run.Status, bool) {
	switch {
	case len(f.StopReasons) > 0:
		possible := len(f.Statuses) == 0 || slices.Contains(f.Statuses, run.Finished)
		return []run.Status{run.Finished}, possible
	case len(f.Statuses) == len(run.Statuses()):
		return nil, true // canonical, so these are all
	}
	return f.Statuses, true
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

// reaches reports whether the position is one that reading by the plan can come to.
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
	_, id, _ := strings.Cut(key, "#")
	return position{pk: p.pk, sk: p.prefix + id, hash: hash, createdKey: key}
}

// startKey returns the key to start from in the partition after everything at or before
// the created key in the list's order. DynamoDB takes keys of items that do not exist.
func (p *plan) startKey(hash, key string) dynamo.PagingKey {
	at := p.position(hash, key)
	start, err := dynamo.MarshalItem(map[string]string{
		"pk": at.pk, "sk": at.sk, p.index: at.hash, "created_key": at.createdKey,
	})
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
	q := table.Get(p.index, hash).Index(p.index).
		Order(dynamo.Descending).
		SearchLimit(limit).RequestLimit(1).
		StartFrom(start)
	low, high := p.keys.low, p.keys.high
	if start != nil {
		high = examined
	}
	switch {
	case low != "" && high != "":
		q.Range("created_key", dynamo.Between, low, high)
	case low != "":
		q.Range("created_key", dynamo.GreaterOrEqual, low)
	case high != "":
		q.Range("created_key", dynamo.LessOrEqual, high)
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
