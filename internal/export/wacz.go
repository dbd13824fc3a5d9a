package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
)

// A waczEncoder makes a WACZ (https://specs.webrecorder.net/wacz/1.1.1/): a zip file with the WARC
// files of the run, their index, the list of pages, and a description with the digest of each
// entry. It walks the log once for the WARC files and once for each list of pages.
type waczEncoder struct {
	job *job

	Zip      zipFile  `json:"zip"`
	Sequence sequence `json:"sequence"` // of the WARC file that is being written
	Files    int      `json:"files"`    // WARC files so far
	Index    index    `json:"index"`

	deleted map[crawllog.Location]bool // of the walks for pages; nil until they need it
}

func newWACZ(j *job) encoder {
	e := &waczEncoder{job: j}
	e.Index.job = j
	return e
}

func (e *waczEncoder) phases() []phase {
	return []phase{
		{part: e.archive, end: e.endArchive},
		e.pageList("pages/pages.jsonl", "pages", "Seeds", func(o *crawllog.Entry) bool { return o.Depth == 0 }),
		e.pageList("pages/extraPages.jsonl", "extra-pages", "All pages but seeds", func(o *crawllog.Entry) bool { return o.Depth > 0 }),
		{end: e.mergeIndex},
		{end: e.listIndex},
		{end: e.endPackage},
	}
}

// start prepares the encoder in this process.
func (e *waczEncoder) start(context.Context) error { return e.Zip.start(e.job.out, e.job.CreatedAt) }

func (e *waczEncoder) flush(ctx context.Context) error {
	if err := e.Zip.flush(); err != nil {
		return err
	}
	return e.Index.flush(ctx)
}

