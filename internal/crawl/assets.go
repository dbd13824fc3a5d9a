package crawl

import (
	"cmp"
	"slices"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/weburl"
)

// The asset_resolver of a pipeline finds URLs that its pages need. Such a URL is a check, unless it
// is a page as well. If the pipeline keeps assets, it is requested with GET, and the whole response
// is read.
//
// A page may need an asset that was checked, fetched or excluded before the run knew that it is to
// be kept. Then the URL joins the frontier again: it is requested once more, and its outcome has
// Again. Its first outcome remains what the run says of the URL.

// A set of pipelines as in crawllog.Discovered.AssetOf.
type pipelineSet = uint32

// An asset is what a frontier knows of a URL that is an asset.
type asset struct {
	of    pipelineSet // that need it
	done  pipelineSet // of those, the ones that needed it when it got its last outcome
	page  string      // the first page that needs it
	again bool        // it joined again, and has no other outcome yet
}

// waiting returns the pipelines whose need an outcome is still to meet.
func (a asset) waiting() pipelineSet { return a.of &^ a.done }

// needs returns the pipelines of a set whose need of a known URL would change something.
func (f *frontier) needs(k weburl.Key, known knownURL, of pipelineSet) pipelineSet {
	if of &^= f.assets[k].of; of != 0 && !(known.state().unfinished() && known.check()) {
		of &= f.keptAssets // a URL that is fetched anyway, or was, is only to be kept
	}
	return of
}

// joinsAgain reports whether a URL that is finished joins the frontier again.
func (f *frontier) joinsAgain(k weburl.Key, known knownURL, of pipelineSet) bool {
	s := known.state()
	return (s == done || s == excluded) && of&^f.assets[k].of != 0
}

// applyAsset folds the pipelines that need a discovered URL.
func (f *frontier) applyAsset(k weburl.Key, r *crawllog.Discovered, again bool) {
	a, known := f.assets[k]
	if !known {
		a.page = r.Referrer
		from := weburl.KeyOf(r.Referrer)
		if other, ok := f.assets[from]; ok && (r.Redirects > 0 || f.known[from].check()) {
			a.page = other.page // the redirect or the style sheet is an asset of that page
		}
	}
	a.of |= r.AssetOf
	a.again = a.again || again
	if f.assets == nil {
		f.assets = map[weburl.Key]asset{}
	}
	f.assets[k] = a
}

// endAsset folds the outcome of a URL. It reports whether the URL had an outcome before.
func (f *frontier) endAsset(k weburl.Key) (again bool) {
	a, ok := f.assets[k]
	if !ok {
		return false
	}
	again = a.again
	a.done, a.again = a.of, false
	f.assets[k] = a
	return again
}

// An assetSlot bounds the fetches of the assets of one pipeline that are in flight.
type assetSlot struct {
	of       pipelineSet // only the pipeline
	inFlight int
	max      int
}

// assetSlots are the slots of a run. waiting are the hosts whose next URL waits for one.
type assetSlots struct {
	slots   []assetSlot
	waiting []*host
}

// newAssetSlots returns the slots of the pipelines.
func newAssetSlots(pipelines *pipeline.Set) (s assetSlots) {
	for of, rules := range pipelines.AssetRules(^pipelineSet(0)) {
		if rules.Concurrency != nil {
			s.slots = append(s.slots, assetSlot{of: of, max: *rules.Concurrency})
		}
	}
	return s
}

// taken reports whether a pipeline of the set has no free slot.
func (s *assetSlots) taken(of pipelineSet) bool {
	return of != 0 && slices.ContainsFunc(s.slots, func(slot assetSlot) bool { return slot.of&of != 0 && slot.inFlight >= slot.max })
}

// add adds n to the fetches in flight of the pipelines.
func (s *assetSlots) add(of pipelineSet, n int) {
	for i := range s.slots {
		if s.slots[i].of&of != 0 {
			s.slots[i].inFlight += n
		}
	}
}

// waitForSlot makes a host wait until a fetch of an asset has ended.
func (f *frontier) waitForSlot(h *host) {
	h.turn = f.now.Add(time.Hour) // freeSlot comes before
	f.slots.waiting = append(f.slots.waiting, h)
	f.place(h)
}

// freeSlot ends the fetch of an asset of the pipelines.
func (f *frontier) freeSlot(of pipelineSet) {
	if of == 0 {
		return
	}
	f.slots.add(of, -1)
	for _, h := range f.slots.waiting {
		h.turn = time.Time{}
		f.place(h)
	}
	f.slots.waiting = f.slots.waiting[:0]
}

// keeps reports whether the response is kept as an asset.
func (req *request) keeps(s *settings) bool { return req.assetOf&s.keptAssets != 0 }

// maxRetries returns how many attempts may follow the first one: for an asset that is no page as
// many as one of its pipelines allows.
func (ft *fetcher) maxRetries(req *request) int {
	if !req.check || req.assetOf == 0 {
		return ft.settings.maxRetries
	}
	n := 0
	for _, rules := range ft.settings.pipelines.AssetRules(req.assetOf) {
		n = max(n, *cmp.Or(rules.MaxRetries, &ft.settings.maxRetries))
	}
	return n
}

// timeout returns the time for one fetch, besides that of the client, or zero.
func (ft *fetcher) timeout(req *request) (d time.Duration) {
	if !req.check {
		return 0
	}
	for _, rules := range ft.settings.pipelines.AssetRules(req.assetOf) {
		if rules.Timeout == nil {
			return 0
		}
		d = max(d, time.Duration(*rules.Timeout))
	}
	return d
}

// keptAsset returns the contents that a response is as an asset: one for each pipeline that keeps
// it.
func (ft *fetcher) keptAsset(req *request) (contents []pipeline.Content) {
	for _, rules := range ft.settings.pipelines.AssetRules(req.assetOf) {
		if rules.Keep {
			contents = append(contents, pipeline.Content{
				Kind: crawllog.Asset, PipelineID: rules.PipelineID, Directory: rules.Directory, KeyStrategy: rules.KeyStrategy,
			})
		}
	}
	return contents
}

// withAssets returns the links of a page with the assets that its pipelines need, and the reason
// why some are missing, or "". An asset that is a link as well is a page, if it is not refused.
func (s *settings) withAssets(filtering *filtering, links []link, made *pipeline.Result) (all []link, reason string) {
	if made.Navigated != 0 {
		for i := range links {
			if links[i].asset {
				links[i].assetOf |= made.Navigated
			}
		}
	}
	if len(made.Assets) == 0 {
		return links, ""
	}
	index := make(map[string]int, len(links))
	for i, l := range links {
		index[l.url] = i
	}
	for _, a := range made.Assets {
		u := s.mutate(a.URL)
		i, ok := index[u.String()]
		if !ok {
			if len(links) >= maxPageLinks {
				return links, reasonTooManyLinks
			}
			i = len(links)
			links = append(links, s.checked(u, filtering))
			index[links[i].url] = i
		}
		if filtering.ended {
			return links[:i], reasonFiltersTooSlow
		}
		links[i].assetOf |= a.Of
		links[i].checkLeaving = true
	}
	return links, ""
}
