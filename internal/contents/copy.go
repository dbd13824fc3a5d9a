package contents

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/tenant"
)

// urlTime is how long a URL of a copy can be used.
const urlTime = 5 * time.Minute

// URL returns a URL at which anyone can read the content of the artifact for five minutes, or less
// if the credentials that signed it end earlier. Its responses have the media type and the
// disposition. The content is copied to an object of its own, unless the copy exists.
func (c *Contents) URL(ctx context.Context, t tenant.ID, a artifact.Artifact, contentType, disposition string) (string, error) {
	name := copyName(prefix(t, a), a.Content(), a.ID.String())
	exists, err := c.exists(ctx, name)
	if err != nil {
		return "", err
	}
	if !exists {
		o := objects.WriteOptions{ContentType: contentType, ContentDisposition: disposition}
		err := c.table.CopyArtifact(ctx, t, a, func(ctx context.Context) error { return c.copy(ctx, t, a, name, o) })
		if err != nil {
			return "", err
		}
	}
	return c.bucket.SignedURL(ctx, name, urlTime)
}

// copyName returns the name of the copy of the content at the location, for the artifact with the
// id. The copies of one content, one for each artifact that has it, have a common prefix, which is
// the name for an empty id. A wipe finds them by it.
func copyName(prefix string, at crawllog.Location, id string) string {
	return objects.Content(prefix, fmt.Sprintf("%s-%d-%s", at.Object, at.Offset, id))
}

func (c *Contents) exists(ctx context.Context, name string) (bool, error) {
	for o, err := range c.bucket.List(ctx, name) {
		return err == nil && o.Name == name, err
	}
	return false, nil
}

// copy writes the content of the artifact to an object of its own, piece by piece.
func (c *Contents) copy(ctx context.Context, t tenant.ID, a artifact.Artifact, name string, o objects.WriteOptions) error {
	return c.write(ctx, name, o, func(w io.Writer) error {
		content, err := c.Open(ctx, t, a, 0)
		if err != nil {
			return err
		}
		defer content.Close()
		n, err := io.Copy(w, content)
		if err == nil && n != a.Size {
			err = fmt.Errorf("contents: artifact %s has %d bytes, not %d", a.ID, n, a.Size)
		}
		return err
	})
}

// write writes an object by the function. If it fails, the object stays as it was.
func (c *Contents) write(ctx context.Context, name string, o objects.WriteOptions, by func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := c.bucket.Write(ctx, name, o)
	if err != nil {
		return err
	}
	if err := by(w); err != nil {
		cancel()
		w.Close()
		return err
	}
	return w.Close()
}