// archive copies the WARC objects that the entries name, and indexes their responses.
func (e *waczEncoder) archive(ctx context.Context, _ int64, entries []crawllog.Entry) error {
	for i := range entries {
		entry := &entries[i]
		for k := range entry.Artifacts {
			offset, err := e.Sequence.add(&entry.Artifacts[k], func(object string) (int64, error) {
				if err := e.openFile(); err != nil {
					return 0, err
				}
				return e.job.copyObject(ctx, &e.Zip, object)
			})
			if err != nil {
				return err
			}
			if a := artifact.Of(entry, k); a.Kind != crawllog.Parsed && !isIndexed(entry, k) {
				if err := e.Index.add(ctx, entry, a, e.Zip.last().Name, offset); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// isIndexed reports whether the record of artifact k is that of an earlier artifact of the entry:
// several pipelines may keep the same response, as a page and as an asset.
func isIndexed(entry *crawllog.Entry, k int) bool {
	return slices.ContainsFunc(entry.Artifacts[:k], func(a crawllog.Artifact) bool {
		return a.Location == entry.Artifacts[k].Location
	})
}

// isDeleted reports whether an artifact, or the one that has its content, is deleted.
func (e *waczEncoder) isDeleted(a *crawllog.Artifact) bool {
	return e.deleted[a.Location] || e.deleted[a.Original]
}

// openFile begins a WARC file unless one is open that is not long yet.
func (e *waczEncoder) openFile() error {
	if e.Zip.isOpen() {
		if e.Zip.last().Bytes < maxEntryBytes {
			return nil
		}
		e.Zip.complete()
	}
	e.Files++
	e.Sequence = sequence{}
	return e.Zip.open(fmt.Sprintf("archive/data-%05d.warc.gz", e.Files))
}

func (e *waczEncoder) endArchive(ctx context.Context) error {
	if e.Zip.isOpen() {
		e.Zip.complete()
	}
	return e.Index.flush(ctx)
}

// pageList returns the phase that writes the pages that include selects.
func (e *waczEncoder) pageList(name, id, title string, include func(*crawllog.Entry) bool) phase {
	return phase{
		begin: func(context.Context) error {
			e.deleted = nil
			if err := e.Zip.open(name); err != nil {
				return err
			}
			return e.writeJSON(map[string]any{"format": "json-pages-1.0", "id": id, "title": title})
		},
		part: func(ctx context.Context, _ int64, entries []crawllog.Entry) error {
			if err := e.readDeleted(ctx); err != nil {
				return err
			}
			for i := range entries {
				if e.isPage(&entries[i]) && include(&entries[i]) {
					if err := e.writeJSON(newPage(&entries[i])); err != nil {
						return err
					}
				}
			}
			return nil
		},
		end: func(context.Context) error {
			e.Zip.complete()
			return nil
		},
	}
}

// readDeleted reads the deleted artifacts once for a walk, in each process. All that the index
// leaves out are among them, so each page that is listed has a line in the index.
func (e *waczEncoder) readDeleted(ctx context.Context) (err error) {
	if e.deleted != nil {
		return nil
	}
	e.deleted, err = e.job.log.DeletedArtifacts(ctx, e.job.Run)
	if err == nil && e.deleted == nil {
		e.deleted = map[crawllog.Location]bool{}
	}
	return err
}

// isPage reports whether an entry is an HTML page with a response in the archive.
func (e *waczEncoder) isPage(entry *crawllog.Entry) bool {
	if entry.HTTPStatus/100 != 2 || !strings.Contains(strings.ToLower(entry.ContentType), "html") {
		return false
	}
	for k := range entry.Artifacts {
		if a := artifact.Of(entry, k); a.Kind == crawllog.Raw && !e.isDeleted(&a.Artifact) {
			return true
		}
	}
	return false
}

// A page is a line of a list of pages.
type page struct {
	ID    string    `json:"id"`
	URL   string    `json:"url"`
	TS    time.Time `json:"ts"`
	Title string    `json:"title,omitempty"`
}

func newPage(entry *crawllog.Entry) page {
	return page{ID: entry.ID().String(), URL: entry.ResponseURL(), TS: entry.CapturedAt().UTC(), Title: entry.Title}
}

// writeJSON writes a line of JSON to the entry that is open.
func (e *waczEncoder) writeJSON(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = e.Zip.Write(append(line, '\n'))
	return err
}

// mergeIndex writes the index of the archive: its lines in order, as gzip members. It continues if
// the entry is open.
func (e *waczEncoder) mergeIndex(ctx context.Context) error {
	if !e.Zip.isOpen() {
		if err := e.Zip.open("indexes/index.cdx.gz"); err != nil {
			return err
		}
	}
	if err := e.Index.merge(ctx, &e.Zip, e.job.pause); err != nil {
		return err
	}
	e.Zip.complete()
	return nil
}

// listIndex writes the list of the members of the index.
func (e *waczEncoder) listIndex(ctx context.Context) error {
	if err := e.Zip.open("indexes/index.idx"); err != nil {
		return err
	}
	if err := e.Index.writeList(ctx, &e.Zip); err != nil {
		return err
	}
	e.Zip.complete()
	return nil
}

// A resource describes an entry in datapackage.json.
type resource struct {
	Name  string `json:"name"`
	Path  string `json:"path"`
	Hash  string `json:"hash"`
	Bytes int64  `json:"bytes"`
}

// endPackage writes the description of the file and its digest, and ends the zip file.
func (e *waczEncoder) endPackage(context.Context) error {
	resources := []resource{}
	for _, entry := range e.Zip.Entries {
		// A name has no upper case (https://specs.frictionlessdata.io/data-resource/#name).
		name := strings.ToLower(entry.Name[strings.LastIndexByte(entry.Name, '/')+1:])
		resources = append(resources, resource{Name: name, Path: entry.Name, Hash: "sha256:" + entry.Digest, Bytes: entry.Bytes})
	}
	description, err := json.MarshalIndent(map[string]any{
		"profile": "data-package", "wacz_version": "1.1.1", "software": software,
		"title": "Run " + e.job.Run.ID.String(), "created": e.job.CreatedAt.UTC().Format(time.RFC3339),
		"resources": resources,
	}, "", "  ")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(description)
	digest, err := json.MarshalIndent(map[string]any{
		"path": "datapackage.json", "hash": "sha256:" + hex.EncodeToString(sum[:]),
	}, "", "  ")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"datapackage.json", description}, {"datapackage-digest.json", digest}} {
		if err := e.Zip.open(f.name); err != nil {
			return err
		}
		if _, err := e.Zip.Write(f.data); err != nil {
			return err
		}
		e.Zip.complete()
	}
	return e.Zip.close()
}
