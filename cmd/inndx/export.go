package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/run"
)

const exportName = "export"

const exportUsage = `usage: inndx export RUN --format FORMAT [-o FILE]

Makes a file of what a run recorded, and downloads it. A download that breaks off continues where it
ended. The file replaces FILE when it is complete; the FILE - is standard output. A terminal shows
the progress.

The service is that of INNDX_URL (http://localhost:8022), the tenant that of DEFAULT_TENANT_ID.
INNDX_TOKEN is the bearer token of a service that needs one. --aws-sigv4 signs the requests to one
whose AuthMode is iam.

`

// exportFlags are the flags of export.
type exportFlags struct {
	format, file string
	sign         bool
}

func newExportCommand() *cobra.Command {
	var f exportFlags
	cmd := newCommand(exportName, 1, func(ctx context.Context, operands []string) error {
		err := exportRun(ctx, operands[0], f)
		if ctx.Err() != nil {
			return errInterrupted
		}
		return err
	})
	cmd.SuggestFor = []string{"download", "dump", "save"}
	cmd.Flags().StringVar(&f.format, "format", "", "the `FORMAT` of the file: ndjson, csv (the log), warc or wacz (the archive)")
	cmd.Flags().StringVarP(&f.file, "output", "o", "", "the `FILE` (RUN with the extension of the format)")
	cmd.Flags().BoolVar(&f.sign, "aws-sigv4", false, "sign requests with the AWS credentials of the environment or AWS_PROFILE")
	return cmd
}

// exportRun makes a file of what a run recorded.
func exportRun(ctx context.Context, runID string, f exportFlags) error {
	id, err := uuid.Parse(runID)
	if err != nil {
		return wrongUsage("%q is not the id of a run", runID)
	}
	format := export.Format(f.format)
	if !slices.Contains(export.Formats(), format) {
		return wrongUsage("--format must be ndjson, csv, warc or wacz, not %q", f.format)
	}
	c, err := serviceClient(ctx, os.Getenv, f.sign)
	if err != nil {
		return err
	}
	d := newDisplay(os.Stderr, isTerminal(os.Stderr))
	if d.live {
		d.width = func() int { return widthOf(os.Stderr) }
	}
	d.release()
	defer d.end()
	e := &exporting{client: c, show: d.showLine}
	file := cmp.Or(f.file, export.Export{Run: run.Ref{ID: id}, Format: format}.FileName())
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target
	}
	return e.save(ctx, id, format, file)
}

// An exporting makes exports by the API and downloads their files.
type exporting struct {
	client *client
	show   func(progress string)
}

// An exportState is the part of an export that the command reads.
type exportState struct {
	ID       uuid.UUID
	State    export.State
	Size     int64
	Error    string
	Progress struct{ Parts, Of int64 }
}

// save makes an export of the run, downloads its file, and deletes the export.
func (e *exporting) save(ctx context.Context, runID uuid.UUID, format export.Format, file string) error {
	return writeFile(file, func(w io.Writer) error {
		exports := "/v1/runs/" + runID.String() + "/exports"
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		defer func() { // even after Ctrl-C
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_, _ = e.client.once().call(end, http.MethodDelete, exports+"/"+id.String(), nil)
		}()
		if _, err := e.client.call(ctx, http.MethodPost, exports, map[string]any{"id": id, "format": format}); err != nil {
			return err
		}
		made, err := e.await(ctx, exports+"/"+id.String(), format)
		if err != nil {
			return err
		}
		d := download{
			client: e.client, path: exports + "/" + id.String() + "/file", size: made.Size, w: w,
			show: func(done int64) { e.show(fmt.Sprintf("%s: %d of %d bytes", format, done, made.Size)) },
		}
		return d.run(ctx)
	})
}

// maxExportPoll bounds the time between two requests for the state of an export.
const maxExportPoll = 4 * time.Second

// await waits until the file is made.
func (e *exporting) await(ctx context.Context, path string, format export.Format) (s exportState, err error) {
	for wait := pollInterval; ; wait = min(2*wait, maxExportPoll) {
		response, err := e.client.call(ctx, http.MethodGet, path, nil)
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
		e.show(fmt.Sprintf("%s: %s, %d of %d parts", format, s.State, s.Progress.Parts, s.Progress.Of))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}
