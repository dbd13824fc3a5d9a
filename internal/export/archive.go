package export

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects"
)

// A sequence is the WARC objects of a run, one after the other, in the order in which the log names
// them. A commit stores one object, which only the parts of the commit name. So each object is
// named by consecutive artifacts.
type sequence struct {
	Object string `json:"object"` // the last one
	Base   int64  `json:"base"`   // its first byte in the sequence
	Size   int64  `json:"size"`   // of the sequence
}

// add calls copy with the name of the artifact's object if that is not the last one, and returns
// the offset of the artifact's record in the sequence. copy returns the size of the object.
func (s *sequence) add(a *crawllog.Artifact, copy func(object string) (size int64, err error)) (offset int64, err error) {
	if a.Location.Object != s.Object {
		size, err := copy(a.Location.Object)
		if err != nil {
			return 0, err
		}
		s.Object, s.Base = a.Location.Object, s.Size
		s.Size += size
	}
	return s.Base + a.Location.Offset, nil
}

// copyObject copies a WARC object of the run.
func (j *job) copyObject(ctx context.Context, w io.Writer, object string) (int64, error) {
	r, err := j.objects.Read(ctx, objects.WARC(objects.Prefix(j.Run, j.RunCreatedAt), object), 0, -1)
	if err != nil {
		return 0, fmt.Errorf("export: read a WARC object: %w", err)
	}
	n, err := io.Copy(w, r)
	return n, cmp.Or(err, r.Close())
}

// A warcEncoder makes the concatenation of the run's WARC objects, which is a WARC file: each
// record is a gzip member.
type warcEncoder struct {
	prepared
	job      *job
	Sequence sequence `json:"sequence"`
}

func newWARC(j *job) encoder { return &warcEncoder{job: j} }

func (e *warcEncoder) phases() []phase { return []phase{{part: e.part, end: e.end}} }

func (e *warcEncoder) part(ctx context.Context, _ int64, entries []crawllog.Entry) error {
	for i := range entries {
		for k := range entries[i].Artifacts {
			_, err := e.Sequence.add(&entries[i].Artifacts[k], func(object string) (int64, error) {
				return e.job.copyObject(ctx, e.job.out, object)
			})
			if err != nil {
				return err
			}
			e.job.Progress.Entries++
		}
	}
	return nil
}

// end writes a record of type warcinfo if the run kept nothing: a file without a record is no WARC
// file. The objects of a run begin with such a record.
func (e *warcEncoder) end(context.Context) error {
	if e.Sequence.Size > 0 {
		return nil
	}
	_, err := e.job.out.Write(e.job.warcInfo(e.job.FileName()))
	return err
}

// software is the name of this program in archives.
const software = "inndx/" + config.Version

// warcInfo returns a record of type warcinfo for a file with the name, as a gzip member. It is like
// those of package warc, which needs net/http. It has the ID of the export, so that it is the same
// each time.
func (j *job) warcInfo(name string) []byte {
	block := fmt.Sprintf("software: %s\r\nformat: WARC File Format 1.1\r\nconformsTo: %s\r\nisPartOf: run %s\r\n",
		software, "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/", j.Run.ID)
	var member bytes.Buffer
	z := gzip.NewWriter(&member) // whose writes to a bytes.Buffer do not fail
	fmt.Fprintf(z, "WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <%s>\r\nWARC-Date: %s\r\nWARC-Filename: %s\r\n"+
		"Content-Type: application/warc-fields\r\nWARC-Block-Digest: sha256:%x\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n",
		j.ID.URN(), j.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), name, sha256.Sum256([]byte(block)), len(block), block)
	_ = z.Close()
	return member.Bytes()
}
