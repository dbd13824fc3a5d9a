package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/outfile"
)

// An exportState is the part of an export that the command reads.
type exportState struct {
	ID       uuid.UUID
	State    export.State
	Size     int64
	Error    string
	Progress struct{ Parts, Of int64 }
}

// Export makes an export of the run, downloads its file, and deletes the export. It calls show with
// the progress, from time to time.
func (c *Client) Export(ctx context.Context, runID uuid.UUID, format export.Format, file string, show func(progress string)) error {
	return outfile.Write(file, func(w io.Writer) error {
		exports := "/v1/runs/" + runID.String() + "/exports"
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		defer func() { // even after Ctrl-C
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_, _ = c.Once().Call(end, http.MethodDelete, exports+"/"+id.String(), nil)
		}()
		if _, err := c.Call(ctx, http.MethodPost, exports, map[string]any{"id": id, "format": format}); err != nil {
			return err
		}
		made, err := c.awaitExport(ctx, exports+"/"+id.String(), format, show)
		if err != nil {
			return err
		}
		return c.Download(ctx, exports+"/"+id.String()+"/file", made.Size, w, func(done int64) {
			show(fmt.Sprintf("%s: %d of %d bytes", format, done, made.Size))
		})
	})
}

// maxExportPoll bounds the time between two requests for the state of an export.
const maxExportPoll = 4 * time.Second

// awaitExport waits until the file is made.
func (c *Client) awaitExport(ctx context.Context, path string, format export.Format, show func(string)) (s exportState, err error) {
	for wait := showInterval; ; wait = min(2*wait, maxExportPoll) {
		response, err := c.Call(ctx, http.MethodGet, path, nil)
		if err != nil {
			return s, err
		}
		if err := json.Unmarshal(response, &s); err != nil {
			return s, err
		}
		switch s.State {
		case export.Finished:
			return s, nil
		case export.Failed:
			return s, fmt.Errorf("the export failed: %s", s.Error)
		}
		show(fmt.Sprintf("%s: %s, %d of %d parts", format, s.State, s.Progress.Parts, s.Progress.Of))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}
