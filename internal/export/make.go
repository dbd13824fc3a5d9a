package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
)

// A Log reads the logs of runs. *store.Store implements it and documents the methods.
type Log interface {
	LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error]
	// DeletedArtifacts returns where the records of the run's deleted artifacts are.
	DeletedArtifacts(ctx context.Context, ref run.Ref) (map[crawllog.Location]bool, error)
}

// Objects reads and writes the objects of runs. *bucket.Store implements it and documents the
// methods.
type Objects interface {
	Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error)
	Write(ctx context.Context, name string, o objects.WriteOptions) (io.WriteCloser, error)
	// Join makes one object of others, which it reads in order.
	Join(ctx context.Context, name string, o objects.WriteOptions, pieces []string) error
	Delete(ctx context.Context, name string) error
	List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error]
}

// defaultPieceBytes is the size at which a piece ends. S3 joins at most 10,000 pieces, and all but
// the last must have at least 5 MiB
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
const defaultPieceBytes = 64 << 20

// A Maker makes the files of exports.
type Maker struct {
	Log        Log
	Objects    Objects
	PieceBytes int64 // the size at which a piece ends; 64 MiB if 0
}

// ErrDeadline says that the deadline was reached. Another call continues.
var ErrDeadline = errors.New("export: the deadline is reached")

// Make makes the file of the export from its progress on, and returns the size of the file in
// bytes. It calls save after each piece; an error of save ends it. It ends with ErrDeadline soon
// after the deadline, unless that is zero.
//
// Two processes may make an export at the same time, because one of them lost its lease. They may
// write different bytes: their pieces end at different deadlines, and an artifact may be deleted in
// between. So each writes objects of its own, and the progress names those that the file consists
// of. If no artifact is deleted, the file has the same bytes however often Make continues.
func (m *Maker) Make(ctx context.Context, e Export, deadline time.Time, save func(Progress) error) (size int64, err error) {
	f, ok := formats[e.Format]
	if !ok {
		return 0, fmt.Errorf("export: unknown format %q", e.Format)
	}
	j := &job{
		Export: e, log: m.Log, objects: m.Objects, deadline: deadline, save: save, pieceBytes: m.PieceBytes,
		writer: newWriterID(),
	}
	if j.pieceBytes == 0 {
		j.pieceBytes = defaultPieceBytes
	}
	j.out = j.newOutput(ctx)
	defer j.out.abort()
	j.encoder = f.new(j)
	if e.Progress.State != nil {
		if err := json.Unmarshal(e.Progress.State, j.encoder); err != nil {
			return 0, fmt.Errorf("export: the saved state: %w", err)
		}
	}
	if err := j.make(ctx); err != nil {
		return 0, err
	}
	return j.Progress.Bytes, nil
}

// An encoder makes the file of one format. It is saved and restored as JSON: its exported fields
// are all that is needed to continue.
type encoder interface {
	// phases returns what to do, in order. The phases do not change.
	phases() []phase
	// start prepares the encoder in this process, before the first phase that is left.
	start(ctx context.Context) error
	// flush makes the encoder's JSON complete. The current piece ends after it.
	flush(ctx context.Context) error
}

// prepared is embedded by encoders that need no preparation, and whose JSON is always complete.
type prepared struct{}

func (prepared) start(context.Context) error { return nil }
func (prepared) flush(context.Context) error { return nil }

// A phase is a walk through the log of the run. Its functions may be nil. An end that calls
// job.pause continues where that returned ErrDeadline.
type phase struct {
	begin func(ctx context.Context) error
	part  func(ctx context.Context, seq int64, entries []crawllog.Entry) error
	end   func(ctx context.Context) error
}

// A job is the making of one export.
type job struct {
	Export
	log        Log
	objects    Objects
	encoder    encoder
	out        *output
	deadline   time.Time
	save       func(Progress) error
	pieceBytes int64
	writer     string // the ID of this process as a Writer
	written    int    // objects that this process wrote beside pieces
}

func (j *job) make(ctx context.Context) error {
	if err := j.encoder.start(ctx); err != nil {
		return err
	}
	phases := j.encoder.phases()
	for ; j.Progress.Phase < len(phases); j.Progress.Phase++ {
		if err := j.walk(ctx, phases[j.Progress.Phase]); err != nil {
			return err
		}
		j.Progress.Part = 0
	}
	if err := j.checkpoint(ctx); err != nil {
		return err
	}
	return j.join(ctx)
}

// walk does one phase, from the progress on.
func (j *job) walk(ctx context.Context, p phase) error {
	if p.begin != nil && j.Progress.Part == 0 {
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	if p.part != nil && j.Progress.Part < j.Parts {
		if err := j.parts(ctx, p); err != nil {
			return err
		}
	}
	if p.end == nil {
		return nil
	}
	return p.end(ctx)
}

// parts does the parts of a phase.
func (j *job) parts(ctx context.Context, p phase) error {
	for part, err := range j.log.LogParts(ctx, j.Run, j.Progress.Part) {
		if err != nil {
			return err
		}
		entries, err := j.entries(part)
		if err != nil {
			return err
		}
		if err := p.part(ctx, part.Seq, entries); err != nil {
			return err
		}
		j.Progress.Part = part.Seq
		if err := j.pause(ctx); err != nil {
			return err
		}
		if part.Seq == j.Parts {
			return nil
		}
	}
	return fmt.Errorf("export: the log ends at part %d, not %d", j.Progress.Part, j.Parts)
}

// pause saves the progress if the current piece is long enough or the deadline is reached, which it
// then reports as ErrDeadline. All that was done until now is in the progress.
func (j *job) pause(ctx context.Context) error {
	if j.out.size >= j.pieceBytes || j.late() {
		if err := j.checkpoint(ctx); err != nil {
			return err
		}
	}
	if j.late() {
		return ErrDeadline
	}
	return nil
}

func (j *job) late() bool { return !j.deadline.IsZero() && !time.Now().Before(j.deadline) }

// entries returns the outcomes of a part of the log.
func (j *job) entries(part crawllog.Part) ([]crawllog.Entry, error) {
	var entries []crawllog.Entry
	place := crawllog.Place{Part: part.Seq}
	for r, err := range crawllog.Decode(part.Data) {
		if err != nil {
			return nil, fmt.Errorf("export: part %d: %w", part.Seq, err)
		}
		if o, ok := r.(*crawllog.Outcome); ok {
			entries = append(entries, crawllog.Entry{Outcome: *o, RunID: j.Run.ID, JobID: j.JobID, Place: place})
			place.Index++
		}
	}
	return entries, nil
}
