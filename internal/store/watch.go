package store

import (
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

// watched returns what to publish of a commit whose parts follow the part seq, or nil if the run
// has no subscription that wants it. Only then the parts are decoded.
func (s *Store) watched(ref run.Ref, seq int64, c crawllog.Commit) *watch.Commit {
	if len(c.Parts) == 0 || !s.hub.Watched(ref, watch.Commits) {
		return nil
	}
	w := &watch.Commit{Progress: c.Progress}
	for i, part := range c.Parts {
		records, err := crawllog.DecodeAll(part)
		if err != nil {
			continue // unreachable: the parts were just encoded
		}
		for _, e := range crawllog.Entries(seq+1+int64(i), records) {
			w.Entries = append(w.Entries, e)
		}
	}
	return w
}
