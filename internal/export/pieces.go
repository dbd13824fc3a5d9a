package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/inndx/runs/internal/objects"
)

// File returns the name of the object that is the file of the export.
func (e Export) File() string { return e.folder() + "file" }

// folder returns the prefix of the names of the export's objects.
func (e Export) folder() string {
	return objects.ExportFolder(objects.Prefix(e.Run, e.RunCreatedAt), e.ID.String())
}

// pieceName returns the name of the piece with the number, from 0 on.
func (e Export) pieceName(n int) string { return fmt.Sprintf("%spiece-%08d", e.folder(), n) }

// An output is the piece that is being written.
type output struct {
	create func() (io.WriteCloser, error) // of the next piece
	cancel context.CancelFunc             // gives up the piece
	piece  io.WriteCloser                 // nil between two pieces
	size   int64
}

// Write writes to the current piece, and begins one if necessary.
func (o *output) Write(p []byte) (n int, err error) {
	if o.piece == nil {
		if o.piece, err = o.create(); err != nil {
			o.piece = nil
			return 0, err
		}
	}
	n, err = o.piece.Write(p)
	o.size += int64(n)
	return n, err
}

// close ends the current piece and returns its size, or 0 if nothing was written since the last
// one.
func (o *output) close() (size int64, err error) {
	if o.piece == nil {
		return 0, nil
	}
	size, err = o.size, o.piece.Close()
	o.piece, o.size = nil, 0
	return size, err
}

// abort gives up the current piece.
func (o *output) abort() {
	o.cancel()
	if o.piece != nil {
		_ = o.piece.Close()
	}
}

// newOutput returns the output of a job.
func (j *job) newOutput(ctx context.Context) *output {
	ctx, cancel := context.WithCancel(ctx)
	return &output{cancel: cancel, create: func() (io.WriteCloser, error) {
		return j.objects.Write(ctx, j.pieceName(j.Progress.Pieces), objects.WriteOptions{})
	}}
}

// checkpoint ends the current piece and saves the progress.
func (j *job) checkpoint(ctx context.Context) error {
	if err := j.encoder.flush(ctx); err != nil {
		return err
	}
	size, err := j.out.close()
	if err != nil {
		return err
	}
	if size > 0 {
		j.Progress.Pieces++
		j.Progress.Bytes += size
	}
	if j.Progress.State, err = json.Marshal(j.encoder); err != nil {
		return err
	}
	return j.save(j.Progress)
}

// join makes the file of the pieces. The pieces stay until the export is saved as finished.
func (j *job) join(ctx context.Context) error {
	names := make([]string, j.Progress.Pieces)
	for i := range names {
		names[i] = j.pieceName(i)
	}
	o := objects.WriteOptions{
		ContentType:        j.Format.ContentType(),
		ContentDisposition: fmt.Sprintf(`attachment; filename="%s"`, j.FileName()),
	}
	return j.objects.Join(ctx, j.File(), o, names)
}
