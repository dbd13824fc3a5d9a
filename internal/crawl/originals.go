package crawl

import (
	"sync"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/warc"
)

// maxOriginals bounds the bodies of a run that are stored once. One takes about 250 bytes of
// memory. When there are more, the responses with further bodies are all stored as a whole.
const maxOriginals = 100_000

// An original is the first response of a run with some body. Later ones refer to it.
type original struct {
	url      string
	date     time.Time
	location crawllog.Location // of its record; zero until its commit starts
}

func (o *original) exchange() warc.Original { return warc.Original{URL: o.url, Date: o.date} }

// originals are the originals of a run by the digests of their bodies. They are part of the
// frontier, whose goroutine adds them and uses their locations. The goroutines that fetch find them
// too.
type originals struct {
	mu     sync.RWMutex
	of     map[crawllog.Digest]*original
	bytes  int
	object string // the object of the last location that was read from the log
}

// find returns the original of a page, or nil. An empty body has none, because a revisit record
// would be larger than the response.
func (all *originals) find(k *keptPage) *original {
	if k.empty {
		return nil
	}
	all.mu.RLock()
	defer all.mu.RUnlock()
	return all.of[k.exchange.Digest]
}

// record decides whether a page refers to an original or is one. Several responses with the same
// body may have been encoded before the first of them was recorded.
func (all *originals) record(k *keptPage) {
	if k.response == nil || k.original != nil || k.empty {
		return
	}
	if k.original = all.find(k); k.original != nil {
		k.response = k.exchange.RevisitRecord(k.original.exchange())
		return
	}
	k.first = all.add(k.exchange.Digest, original{url: k.exchange.URL, date: k.exchange.Date})
}

// replay adds the original that an outcome of the log is, if it is one.
func (all *originals) replay(o *crawllog.Outcome) {
	for _, a := range o.Artifacts {
		if a.Kind == crawllog.Parsed || a.Size == 0 || a.Original != (crawllog.Location{}) {
			continue
		}
		if a.Location.Object != all.object {
			all.object = a.Location.Object
		}
		a.Location.Object = all.object // so that all locations in an object share its name's memory
		all.add(a.Digest, original{o.ResponseURL(), o.CapturedAt(), a.Location})
		return
	}
}

// add adds an original and returns it. It returns nil if there are too many, or one with that body.
func (all *originals) add(body crawllog.Digest, o original) *original {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.of[body] != nil || len(all.of) >= maxOriginals {
		return nil
	}
	if all.of == nil {
		all.of = map[crawllog.Digest]*original{}
	}
	all.of[body] = &o
	all.bytes += 200 + len(o.url)
	return &o
}

// size returns about how many bytes the originals take.
func (all *originals) size() int {
	all.mu.RLock()
	defer all.mu.RUnlock()
	return all.bytes
}
