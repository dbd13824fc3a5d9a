package export

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/objects"
)

// File returns the name of the object that is the file of the export.
func (e Export) File() string { return e.folder() + "file" }

// folder returns the prefix of the names of the export's objects.
func (e Export) folder() string {
	return objects.ExportFolder(objects.Prefix(e.Run, e.RunCreatedAt), e.ID.String())
}

// pieceName returns the name of the piece with the number, from 0 on, that the writer writes.
func (e Export) pieceName(writer string, n int) string {
	return fmt.Sprintf("%s%s/piece-%08d", e.folder(), writer, n)
}

// newWriterID returns an ID that no other process has.
func newWriterID() string {
	id := uuid.New()
	return hex.EncodeToString(id[:8])
}

// store stores an object that is no piece, and returns its name within the folder of the export.
func (j *job) store(ctx context.Context, chunks iter.Seq[[]byte]) (name string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // gives up an object that is not complete
	name = fmt.Sprintf("%s/%d", j.writer, j.written)
	j.written++
	w, err := j.objects.Write(ctx, j.folder()+name, objects.WriteOptions{})
	if err != nil {
		return "", err
	}
	for chunk := range chunks {
		if _, err := w.Write(chunk); err != nil {
			cancel()
			_ = w.Close()
			return "", err
		}
	}
	return name, w.Close()
}

// load returns bytes of an object that store stored: all if length is negative.
func (j *job) load(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	r, err := j.objects.Read(ctx, j.folder()+name, offset, length)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err = cmp.Or(err, r.Close()); err != nil {
		return nil, err
	}
	if length >= 0 && int64(len(data)) != length {
		return nil, fmt.Errorf("export: an object of the index: %w", io.ErrUnexpectedEOF)
	}
	return data, nil
}

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
		return j.objects.Write(ctx, j.pieceName(j.writer, j.Progress.Pieces), objects.WriteOptions{})
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
		j.addPiece(size)
	}
	if j.Progress.State, err = json.Marshal(j.encoder); err != nil {
		return err
	}
	return j.save(j.Progress)
}

// addPiece records a piece that is complete.
func (j *job) addPiece(size int64) {
	j.Progress.Pieces++
	j.Progress.Bytes += size
	last := len(j.Progress.Writers) - 1
	if last < 0 || j.Progress.Writers[last].ID != j.writer {
		// A copy: save may have kept the list.
		j.Progress.Writers = append(slices.Clip(j.Progress.Writers), Writer{ID: j.writer})
		last++
	} else {
		j.Progress.Writers = slices.Clone(j.Progress.Writers)
	}
	j.Progress.Writers[last].Pieces++
}

// join makes the file of the pieces. The pieces stay until the export is saved as finished.
func (j *job) join(ctx context.Context) error {
	names := make([]string, 0, j.Progress.Pieces)
	for _, w := range j.Progress.Writers {
		for range w.Pieces {
			names = append(names, j.pieceName(w.ID, len(names)))
		}
	}
	o := objects.WriteOptions{
		ContentType:        j.Format.ContentType(),
		ContentDisposition: fmt.Sprintf(`attachment; filename="%s"`, j.FileName()),
	}
	return j.objects.Join(ctx, j.File(), o, names)
}
