package export_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/warc"
)

// A site is a run that crawled a site, and the bucket with what it kept.
type site struct {
	*bucket.Store
	ref     run.Ref
	created time.Time
	parts   [][]byte
	pages   int      // that each further part of the log records
	urls    []string // of the pages that were kept
	deleted map[crawllog.Location]bool
}

// newSite returns a run whose log has the given number of parts, each with some pages.
func newSite(t *testing.T, parts int) *site {
	t.Helper()
	s := &site{
		Store: bucket.New(memblob.OpenBucket(nil)), pages: pagesPerPart, created: time.UnixMilli(1_790_000_000_123).UTC(),
		ref: run.Ref{Tenant: "acme", ID: uuid.MustParse("01990000-0000-7000-8000-000000000001")},
	}
	t.Cleanup(func() { _ = s.Close() })
	for i := range parts {
		s.addPart(t, i)
	}
	return s
}

// pagesPerPart is the number of pages that each part of a site's log records.
const pagesPerPart = 7

func (s *site) addPart(t *testing.T, n int) {
	t.Helper()
	base := objects.NewWARC(int64(n + 1))
	object := warc.Info{Name: base, Software: "test", Run: s.ref.ID.String(), Date: s.created}.Record()
	var records []crawllog.Record
	for i := range s.pages {
		o := &crawllog.Outcome{
			URL: fmt.Sprintf("https://www.example.com/%d/page?b=%d&a=1", n, i), Depth: n + i, Step: crawllog.Fetch, Status: crawllog.OK,
			HTTPStatus: 200, ContentType: "text/html; charset=utf-8", Title: fmt.Sprintf("Page %d, \"%d\"", n, i), Attempt: 1,
			OccurredAt: s.created.Add(time.Duration(n*s.pages+i) * time.Second),
		}
		body := []byte(strings.Repeat(o.URL+"\n", 10))
		o.Digest = sha256.Sum256(body)
		x := &warc.Exchange{
			Run: s.ref.ID, URL: o.URL, Date: o.OccurredAt, Status: 200, Proto: "HTTP/1.1",
			Header: http.Header{"Content-Type": {o.ContentType}}, Body: body, Digest: o.Digest,
		}
		response := x.ResponseRecord()
		o.Artifacts = []crawllog.Artifact{{
			Kind: crawllog.Raw, PipelineID: "pages", Directory: "out", KeyStrategy: "hash", ContentType: o.ContentType,
			Size: int64(len(body)), Digest: o.Digest,
			Location: crawllog.Location{Object: base, Offset: int64(len(object)), Length: int64(len(response))},
		}}
		object = append(append(object, response...), x.RequestRecord()...)
		records = append(records, o)
		s.urls = append(s.urls, o.URL)
	}
	records = append(records, &crawllog.Outcome{
		URL: fmt.Sprintf("https://www.example.com/%d/broken", n), Step: crawllog.Fetch, Status: crawllog.Error,
		ErrorReason: "http_status", ErrorDetail: "Not Found", HTTPStatus: 404, Referrer: s.urls[len(s.urls)-1], OccurredAt: s.created,
	})
	encoded := crawllog.Encode(records)
	if len(encoded) != 1 {
		t.Fatalf("%d parts", len(encoded))
	}
	s.parts = append(s.parts, encoded[0])
	if err := s.Put(t.Context(), objects.WARC(objects.Prefix(s.ref, s.created), base), object, warc.ContentType); err != nil {
		t.Fatal(err)
	}
}

func (s *site) LogParts(_ context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		if ref != s.ref {
			yield(crawllog.Part{}, errors.New("another run"))
			return
		}
		for i := after; i < int64(len(s.parts)); i++ {
			if !yield(crawllog.Part{Seq: i + 1, Data: s.parts[i]}, nil) {
				return
			}
		}
	}
}

func (s *site) DeletedArtifacts(context.Context, run.Ref) (map[crawllog.Location]bool, error) {
	return s.deleted, nil
}

// export returns a new export of the run.
func (s *site) export(f export.Format) export.Export {
	return export.Export{
		ID: uuid.MustParse("01990000-0000-7000-8000-0000000000ee"), Run: s.ref, RunCreatedAt: s.created, JobID: uuid.Nil,
		Format: f, State: export.Running, Parts: int64(len(s.parts)), CreatedAt: s.created.Add(time.Hour),
	}
}

// make makes the export in one go and returns its file.
func (s *site) make(t *testing.T, e export.Export, pieceBytes int64) []byte {
	t.Helper()
	m := &export.Maker{Log: s, Objects: s, PieceBytes: pieceBytes}
	size, err := m.Make(t.Context(), e, time.Time{}, func(export.Progress) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	file := s.read(t, e.File())
	if int64(len(file)) != size {
		t.Fatalf("Make returned the size %d, the file has %d bytes", size, len(file))
	}
	return file
}

func (s *site) read(t *testing.T, name string) []byte {
	t.Helper()
	r, err := s.Read(t.Context(), name, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(data)
}
