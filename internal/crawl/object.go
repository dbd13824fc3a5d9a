package crawl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/warc"
)

// commitTime is how much of the lease a write of an object leaves to the commit that follows.
const commitTime = 3 * time.Second

// software is the name of this program in objects.
const software = "inndx/" + config.Version

// An object is the WARC object of one commit.
type object struct {
	base  string // its name in the log
	info  []byte // its first record
	pages []*keptPage
	size  int64
}

// newObject returns the object of the pages, whose artifacts it locates, for the next commit of the
// lease. It returns nil if there are no pages.
func newObject(pages []*keptPage, lease *run.Lease) *object {
	if len(pages) == 0 {
		return nil
	}
	o := &object{base: objects.NewWARC(lease.Seq + 1), pages: pages}
	info := warc.Info{Name: o.base, Software: software, Run: "run " + lease.Ref.ID.String(), Date: time.Now()}
	o.info = info.Record()
	o.size = int64(len(o.info))
	for _, k := range pages {
		o.size = k.locate(o.base, o.size)
	}
	return o
}

// bytes returns the content of the object.
func (o *object) bytes() []byte {
	b := append(make([]byte, 0, o.size), o.info...)
	for _, k := range o.pages {
		b = k.appendTo(b)
		k.request, k.response, k.parsed = nil, nil, nil // so that their memory can be freed
	}
	return b
}

// putObject stores the object of a commit, if it has one, when the budget has a slot for it before
// turn ends. It repeats a failed attempt while the bucket is unavailable and enough of the lease is
// left for the commit.
func (c *committer) putObject(ctx, turn context.Context, o *object) error {
	if o == nil {
		return nil
	}
	if err := c.share.PutObject(turn); err != nil {
		return fmt.Errorf("wait for the objects of other runs: %w", err)
	}
	defer c.share.EndPutObject()
	content := o.bytes()
	return c.repeat("a write of an object", func() error {
		ctx, cancel := detached(ctx)
		defer cancel()
		ctx, cancel = context.WithDeadline(ctx, c.lease.Until.Add(-commitTime))
		defer cancel()
		return c.objects.Put(ctx, objects.WARC(c.prefix, o.base), content, warc.ContentType)
	})
}

// discardObject deletes the object of a commit that was refused, if the commit can never become a
// part of the log: the run is finished and its log lacks the commit, or another worker's part has
// the number of the commit's first part. Otherwise the log may name the object, because another
// worker found that part and adopted it, or the next worker may do so. What remains is deleted after
// the run has finished, or with the run.
func (c *committer) discardObject(ctx context.Context, o *object, commit crawllog.Commit, refusal error) {
	if o == nil {
		return
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	next, ended := c.store.Unpublished(ctx, c.lease), errors.Is(refusal, run.ErrFinished)
	if ended {
		next = c.store.LogParts(ctx, c.lease.Ref, c.lease.Seq)
	}
	refused, err := otherCameFirst(next, commit, ended)
	if refused {
		err = c.objects.Delete(ctx, objects.WARC(c.prefix, o.base))
	}
	if err != nil {
		c.log.Warn("an object of a refused commit was not deleted", "object", o.base, "error", err)
	}
}

// otherCameFirst reports whether next, the parts that continue the log, begin with another part than
// the commit, or returns ifNone if there are no such parts. The parts of a commit name its object, so
// no other worker stores equal ones.
func otherCameFirst(next iter.Seq2[crawllog.Part, error], commit crawllog.Commit, ifNone bool) (bool, error) {
	for part, err := range next {
		return err == nil && !bytes.Equal(part.Data, commit.Parts[0]), err
	}
	return ifNone, nil
}
