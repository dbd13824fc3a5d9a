package listing

import (
	"slices"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/store/keys"
)

// A Plan is a query plan: it says how a list is read. There are three kinds.
//
//   - With IDs, these items are read by their keys.
//   - With an Index, the Partitions of the index are read.
//   - Otherwise the Partitions hold entries, which name the items. An entry has the created key of
//     its item as its sort key. It may outlive its item.
//
// Conditions that keys cannot express become a filter expression (see Filter), as far as DynamoDB's
// limits allow. List.Match checks every item that is read in any case.
type Plan struct {
	PK         string      // partition key of the items in the table
	SortPrefix string      // of the sort keys of the items; their ids follow
	IDs        []uuid.UUID // when not empty, read these, and ignore Index and Filter
	Index      string      // its partition key is named like it, and its sort key is created_key
	Partitions []string    // none when the list is empty
	Created    keys.Range  // of the created keys of the items

	conditions []Condition
}

// ByEntries returns a plan that reads the same items through the partitions of entries.
func (p *Plan) ByEntries(partitions ...string) *Plan {
	return &Plan{PK: p.PK, SortPrefix: p.SortPrefix, Created: p.Created, Partitions: partitions}
}

// hasEntries reports whether the plan's partitions hold entries.
func (p *Plan) hasEntries() bool { return p.Index == "" }

// reaches reports whether a read of the plan can reach the position. Any partition of the plan is
// accepted, because earlier versions named the partition in which they found the item: only the
// created key matters.
func (p *Plan) reaches(at position) bool {
	_, id, err := keys.ParseCreated(at.createdKey)
	return err == nil &&
		at.pk == p.PK &&
		at.sk == p.SortPrefix+id.String() &&
		slices.Contains(p.Partitions, at.hash) &&
		p.Created.Contains(at.createdKey)
}

// position returns the position of the item with the created key in the partition.
func (p *Plan) position(hash, createdKey string) position {
	return position{pk: p.PK, sk: p.itemSort(createdKey), hash: hash, createdKey: createdKey}
}

// itemSort returns the sort key of the item with the created key.
func (p *Plan) itemSort(createdKey string) string {
	return p.SortPrefix + keys.CreatedID(createdKey)
}

// startKey returns the ExclusiveStartKey of a query of the partition that continues after the
// created key. DynamoDB accepts the key of an item that does not exist.
func (p *Plan) startKey(hash, createdKey string) dynamo.PagingKey {
	names := map[string]string{"pk": p.PK, "sk": p.itemSort(createdKey), p.Index: hash, "created_key": createdKey}
	if p.hasEntries() {
		names = map[string]string{"pk": hash, "sk": createdKey}
	}
	start, err := dynamo.MarshalItem(names)
	if err != nil {
		panic(err) // a map of strings
	}
	return start
}

// query returns the query for the next limit items of a partition, the most recent first. It
// continues after start, or begins with the partition when start is nil. examined is the created
// key in start. It bounds the key range as well: DynamoDB needs only start to know where to begin,
// but DynamoDB Local reads everything before it.
func (p *Plan) query(table dynamo.Table, hash string, start dynamo.PagingKey, examined string, limit int) *dynamo.Query {
	q, sort := table.Get("pk", hash), "sk"
	if !p.hasEntries() {
		q, sort = table.Get(p.Index, hash).Index(p.Index), "created_key"
	}
	q.Order(dynamo.Descending).
		SearchLimit(limit).RequestLimit(1).
		StartFrom(start)
	low, high := p.Created.Low, p.Created.High
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
