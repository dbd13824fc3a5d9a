package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/warc"
)

// An Archive is what a run keeps, as its log says and as its objects have it.
type Archive struct {
	Artifacts map[string][]crawllog.Artifact // by URL
	Objects   []string                       // that the log names, in order
	Orphans   []string                       // that it does not name
	Faults    []string                       // what differs between the log and the objects
}

// ReadArchive reads everything that a run keeps. Each record must be the one that the log says it
// is, and no artifacts of two outcomes may be at the same place.
func ReadArchive(ctx context.Context, h History, b *bucket.Store, ref run.Ref, createdAt time.Time) (Archive, error) {
	a := Archive{Artifacts: map[string][]crawllog.Artifact{}}
	r := archiveReader{b, objects.Prefix(ref, createdAt), &a}
	places := map[crawllog.Location]*crawllog.Outcome{}
	for _, o := range slices.Concat(slices.Collect(maps.Values(h.Outcomes)), h.Again) {
		a.Artifacts[o.URL] = append(a.Artifacts[o.URL], o.Artifacts...)
		for _, artifact := range o.Artifacts {
			if other, ok := places[artifact.Location]; ok && other != o {
				r.fault("%s and %s are at the same place", o.URL, other.URL)
			}
			places[artifact.Location] = o
			if !slices.Contains(a.Objects, artifact.Location.Object) {
				a.Objects = append(a.Objects, artifact.Location.Object)
			}
			if err := r.check(ctx, o, artifact); err != nil {
				r.fault("%s cannot be read: %v", o.URL, err)
			}
		}
	}
	slices.Sort(a.Objects)
	for o, err := range b.List(ctx, objects.WARCFolder(r.prefix)) {
		if err != nil {
			return a, err
		}
		if base := strings.TrimPrefix(o.Name, objects.WARCFolder(r.prefix)); !slices.Contains(a.Objects, base) {
			a.Orphans = append(a.Orphans, base)
		}
	}
	return a, nil
}

// ExpectKept adds a fault for each outcome that does not have as many artifacts as it should: n if
// it is ok, and otherwise none.
func (a *Archive) ExpectKept(h History, n int) {
	for url, o := range h.Outcomes {
		want := 0
		if o.Status == crawllog.OK {
			want = n
		}
		if got := len(a.Artifacts[url]); got != want {
			a.Faults = append(a.Faults, fmt.Sprintf("%s, which ended as %s, has %d artifacts, want %d", url, o.Status, got, want))
		}
	}
}

// An archiveReader reads the records of a run.
type archiveReader struct {
	bucket  *bucket.Store
	prefix  string
	archive *Archive
}

func (r archiveReader) fault(format string, args ...any) {
	r.archive.Faults = append(r.archive.Faults, fmt.Sprintf(format, args...))
}

// check reads the record of an artifact of an outcome.
func (r archiveReader) check(ctx context.Context, o *crawllog.Outcome, a crawllog.Artifact) error {
	rec, payload, err := r.read(ctx, a.Location)
	if err != nil {
		return err
	}
	want := "response"
	switch {
	case a.Kind == crawllog.Parsed:
		want = "conversion"
	case a.Original != crawllog.Location{}:
		want = "revisit"
	}
	if rec.Type != want || rec.TargetURI != o.ResponseURL() || !rec.Date.Equal(o.CapturedAt()) || a.Kind == crawllog.Raw && rec.Status != o.HTTPStatus {
		r.fault("the record of %s is a %s of %s at %v with status %d", o.URL, rec.Type, rec.TargetURI, rec.Date, rec.Status)
	}
	if want == "revisit" {
		original, content, err := r.read(ctx, a.Original)
		if err != nil {
			return err
		}
		if original.Type != "response" || len(payload) > 0 ||
			rec.Fields.Get("WARC-Refers-To") != original.Fields.Get("WARC-Record-ID") ||
			rec.Fields.Get("WARC-Refers-To-Target-URI") != original.TargetURI ||
			rec.Fields.Get("WARC-Refers-To-Date") != original.Fields.Get("WARC-Date") {
			r.fault("%s refers to another record than the one at its original's place: %v, %v", o.URL, rec.Fields, original.Fields)
		}
		payload = content
	}
	if a.Digest != sha256.Sum256(payload) || a.Size != int64(len(payload)) {
		r.fault("the content of %s has %d bytes, and is not what the log says: %d bytes", o.URL, len(payload), a.Size)
	}
	return nil
}

// read reads the record at a location.
func (r archiveReader) read(ctx context.Context, at crawllog.Location) (*warc.Record, []byte, error) {
	object, err := r.bucket.Read(ctx, objects.WARC(r.prefix, at.Object), at.Offset, at.Length)
	if err != nil {
		return nil, nil, err
	}
	defer object.Close()
	rec, err := warc.ReadRecord(object)
	if err != nil {
		return nil, nil, err
	}
	payload, err := io.ReadAll(rec.Payload)
	return rec, payload, err
}
