package crawl_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// slowObjects takes seconds for each object.
type slowObjects struct{ crawl.ObjectStore }

func (slowObjects) Put(context.Context, string, []byte, string) error {
	time.Sleep(8 * time.Second)
	return nil
}

// A timingStore notes when commits succeed.
type timingStore struct {
	crawl.Store
	mu      sync.Mutex
	commits map[run.Ref][]time.Time
}

func (s *timingStore) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	err := s.Store.Commit(ctx, l, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits[l.Ref] = append(s.commits[l.Ref], time.Now())
	return err
}

// Runs that keep responses wait for a slow bucket. The progress of a run that keeps nothing is never
// more than five seconds old beside them.
func TestSlowBucketBesideARunThatKeepsNothing(t *testing.T) {
	const pages, keeping = 30, 6
	store := &timingStore{commits: map[run.Ref][]time.Time{}}
	c := &runGroup{page: treePages(pages)}
	c.options = func(o *crawl.Options) {
		o.Budget, o.Objects = budget.New(budget.Limits{Commits: 2}), slowObjects{}
		store.Store, o.Store = o.Store, store
	}
	polite := fmt.Sprintf(delayConfig("1s"), 1)
	configs := []string{hostConfig("polite", polite)}
	for i := range keeping {
		configs = append(configs, hostConfig(fmt.Sprint(i), polite, keepRaw))
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkFetched(pages)
		r := c.runs[0]
		commits := store.commits[run.Ref{Tenant: r.tenant, ID: r.id}]
		for i, at := range commits[1:] {
			if gap := at.Sub(commits[i]); gap > 6*time.Second { // the first page is a second after a commit
				t.Errorf("%s are between two commits", gap)
			}
		}
	})
}
