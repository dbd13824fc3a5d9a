// Package bucket stores the objects of runs by gocloud.dev/blob: in an S3 bucket, in a folder of
// one machine, or in memory. It imports no driver but that of the folder.
//
// Errors are *fault.Error: NotFound if there is no such object, Throttled and Unavailable if the
// bucket refuses or does not respond. Their messages, which clients see, contain no names.
package bucket

import (
	"context"
	"io"
	"iter"
	"mime"
	"net/http"
	"time"

	"gocloud.dev/blob"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/objects"
)

// A Store reads and writes objects. It is safe for concurrent use.
type Store struct {
	bucket      *blob.Bucket
	folder      *folder // nil unless the objects are files
	beforeWrite func(name string, as func(any) bool) error
	joiner      Joiner // nil if the driver cannot join objects
}

// An Option configures a Store.
type Option func(*Store)

// BeforeWrite makes the store call f before it writes an object. As sets values of the driver, as
// blob.WriterOptions.BeforeWrite describes it.
func BeforeWrite(f func(name string, as func(any) bool) error) Option {
	return func(s *Store) { s.beforeWrite = f }
}

// New returns a store of the objects in b.
func New(b *blob.Bucket, opts ...Option) *Store {
	s := &Store{bucket: b, beforeWrite: func(string, func(any) bool) error { return nil }}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Put writes an object, or replaces it as a whole. The object is durable when Put returns. After an
// error the object may have been written.
func (s *Store) Put(ctx context.Context, name string, body []byte, contentType string) error {
	return s.write(ctx, name, objects.WriteOptions{ContentType: contentType}, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
}

// write writes an object by the function. If that fails, the object stays as it was.
func (s *Store) write(ctx context.Context, name string, o objects.WriteOptions, by func(io.Writer) error) error {
	w, err := s.open(ctx, name, o)
	if err != nil {
		return err
	}
	if err := by(w); err != nil {
		w.abort()
		return err
	}
	return w.Close()
}

// Write returns a writer of an object. Close makes the object visible and durable, or returns an
// error; until then readers find what was there before. A canceled ctx gives up: Close then returns
// an error. The caller must call Close in any case.
func (s *Store) Write(ctx context.Context, name string, o objects.WriteOptions) (io.WriteCloser, error) {
	w, err := s.open(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (s *Store) open(ctx context.Context, name string, o objects.WriteOptions) (*writer, error) {
	ctx, cancel := context.WithCancel(ctx)
	w := &writer{cancel: cancel}
	opts := &blob.WriterOptions{
		ContentType:        mediaType(o.ContentType),
		ContentDisposition: o.ContentDisposition,
		BeforeWrite: func(as func(any) bool) error {
			if s.folder != nil {
				s.folder.begin(&w.file, as)
			}
			return s.beforeWrite(name, as)
		},
	}
	var err error
	for range maxFolderRaces {
		w.Writer, err = s.bucket.NewWriter(ctx, name, opts)
		if err == nil || s.folder == nil || !isMissing(err) {
			break
		}
	}
	if err != nil {
		cancel()
		return nil, classify(err, "write an object")
	}
	return w, nil
}

// maxFolderRaces bounds the attempts to make a folder that DeleteRun removes at the same time.
const maxFolderRaces = 5

// mediaType returns the value as a media type, or that of bytes. Values come from the web.
func mediaType(value string) string {
	t, params, err := mime.ParseMediaType(value)
	if err == nil {
		value = mime.FormatMediaType(t, params)
	}
	if err != nil || value == "" {
		return "application/octet-stream"
	}
	return value
}

// A writer writes an object.
type writer struct {
	*blob.Writer
	file   file // set if the object is a file
	cancel context.CancelFunc
}

func (w *writer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, classify(err, "write an object")
}

// ReadFrom implements io.ReaderFrom as a loop over Write: the method of blob.Writer would bypass
// it.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w}, r)
}

func (w *writer) Close() error {
	defer w.cancel()
	if err := w.file.sync(); err != nil {
		w.abort()
		return classify(err, "sync an object")
	}
	if err := w.Writer.Close(); err != nil {
		return classify(err, "write an object")
	}
	return classify(w.file.syncFolders(), "sync a folder")
}

// abort gives up. What was written disappears.
func (w *writer) abort() {
	w.cancel() // a driver discards what was written if the context has ended before Close
	_ = w.Writer.Close()
}

// Read returns a reader of length bytes of an object from the offset, or to the end if length is
// -1. The reader ends early at the object's end. Read fails with NotFound if there is no such
// object. The caller must close the reader.
func (s *Store) Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	r, err := s.bucket.NewRangeReader(ctx, name, offset, length, nil)
	if isPastEnd(err) {
		return http.NoBody, nil
	}
	if err != nil {
		return nil, classify(err, "read an object")
	}
	return reader{r}, nil
}

// A reader classifies the errors of reading an object.
type reader struct{ *blob.Reader }

func (r reader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		return n, io.EOF
	}
	return n, classify(err, "read an object")
}

// WriteTo implements io.WriterTo as a loop over Read.
func (r reader) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{r})
}

// listPage is the number of objects that one request lists, which is the maximum of S3.
const listPage = 1000

// List returns the objects whose names begin with the prefix, in the order of their names. It is
// consistent: it has every object whose write ended before, and none whose deletion did. An error
// ends the sequence.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		for token := blob.FirstPageToken; token != nil; {
			var page []*blob.ListObject
			var err error
			page, token, err = s.bucket.ListPage(ctx, token, listPage, &blob.ListOptions{Prefix: prefix})
			if err != nil {
				yield(objects.Object{}, classify(err, "list objects"))
				return
			}
			for _, o := range page {
				if s.folder != nil && isTemporary(o.Key) {
					continue
				}
				if !yield(objects.Object{Name: o.Key, Size: o.Size, ModTime: o.ModTime}, nil) {
					return
				}
			}
		}
	}
}

// Delete deletes an object. It returns nil if the object does not exist.
func (s *Store) Delete(ctx context.Context, name string) error {
	err := classify(s.bucket.Delete(ctx, name), "delete an object")
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// SignedURL returns a URL from which everyone can download the object for the given time, even if
// the object does not exist. The URL is a secret. SignedURL fails with NotImplemented if the bucket
// cannot sign, as one machine cannot: there, a client gets the content from the API.
//
// S3 accepts a URL for at most that time, but less if the credentials that signed it end earlier or
// the clock of this machine is behind by minutes.
func (s *Store) SignedURL(ctx context.Context, name string, ttl time.Duration) (string, error) {
	url, err := s.bucket.SignedURL(ctx, name, &blob.SignedURLOptions{Expiry: ttl})
	return url, classify(err, "sign a URL")
}

// Close ends the use of the store.
func (s *Store) Close() error { return s.bucket.Close() }
