package crawl

import (
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

const (
	// A commit with slowOutcomes is due commitInterval after its first record. One with
	// commitOutcomes is due at once.
	commitInterval = time.Second
	commitOutcomes = 1000
	// A commit with fewer outcomes is due slowInterval after its first record. So a worker that
	// dies loses a second of a fast run, and of a slow one slowOutcomes or slowInterval, whichever
	// is less. With the time that a commit takes, that is about five seconds.
	slowOutcomes = 5
	slowInterval = 4500 * time.Millisecond
	// commitBytes bounds a commit before compression, so that records that do not compress stay
	// within store.MaxCommitBytes.
	commitBytes = 2 << 20
	// maxPending bounds the outcomes that wait for a commit. When the store is slow, the crawl
	// waits for it.
	maxPending = 5 * commitOutcomes
)

// A batch is the records of one commit.
type batch struct {
	records  []crawllog.Record
	size     int          // bytes before compression
	progress run.Progress // as of the last record
	since    time.Time    // when the first record was added
	pages    []*keptPage  // of the outcomes among the records, in order
	kept     int64        // bytes of the pages
}

// pending holds the records that wait for a commit, in order.
type pending struct {
	sealed   []batch // full batches
	open     batch
	outcomes int
	kept     int64 // bytes of the pages
}

// add adds a record. before is the progress before the record.
func (p *pending) add(r crawllog.Record, before run.Progress) {
	size := crawllog.Size(r)
	if p.open.size+size > commitBytes {
		p.open.progress = before
		p.sealed = append(p.sealed, p.open)
		p.open = batch{}
	}
	if p.empty() {
		p.open.since = time.Now()
	}
	p.open.records = append(p.open.records, r)
	p.open.size += size
	if _, ok := r.(*crawllog.Outcome); ok {
		p.outcomes++
	}
}

// keep adds the page of the outcome that was added last.
func (p *pending) keep(k *keptPage) {
	p.open.pages = append(p.open.pages, k)
	p.open.kept += k.size()
	p.kept += k.size()
}

func (p *pending) empty() bool { return len(p.open.records) == 0 }

// since returns when the first record was added. There must be one.
func (p *pending) since() time.Time {
	if len(p.sealed) > 0 {
		return p.sealed[0].since
	}
	return p.open.since
}

// full reports whether no fetch should start before a commit.
func (p *pending) full() bool {
	return p.outcomes >= maxPending || len(p.sealed) > 0 || p.kept >= keptFull
}

// due returns when the next commit is due, or zero if there is nothing to commit.
func (p *pending) due() time.Time {
	switch {
	case p.empty():
		return time.Time{}
	case p.outcomes >= commitOutcomes, len(p.sealed) > 0, p.kept >= keptDue:
		return p.since()
	case p.outcomes >= slowOutcomes:
		return p.since().Add(commitInterval)
	}
	return p.since().Add(slowInterval)
}

// take removes the first batch and returns it. progress is the progress after all records.
func (p *pending) take(progress run.Progress) batch {
	var b batch
	if len(p.sealed) > 0 {
		b, p.sealed = p.sealed[0], p.sealed[1:]
	} else {
		b, p.open = p.open, batch{}
		b.progress = progress
	}
	for _, r := range b.records {
		if _, ok := r.(*crawllog.Outcome); ok {
			p.outcomes--
		}
	}
	p.kept -= b.kept
	return b
}
