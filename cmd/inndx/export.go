package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/run"
)

const exportName = "export"

const exportUsage = `usage: inndx export RUN --format FORMAT [-o FILE]

Makes a file of what a run recorded, and downloads it. The file replaces FILE when it is complete.
The service is that of INNDX_URL (http://localhost:8022), the tenant that of DEFAULT_TENANT_ID.
INNDX_TOKEN is the bearer token of a service that needs one.

`

// exportFlags are the flags of export.
type exportFlags struct{ format, file string }

func newExportCommand() *cobra.Command {
	var f exportFlags
	cmd := newCommand(exportName, 1, func(ctx context.Context, operands []string) error {
		id, err := uuid.Parse(operands[0])
		if err != nil {
			return wrongUsage("%q is not the id of a run", operands[0])
		}
		format := export.Format(f.format)
		if !slices.Contains(export.Formats(), format) {
			return wrongUsage("--format must be ndjson, csv, warc or wacz, not %q", f.format)
		}
		e := &exporting{client: newClient(strings.TrimSuffix(cmp.Or(os.Getenv("INNDX_URL"), "http://localhost:8022"), "/")), progress: os.Stderr}
		e.client.header = http.Header{}
		if t := os.Getenv("DEFAULT_TENANT_ID"); t != "" {
			e.client.header.Set("X-Tenant-Id", t)
		}
		if token := os.Getenv("INNDX_TOKEN"); token != "" {
			e.client.header.Set("Authorization", "Bearer "+token)
		}
		file := cmp.Or(f.file, export.Export{Run: run.Ref{ID: id}, Format: format}.FileName())
		err = e.save(ctx, id, format, file)
		if ctx.Err() != nil {
			return errInterrupted
		}
		return err
	})
	cmd.Flags().StringVar(&f.format, "format", "", "the `FORMAT` of the file: ndjson, csv (the log), warc or wacz (the archive)")
	cmd.Flags().StringVarP(&f.file, "output", "o", "", "the `FILE` (RUN with the extension of the format)")
	return cmd
}

// An exporting makes exports by the API and downloads their files.
type exporting struct {
	client   *client
	progress io.Writer
}

// An exportState is the part of an export that the command reads.
type exportState struct {
	ID       uuid.UUID
	State    export.State
	Size     int64
	Error    string
	URL      string `json:"download_url"`
	Progress struct{ Parts, Of int64 }
}

// save makes an export of the run, downloads its file, and deletes the export.
func (e *exporting) save(ctx context.Context, runID uuid.UUID, format export.Format, file string) error {
	exports := "/v1/runs/" + runID.String() + "/exports"
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	defer func() { // even after Ctrl-C
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = e.client.call(end, http.MethodDelete, exports+"/"+id.String(), nil)
	}()
	if _, err := e.client.call(ctx, http.MethodPost, exports, map[string]any{"id": id, "format": format}); err != nil {
		return err
	}
	made, err := e.await(ctx, exports+"/"+id.String(), format)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.progress, "%s: downloading %d bytes\n", format, made.Size)
	return writeFile(file, func(w io.Writer) error {
		return e.download(ctx, exports+"/"+id.String()+"/file", made.Size, w)
	})
}

// await waits until the file is made.
func (e *exporting) await(ctx context.Context, path string, format export.Format) (s exportState, err error) {
	shown := ""
	for {
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
		if line := fmt.Sprintf("%s: %s, %d of %d parts\n", format, s.State, s.Progress.Parts, s.Progress.Of); line != shown {
			shown = line
			io.WriteString(e.progress, line)
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}

const (
	// downloadAttempts bounds the attempts of a download that get no byte further.
	downloadAttempts = 5
	// downloadStall is how long a download may get no bytes.
	downloadStall = time.Minute
)

// download writes the file of an export, of the size, to w. After a failure it continues where it
// ended.
func (e *exporting) download(ctx context.Context, path string, size int64, w io.Writer) error {
	var done int64
	for failed := 0; ; {
		n, err := e.attempt(ctx, path, done, size, w)
		done += n
		if done == size && err == nil {
			return nil
		}
		var refused *apiError
		if failed++; n > 0 {
			failed = 0
		}
		if ctx.Err() != nil || errors.As(err, &refused) && refused.Code < 500 || failed == downloadAttempts {
			return cmp.Or(err, io.ErrUnexpectedEOF)
		}
		fmt.Fprintf(e.progress, "the download continues after %d bytes: %v\n", done, err)
		select {
		case <-time.After(pollInterval << failed):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// attempt downloads the bytes from the offset on, and returns how many it wrote.
func (e *exporting) attempt(ctx context.Context, path string, offset, size int64, w io.Writer) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(downloadStall, func() { cancel(errors.New("the server sends no more")) })
	defer stall.Stop()
	req, err := e.client.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, err
	}
	want := http.StatusOK
	if offset > 0 {
		want = http.StatusPartialContent
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(req) // without a timeout for the whole
	if err != nil {
		return 0, cmp.Or(context.Cause(ctx), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		return 0, &apiError{Code: resp.StatusCode, Message: http.StatusText(resp.StatusCode)}
	}
	n, err := io.Copy(w, io.LimitReader(resetting{resp.Body, stall}, size-offset))
	if err == nil && n < size-offset {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// A resetting reader resets a timer with each read.
type resetting struct {
	io.Reader
	timer *time.Timer
}

func (r resetting) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.timer.Reset(downloadStall)
	return n, err
}

// writeFile makes a file with what write writes, or leaves the one that was there. The name - is
// standard output.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if name == "-" {
		return write(stdout{})
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
