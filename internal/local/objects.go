package local

import (
	"context"
	"path/filepath"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/objects/bucket"
)

// objectsFolder is the folder of the objects in the data folder.
const objectsFolder = "objects"

// openObjects returns the store of the objects in the data folder, or in memory without a folder.
func openObjects(dataDir string) (*bucket.Store, error) {
	if dataDir == "" {
		return bucket.New(memblob.OpenBucket(nil)), nil
	}
	return bucket.OpenFolder(filepath.Join(dataDir, objectsFolder))
}

// clockStep is how far the times of files may be behind the clock.
const clockStep = 100 * time.Millisecond

// removeTemporary removes the files that a process was writing when it was killed, before the stack
// started.
func (s *Stack) removeTemporary(ctx context.Context, objects *bucket.Store, started time.Time) {
	if err := objects.RemoveTemporary(ctx, started.Add(-clockStep)); err != nil && ctx.Err() == nil {
		s.log.Error("temporary files could not be removed; the next start tries again", "error", err)
	}
}
