package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/outfile"
)

// writeOutput writes the files of the run to the folder, unless it is nil. Ctrl-C, which ends ctx,
// ends the writing. If it ended the run before, it leaves the files of what was crawled until then.
func (w *watch) writeOutput(ctx, calls context.Context, dir *outputFolder, c config.Config) error {
	if dir == nil {
		return nil
	}
	writing, cancel := context.WithCancel(calls)
	defer cancel()
	if ctx.Err() == nil {
		defer context.AfterFunc(ctx, cancel)()
	}
	err := dir.removeEarlier()
	if err == nil {
		err = w.writeFiles(writing, dir.Root, c)
	}
	switch {
	case err == nil:
		return nil
	case writing.Err() != nil && calls.Err() == nil:
		return exit.ErrInterrupted
	}
	return fmt.Errorf("--output: %w", cause(calls, err))
}

// writeFiles writes what the run recorded and kept to the folder: its log, its archive if it keeps
// responses, and what it extracted from pages as files with the names of their blob keys.
func (w *watch) writeFiles(ctx context.Context, dir *os.Root, c config.Config) error {
	files := []struct {
		name   string
		format export.Format
		has    bool
	}{
		{logCSV, export.CSV, true},
		{logNDJSON, export.NDJSON, true},
		{archiveWACZ, export.WACZ, c.KeepsResponses()},
	}
	for _, f := range files {
		if !f.has {
			continue
		}
		name := filepath.Join(dir.Name(), f.name)
		if err := w.client.Export(ctx, w.id, f.format, name, func(string) {}); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		w.display.Println("wrote " + name)
	}
	if !c.Keeps() {
		return nil
	}
	n, err := w.writeParsed(ctx, dir)
	switch {
	case err == nil && n == 1:
		w.display.Println("wrote 1 extracted file to " + dir.Name())
	case err == nil && n > 1:
		w.display.Println(fmt.Sprintf("wrote %d extracted files to %s", n, dir.Name()))
	}
	return err
}

// writeParsed writes the artifacts of the kind parsed and returns how many there are.
func (w *watch) writeParsed(ctx context.Context, dir *os.Root) (n int, err error) {
	for page := ""; ; {
		query := url.Values{"run_ids": {w.id.String()}, "kinds": {"parsed"}, "per_page": {"100"}}
		if page != "" {
			query.Set("page", page)
		}
		response, err := w.client.Call(ctx, http.MethodGet, "/v1/artifacts?"+query.Encode(), nil)
		if err != nil {
			return n, err
		}
		var list struct {
			Items []struct {
				ID      string
				BlobKey string `json:"blob_key"`
			}
			NextPage string `json:"next_page"`
		}
		if err := json.Unmarshal(response, &list); err != nil {
			return n, err
		}
		for _, a := range list.Items {
			if err := w.writeBlob(ctx, dir, a.ID, fileName(a.BlobKey, a.ID)); err != nil {
				return n, err
			}
			n++
		}
		if page = list.NextPage; page == "" {
			return n, nil
		}
	}
}

// fileName returns the name of the file for a blob key, or for the artifact's id if the key is no
// name of a file in the folder. A configuration names the directory that a key begins with.
func fileName(key, id string) string {
	name := path.Clean(key)
	if name == "." || !filepath.IsLocal(filepath.FromSlash(name)) {
		return id
	}
	return name
}

// writeBlob writes the content of an artifact. The name cannot lead out of the folder, not even by
// a symbolic link.
func (w *watch) writeBlob(ctx context.Context, dir *os.Root, id, name string) error {
	resp, err := w.client.Send(ctx, http.MethodGet, "/v1/artifacts/"+id+"/blob", nil, nil)
	if err != nil {
		return fmt.Errorf("the artifact %s cannot be read: %w", id, err)
	}
	defer resp.Body.Close()
	if err := dir.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	temporary := path.Join(path.Dir(name), "."+uuid.NewString())
	var f *os.File
	err = outfile.Unfinished.Create(temporary, func() error {
		f, err = dir.Create(temporary)
		return err
	}, func() { _ = dir.Remove(temporary) })
	if err != nil {
		return err
	}
	defer outfile.Unfinished.Forget(temporary)
	_, err = io.Copy(f, resp.Body)
	if err = errors.Join(err, f.Close()); err == nil {
		err = dir.Rename(temporary, name)
	}
	if err != nil {
		_ = dir.Remove(temporary)
	}
	return err
}
