package contents

import (
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/warc"
)

// Wipe removes the bytes of the artifact, which has a tombstone, from the bucket, and those of all
// other artifacts with a tombstone in the same object. When it returns nil, they are gone. After an
// error, or if the process dies, it can be repeated.
//
// The other records of the object stay where they are, because the log knows their places. A bucket
// cannot change a part of an object, so the object is written again with fillers.
func (c *Contents) Wipe(ctx context.Context, t tenant.ID, a artifact.Artifact) error {
	return c.table.WipeArtifacts(ctx, t, a, func(ctx context.Context, deleted []crawllog.Location) error {
		for _, at := range deleted {
			if err := c.deleteCopies(ctx, t, a, at); err != nil {
				return err
			}
		}
		return c.fill(ctx, objects.WARC(prefix(t, a), a.Location.Object), deleted)
	})
}

// deleteCopies deletes the copies of the content at the location.
func (c *Contents) deleteCopies(ctx context.Context, t tenant.ID, a artifact.Artifact, at crawllog.Location) error {
	for o, err := range c.bucket.List(ctx, copyName(prefix(t, a), at, "")) {
		if err != nil {
			return err
		}
		if err := c.bucket.Delete(ctx, o.Name); err != nil {
			return err
		}
	}
	return nil
}

// fill writes the object again with fillers at the locations. It does nothing if the object does
// not exist.
func (c *Contents) fill(ctx context.Context, name string, at []crawllog.Location) error {
	at = slices.SortedFunc(slices.Values(at), func(a, b crawllog.Location) int { return cmp.Compare(a.Offset, b.Offset) })
	object, err := c.bucket.Read(ctx, name, 0, -1)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer object.Close()
	return c.write(ctx, name, objects.WriteOptions{ContentType: warc.ContentType}, func(w io.Writer) error {
		offset := int64(0)
		for _, l := range at {
			if _, err := io.CopyN(w, object, l.Offset-offset); err != nil {
				return err
			}
			if err := writeFiller(w, l.Length); err != nil {
				return err
			}
			if _, err := io.CopyN(io.Discard, object, l.Length); err != nil {
				return err
			}
			offset = l.Offset + l.Length
		}
		_, err := io.Copy(w, object)
		return err
	})
}
