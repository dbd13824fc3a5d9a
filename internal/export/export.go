// Package export makes files of what a run recorded and kept: its log as NDJSON or CSV, and its
// archive as WARC or WACZ.
//
// A file may be larger than any memory, and making it may take longer than a process lives. So it
// is made as pieces, which are objects of the bucket. After each piece, the progress is saved with
// all that is needed to continue. In the end the pieces become one object.
package export

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

// A Format is the format of the file of an export.
type Format string

// The formats.
const (
	NDJSON Format = "ndjson" // the log, a JSON object a line
	CSV    Format = "csv"    // the log (RFC 4180)
	WARC   Format = "warc"   // the archive: records of WARC 1.1, each a gzip member
	WACZ   Format = "wacz"   // the archive with its index and pages (WACZ 1.1.1)
)

// Formats returns every format, in the order of the API's description.
func Formats() []Format { return []Format{NDJSON, CSV, WARC, WACZ} }

// formats describe the files of the formats.
var formats = map[Format]struct {
	walks       int64  // how many times the log is read
	extension   string // of the file's name
	contentType string
	new         func(*job) encoder
}{
	NDJSON: {1, "ndjson", "application/x-ndjson", newNDJSON},
	CSV:    {1, "csv", "text/csv; charset=utf-8", newCSV},
	WARC:   {1, "warc.gz", "application/warc", newWARC},
	WACZ:   {3, "wacz", "application/wacz", newWACZ},
}

// ContentType returns the media type of the file.
func (f Format) ContentType() string { return formats[f].contentType }

// A State is the state of an export.
type State string

// The states.
const (
	Pending  State = "pending"  // not started yet
	Running  State = "running"  // being made
	Finished State = "finished" // its file can be downloaded
	Failed   State = "failed"   // it will not be made; see Error
)

// States returns every state, in the order of the API's description.
func States() []State { return []State{Pending, Running, Finished, Failed} }

// A Ref names an export of a run.
type Ref struct {
	Run run.Ref
	ID  uuid.UUID
}

// An Export is a file of what a run had recorded when the export was created.
type Export struct {
	ID           uuid.UUID
	Run          run.Ref
	JobID        uuid.UUID
	RunCreatedAt time.Time // when the run was created
	Format       Format
	State        State
	Parts        int64 // the parts of the run's log when the export was created, which it contains
	Progress     Progress
	Size         int64     // of the file, in bytes; 0 until the export is finished
	CreatedAt    time.Time // UTC, whole milliseconds, as the other times
	StartedAt    time.Time
	FinishedAt   time.Time
	Error        string // why the export failed, for people
}

// Ref returns the name of the export.
func (e Export) Ref() Ref { return Ref{Run: e.Run, ID: e.ID} }

// Done returns how many parts of the log have been read, and how many are to be read. A format that
// reads the log several times counts each part as often.
func (e Export) Done() (parts, of int64) {
	walks := formats[e.Format].walks
	of = walks * e.Parts
	if e.State == Finished {
		return of, of
	}
	return min(int64(e.Progress.Phase)*e.Parts+e.Progress.Part, of), of
}

// MaxPerRun bounds the exports of a run.
const MaxPerRun = 20

// MaxAttempts is how many processes may begin to continue an export before it fails, if none of
// them gets a piece further.
const MaxAttempts = 5

// A Lease permits its owner to make the export.
type Lease struct {
	Export
	Owner    string
	Attempts int // leases acquired since a piece was saved
	// Removed is set if the export is deleted. Its objects are then to be removed, and nothing
	// else.
	Removed bool
}

// A Filter selects exports. A zero field selects all.
type Filter struct {
	States  []State
	Formats []Format
}

// Selects reports whether the filter selects the export.
func (f Filter) Selects(e Export) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, e.State)) &&
		(len(f.Formats) == 0 || slices.Contains(f.Formats, e.Format))
}

// FileName returns the name that the file has for people: <run id>.<extension>.
func (e Export) FileName() string { return e.Run.ID.String() + "." + formats[e.Format].extension }

// Progress is how far the making of an export has come. It is saved after each piece.
type Progress struct {
	Phase   int   `json:"phase"`   // of the format
	Part    int64 `json:"part"`    // of the log: the last one that the phase has handled
	Pieces  int   `json:"pieces"`  // that are written
	Bytes   int64 `json:"bytes"`   // of all pieces
	Entries int64 `json:"entries"` // of the log that are in the file, or records of pages in an archive
	// Writers wrote the pieces, in order.
	Writers []Writer `json:"writers,omitempty"`
	// State is the state of the format's encoder, as JSON.
	State []byte `json:"state,omitempty"`
}

// A Writer is a process that wrote consecutive pieces of an export. Its ID is in the names of all
// that it writes. So a process that lost its lease replaces nothing that another one wrote.
type Writer struct {
	ID     string `json:"id"`
	Pieces int    `json:"pieces"`
}
