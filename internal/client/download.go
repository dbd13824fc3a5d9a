package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// downloadStall is how long a download may get no bytes.
const downloadStall = time.Minute

// showInterval is the time between two calls of show.
const showInterval = 250 * time.Millisecond

// A download writes a content of the API of a known size. After a failure it continues where it
// ended.
type download struct {
	client *Client
	path   string
	size   int64
	w      io.Writer
	show   func(done int64) // is called from time to time

	done  int64 // bytes that were written
	etag  string
	shown time.Time
	wrote error // what w failed with
}

// Download writes a content of the API, of which the size is known, to w. After a failure it continues
// where it ended. It calls show with the number of bytes that were written, from time to time.
func (c *Client) Download(ctx context.Context, path string, size int64, w io.Writer, show func(done int64)) error {
	d := download{client: c, path: path, size: size, w: w, show: show}
	return d.run(ctx)
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
		if ctx.Err() != nil || d.wrote != nil || errors.Is(err, errOtherContent) || !Temporary(err) || failed == remoteAttempts {
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
	resp, err := d.client.Send(ctx, http.MethodGet, d.path, header, nil)
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
	if now := time.Now(); d.show != nil && (now.Sub(d.shown) >= showInterval || d.done == d.size) {
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
