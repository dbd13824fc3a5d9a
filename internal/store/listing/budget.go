package listing

// Bounds of one search. A search that reaches them returns what it has found and the key that it
// reached. A read unit is unitBytes, as the reads are eventually consistent; see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html.
const (
	unitBytes      = 8192
	maxWastedUnits = 40.0 // for items that do not match
	maxTrialUnits  = 5.0  // for items that do not match, by each plan when there are several
	maxReadQueries = 50   // in addition to the first of each partition
	parallelReads  = 16
)

// Sizes of the queries of a partition, in items.
const (
	firstFiltered = 64   // of all partitions together, when most items may be filtered out
	growFiltered  = 4    // factor from one query to the next
	maxChunk      = 4096 // more than 1 MB, where a query ends in any case
	minSample     = 16   // a query of fewer items is charged for more than they take
)

// maxEntryBatch bounds the items that are read at once for their entries. DynamoDB takes 100; see
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html.
const maxEntryBatch = 64

// Estimates of the read units of an item, until reads show the real ones.
const (
	indexUnits = 1.0 / 8  // an item of an index, of about 1 KB
	entryUnits = 1.0 / 32 // an entry, of 250 bytes at most
	itemUnits  = 0.5      // an item that is read by its key, of 4 KB at most
)

// A budget bounds the read units of one search. All scans of the search share it.
type budget struct {
	units     float64 // used in all
	maxUnits  float64
	wasted    float64 // the part of units for items that do not match
	maxWasted float64
}

// use counts the units of a read of items, of which hits match.
func (b *budget) use(units float64, items, hits int) {
	b.units += units
	b.wasted += units * (1 - float64(hits)/float64(max(items, hits, 1)))
}

// left returns how many more items may be read that take the given units each, if none matches.
func (b *budget) left(each float64) int { return int((b.maxWasted - b.wasted) / each) }

// spent reports whether too little is left for another read.
func (b *budget) spent() bool { return b.wasted >= 0.9*b.maxWasted || b.units >= b.maxUnits }
