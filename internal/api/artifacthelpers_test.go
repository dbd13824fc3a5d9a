package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/warc"
)

// A signingBucket is a bucket that signs URLs, as that of a stack does, and that can fail.
type signingBucket struct {
	*bucket.Store
	failing atomic.Bool // every write fails when it is closed
}

func (b *signingBucket) SignedURL(_ context.Context, name string, ttl time.Duration) (string, error) {
	return fmt.Sprintf("https://bucket.example/%s?expires=%s", name, ttl), nil
}

func (b *signingBucket) Write(ctx context.Context, name string, o objects.WriteOptions) (io.WriteCloser, error) {
	if !b.failing.Load() {
		return b.Store.Write(ctx, name, o)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return b.Store.Write(ctx, name, o)
}

// everything returns all bytes of the bucket, with gzip members decompressed.
func (b *signingBucket) everything(c client) string {
	c.t.Helper()
	var all strings.Builder
	for o, err := range b.List(c.t.Context(), "") {
		if err != nil {
			c.t.Fatal(err)
		}
		r, err := b.Read(c.t.Context(), o.Name, 0, -1)
		if err != nil {
			c.t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			c.t.Fatal(err)
		}
		r.Close()
		all.WriteString(o.Name + "\n")
		if strings.HasSuffix(o.Name, ".gz") {
			all.WriteString(recordsOf(c.t, data))
		} else {
			all.Write(data)
		}
	}
	return all.String()
}

// recordsOf returns the headers and payloads of the records of a WARC object.
func recordsOf(t testing.TB, object []byte) string {
	t.Helper()
	var all strings.Builder
	records := warc.NewReader(bytes.NewReader(object))
	for {
		rec, err := records.Next()
		if err == io.EOF {
			return all.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, rec.Type, rec.TargetURI, rec.Header)
		if _, err := io.Copy(&all, rec.Payload); err != nil {
			t.Fatal(err)
		}
	}
}

// A page is a response that a run keeps.
type page struct {
	url, contentType, body string
	markdown               string // kept as well, unless it is empty
	revisit                bool   // of the last page with the same body that is no revisit
}

const keeping = `{"pipelines":[
	{"id":"pages","steps":[{"kind":"extractor","params":{"kind":"raw"}}],"actions":[{"kind":"to_blob","params":{"directory":"output"}}]}]}`

// noon is the time of the clock in tests of artifacts. Each page is fetched a second after the one
// before.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func noonClock() time.Time { return noon }

func newArtifactService(t testing.TB) *service {
	t.Helper()
	return newService(t, store.WithClock(noonClock))
}

// An artifactWriter keeps pages, as a worker does.
type artifactWriter struct {
	logWriter
	job     uuid.UUID
	created time.Time
	stored  map[string]crawllog.Location // by body
	at      time.Time
}

// artifactWriter starts a run that keeps artifacts.
func (c client) artifactWriter() *artifactWriter {
	c.t.Helper()
	cfg, err := config.Parse([]byte(keeping), "config")
	if err != nil {
		c.t.Fatal(err)
	}
	j, r, err := c.store.CreateJobAndRun(c.t.Context(), c.tenant, job.Job{Name: "docs"}, cfg, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return &artifactWriter{
		logWriter: c.logWriterOf(r.ID), job: j.ID, created: r.CreatedAt, stored: map[string]crawllog.Location{},
		at: noon,
	}
}

// keep commits the pages together and returns the ids of their artifacts.
func (w *artifactWriter) keep(pages ...page) (ids []string) {
	w.t.Helper()
	object := objects.NewWARC(w.lease.Seq + 1)
	var data []byte
	add := func(record []byte) crawllog.Location {
		at := crawllog.Location{Object: object, Offset: int64(len(data)), Length: int64(len(record))}
		data = append(data, record...)
		return at
	}
	var records []crawllog.Record
	for i, p := range pages {
		w.at = w.at.Add(time.Second)
		o, outcome := w.outcome(p, add), i
		for n := range o.Artifacts {
			id := artifact.ID{Run: w.lease.Ref.ID, Place: crawllog.Place{Part: w.lease.Seq + 1, Index: outcome}, Index: n}
			ids = append(ids, id.String())
		}
		records = append(records, o)
	}
	name := objects.WARC(objects.Prefix(w.lease.Ref, w.created), object)
	if err := w.bucket.Put(w.t.Context(), name, data, warc.ContentType); err != nil {
		w.t.Fatal(err)
	}
	w.append(records...)
	return ids
}

func (w *artifactWriter) outcome(p page, add func([]byte) crawllog.Location) *crawllog.Outcome {
	x := warc.Exchange{
		Run: w.lease.Ref.ID, URL: p.url, Date: w.at, Status: 200, Proto: "HTTP/1.1",
		Header: http.Header{"Content-Type": {p.contentType}}, Body: []byte(p.body), Digest: sha256.Sum256([]byte(p.body)),
	}
	raw := crawllog.Artifact{
		Kind: crawllog.Raw, PipelineID: "pages", Directory: "output", KeyStrategy: "hash",
		ContentType: p.contentType, Size: int64(len(p.body)), Digest: x.Digest,
	}
	if p.revisit {
		raw.Original = w.stored[p.body]
		raw.Location = add(x.RevisitRecord(warc.Original{URL: p.url, Date: w.at}))
	} else {
		raw.Location = add(x.ResponseRecord())
		w.stored[p.body] = raw.Location
	}
	o := &crawllog.Outcome{
		URL: p.url, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: w.at, Artifacts: []crawllog.Artifact{raw},
	}
	if p.markdown != "" {
		digest := sha256.Sum256([]byte(p.markdown))
		o.Artifacts = append(o.Artifacts, crawllog.Artifact{
			Kind: crawllog.Parsed, PipelineID: "text", KeyStrategy: "5min", ContentType: "text/markdown; charset=utf-8",
			Size: int64(len(p.markdown)), Digest: digest,
			Location: add(x.ConversionRecord("text/markdown", []byte(p.markdown), digest, true)),
		})
	}
	return o
}

func artifactPath(id string) string { return "/v1/artifacts/" + id }

func blobPath(id string) string { return artifactPath(id) + "/blob" }

// artifacts follows the Link headers of a list and returns the ids of its artifacts.
func (c client) artifacts(query string) (ids []string) {
	c.t.Helper()
	path := "/v1/artifacts?" + query
	for {
		r := c.do("GET", path, nil).want(200)
		var page pageBody[map[string]any]
		r.decode(&page)
		for _, item := range page.Items {
			ids = append(ids, item["id"].(string))
		}
		m := next.FindStringSubmatch(r.header.Get("Link"))
		if (m == nil) != (page.NextPage == nil) || len(ids) > 1000 {
			c.t.Fatalf("%s: Link %v, next_page %v, %d artifacts", path, m, page.NextPage, len(ids))
		}
		if m == nil {
			return ids
		}
		path = r.resolve(m[1])
	}
}

// delete deletes a run.
func (c client) deleteRun(id uuid.UUID) {
	c.t.Helper()
	if err := c.store.DeleteRun(c.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, nil); err != nil {
		c.t.Fatal(err)
	}
}
