package crawllog

import (
	"iter"
	"slices"

	"github.com/inndx/runs/internal/weburl"
)

// A LinkState says what became of a URL that a run knows.
type LinkState string

// The states of links.
const (
	LinkQueued   LinkState = "queued"   // joined the frontier and has no outcome: waiting, in flight, or due for another attempt
	LinkFetched  LinkState = "fetched"  // the response was 2xx or 3xx
	LinkFailed   LinkState = "failed"   // no response, or 4xx or 5xx
	LinkExcluded LinkState = "excluded" // refused by filters, robots or bounds
)

// LinkStates returns every state, in the order of the API's description.
func LinkStates() []LinkState {
	return []LinkState{LinkQueued, LinkFetched, LinkFailed, LinkExcluded}
}

// LinkState returns the state of the outcome's URL. The counters of run.Progress count by the same
// rule.
func (o *Outcome) LinkState() LinkState {
	switch {
	case o.Status == Excluded:
		return LinkExcluded
	case o.HTTPStatus >= 200 && o.HTTPStatus < 400:
		return LinkFetched
	}
	return LinkFailed
}

// A Link is a URL that a run knows.
type Link struct {
	State LinkState
	// Entry is the entry of the URL's outcome. If the URL is queued, it has no outcome: only the
	// URL, the depth, the referrer and the ids of the run and the job are set.
	Entry
}

// A LinkFilter selects links, as a Filter selects outcomes.
type LinkFilter struct {
	States    []LinkState
	URLHashes []weburl.Key // as Outcome.URLHash returns them
	Filter                 // a queued URL has no HTTP status
}

// Match reports whether f selects the link.
func (f *LinkFilter) Match(l *Link) bool {
	if !among(f.States, l.State) || !f.Filter.Match(&l.Outcome) {
		return false
	}
	return len(f.URLHashes) == 0 || slices.Contains(f.URLHashes, l.URLHash())
}

// WithoutResponse reports whether f may select links of URLs without a response.
func (f *LinkFilter) WithoutResponse() bool {
	return len(f.HTTPStatuses) == 0 && len(f.ContentTypes) == 0
}

// Wants reports whether f may select links in the state.
func (f *LinkFilter) Wants(s LinkState) bool { return among(f.States, s) }

// An EdgeKind says how a URL leads to another one.
type EdgeKind string

// The kinds of edges.
const (
	EdgeLink     EdgeKind = "link"
	EdgeRedirect EdgeKind = "redirect"
)

// EdgeKinds returns every kind, in the order of the API's description.
func EdgeKinds() []EdgeKind { return []EdgeKind{EdgeLink, EdgeRedirect} }

// An Edge says that one URL leads to another.
type Edge struct {
	From, To string
	Kind     EdgeKind
}

// An EdgeFilter selects edges. The values of one field are alternatives. An edge must match every
// field, and an empty field matches every edge.
type EdgeFilter struct {
	From, To []weburl.Key // as weburl.KeyOfText returns them
	Kinds    []EdgeKind
}

// Matcher returns a function that reports whether f selects an edge. The function remembers which
// targets it has seen, because many pages link to the same ones: use a new one for each part.
func (f *EdgeFilter) Matcher() func(Edge) bool {
	from, to := keyMatcher(f.From), keyMatcher(f.To)
	return func(e Edge) bool { return among(f.Kinds, e.Kind) && to(e.To) && from(e.From) }
}

// keyMatcher returns a function that reports whether a URL has one of the keys.
func keyMatcher(keys []weburl.Key) func(url string) bool {
	if len(keys) == 0 {
		return func(string) bool { return true }
	}
	seen := map[string]bool{}
	return func(url string) bool {
		matches, ok := seen[url]
		if !ok {
			matches = slices.Contains(keys, weburl.KeyOfText(url))
			seen[url] = matches
		}
		return matches
	}
}

// EdgesOf yields the edges that the records of a part state, in their order. If every is true, the
// log of the run has every edge: the links are those of the Edges, and the redirects those of the
// outcomes. Otherwise the log has the first referrer of each URL, and those through which it was
// discovered again at a smaller depth or by a redirect.
func EdgesOf(records []Record, every bool) iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for i, r := range records {
			if every {
				if !yieldEvery(r, yield) {
					return
				}
			} else if e, ok := firstEdge(records, i); ok && !yield(e) {
				return
			}
		}
	}
}

func yieldEvery(r Record, yield func(Edge) bool) bool {
	switch r := r.(type) {
	case *Edges:
		for _, to := range r.To {
			if !yield(Edge{r.From, to, EdgeLink}) {
				return false
			}
		}
	case *Outcome:
		if r.RedirectURL != "" && !r.Sitemap {
			return yield(Edge{r.URL, r.RedirectURL, EdgeRedirect})
		}
	}
	return true
}

// firstEdge returns the edge to the URL that record i discovers or refuses. The outcome of a URL
// that joined the frontier has a referrer, too, but states no edge: the Discovered did.
func firstEdge(records []Record, i int) (Edge, bool) {
	switch r := records[i].(type) {
	case *Discovered:
		kind := EdgeLink
		if r.Redirects > 0 {
			kind = EdgeRedirect
		}
		return Edge{r.Referrer, r.URL, kind}, r.Referrer != ""
	case *Outcome:
		refused := r.Status == Excluded && r.Step == Schedule
		return Edge{r.Referrer, r.URL, refusedKind(records, i)}, refused && r.Referrer != ""
	}
	return Edge{}, false
}

// refusedKind returns the kind of the edge to the refused URL of outcome i. The outcome of a URL
// that redirects follows the record of the target.
func refusedKind(records []Record, i int) EdgeKind {
	refused := records[i].(*Outcome)
	for _, r := range records[i+1:] {
		if o, ok := r.(*Outcome); ok {
			if o.URL == refused.Referrer && o.RedirectURL == refused.URL {
				return EdgeRedirect
			}
			break
		}
	}
	return EdgeLink
}
