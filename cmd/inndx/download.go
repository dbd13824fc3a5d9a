package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
)

// downloadStall is how long a download may get no bytes.
const downloadStall = time.Minute

// A download writes a content of the API of a known size. After a failure it continues where it
// ended.
type download struct {
	client *client
	path   string
	size   int64
	w      io.Writer
	show   func(done int64) // is called from time to time

	done  int64 // bytes that were written
	etag  string
	shown time.Time
	wrote error // what w failed with
}

// run downloads the content. It ends after remoteAttempts attempts in a row that got no byte.
func (d *download) run(ctx context.Context) error {
	for failed := 0; ; {
		before := d.done
		err := d.attempt(ctx)
		if err == nil {
			return nil
		}
		if d.done > before {
			failed = 0
		}
		failed++
		if ctx.Err() != nil || d.wrote != nil || errors.Is(err, errOtherContent) || !temporary(err) || failed == remoteAttempts {
			return fmt.Errorf("the download ended after %d of %d bytes: %w", d.done, d.size, err)
		}
		if err := pause(ctx, failed-1, err); err != nil {
			return err
		}
	}
}

// errOtherContent reports that the content is not the one that the download began with.
var errOtherContent = errors.New("the server sends another content than at first")

// attempt downloads what is left.
func (d *download) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(downloadStall, func() { cancel(errors.New("the server sends no more")) })
	defer stall.Stop()
	header := http.Header{"Accept-Encoding": {"identity"}}
	if d.done > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", d.done))
		if d.etag != "" {
			header.Set("If-Range", d.etag)
		}
	}
	resp, err := d.client.send(ctx, http.MethodGet, d.path, header, nil)
	if err != nil {
		return cmp.Or(context.Cause(ctx), err)
	}
	defer resp.Body.Close()
	if err := d.check(resp); err != nil {
		return err
	}
	body := io.TeeReader(resp.Body, resetting(func() { stall.Reset(downloadStall) }))
	if resp.StatusCode == http.StatusOK { // from the beginning
		if _, err := io.CopyN(io.Discard, body, d.done); err != nil {
			return unexpected(ctx, err)
		}
	}
	_, err = io.CopyN(d, body, d.size-d.done)
	return unexpected(ctx, err)
}

// check checks that the response has the content that the download began with. A server that does
// not know ranges sends the whole content again.
func (d *download) check(resp *http.Response) error {
	etag := resp.Header.Get("ETag")
	if strings.HasPrefix(etag, "W/") { // tells no bytes apart
		etag = ""
	}
	switch first := fmt.Sprintf("bytes %d-%d/%d", d.done, d.size-1, d.size); {
	case d.done > 0 && etag != d.etag,
		resp.StatusCode == http.StatusOK && d.done > 0 && etag == "",
		resp.StatusCode == http.StatusOK && resp.ContentLength >= 0 && resp.ContentLength != d.size,
		resp.StatusCode == http.StatusPartialContent && resp.Header.Get("Content-Range") != first,
		resp.StatusCode != http.StatusOK && (resp.StatusCode != http.StatusPartialContent || d.done == 0):
		return errOtherContent
	}
	d.etag = etag
	return nil
}

// unexpected returns the reason why a body ended too early, if it did.
func unexpected(ctx context.Context, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && context.Cause(ctx) != nil {
		return context.Cause(ctx)
	}
	return err
}

// Write writes to d.w.
func (d *download) Write(p []byte) (n int, err error) {
	n, d.wrote = d.w.Write(p)
	d.done += int64(n)
	if now := time.Now(); d.show != nil && (now.Sub(d.shown) >= pollInterval || d.done == d.size) {
		d.shown = now
		d.show(d.done)
	}
	return n, d.wrote
}

// A resetting writer calls itself at each write.
type resetting func()

func (r resetting) Write(p []byte) (int, error) {
	r()
	return len(p), nil
}

// writeFile makes a file with what write writes, or leaves the one that was there. The name - is
// standard output.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if name == "-" {
		return write(stdout{})
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return wrongUsage("%s is a folder", name)
	case err == nil && !info.Mode().IsRegular(): // such as a device, which must not be replaced
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return wrongUsage("%v", err)
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := createBeside(name)
	if err != nil {
		return wrongUsage("%v", err)
	}
	defer unfinished.forget(f.Name())
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// createBeside makes an unfinished file in the folder of the named one, with the permissions of a
// new file.
func createBeside(name string) (f *os.File, err error) {
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+uuid.NewString())
	err = unfinished.create(temporary, func() error {
		f, err = os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		return err
	}, func() { os.Remove(temporary) })
	return f, err
}
