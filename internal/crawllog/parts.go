package crawllog

import "github.com/inndx/runs/internal/run"

// A Part is one part of a run's log: the records of a commit, or some of them.
type Part struct {
	Seq  int64  // 1 for the first part; there are no gaps
	Data []byte // encoded records, as committed; see Encode
}

// A Segment is a copy of many small parts of a log in one item, without what a frontier does not
// need; see Join. It makes a log of many commits quick to read. If it is missing or damaged, the
// parts are read instead. Segments may overlap if several workers wrote them.
type Segment struct {
	First, Last int64  // the parts that the segment copies, both included
	Data        []byte // their records, encoded as one part
}

// A Commit is what a worker learned since its last commit.
type Commit struct {
	Parts [][]byte // new parts of the log, encoded; empty if the commit only extends the lease
	// Stored is how many of the first Parts are stored already, by a worker that died before it
	// published them.
	Stored   int
	Progress run.Progress // as of the last of the parts
	// Records are those of the parts. They are folded into the numbers of the run; see package
	// rollup. Without them, readers fold the parts.
	Records []Record
}
