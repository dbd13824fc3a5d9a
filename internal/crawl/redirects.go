package crawl

import (
	"cmp"
	"context"
	"slices"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// Redirects are not followed at once: the target joins the frontier, and waits for its host as any
// URL does. So a chain of redirects that leads back to one of its URLs finds that one known. That is
// a loop, and an error of the URL that closes it, unless cookies were set since the URL was
// requested: sites send clients round to see whether they keep cookies. Then the URL that closes the
// loop is tried again, and what is fetched in its place is the target of its redirect.
//
// The log needs no records of its own for that. A redirect's target is recorded as found just
// before the outcome of the URL that redirects, or before its retry when it closes a loop.

// A redirect is a request of a chain of redirects.
type redirect struct {
	key  key    // of the URL that was requested
	sent uint64 // a hash of the cookies sent, 0 for none; after a hand-over it is not known, and 0
}

// follow adds a chain that leads from a URL to the target of its redirect.
func (f *frontier) follow(from key, target string) {
	k := weburl.KeyOf(target)
	if f.known[k].state().unfinished() {
		f.chains[k] = f.chainBehind(from)
	}
}

// chainBehind returns the chain of what a URL's redirect leads to.
func (f *frontier) chainBehind(from key) []redirect {
	requested := from
	if url := f.resumed[from]; url != "" {
		requested = weburl.KeyOf(url)
	}
	return append(slices.Clip(f.chains[from]), redirect{key: requested})
}

// resume has a URL that closed a loop fetched again, by what its redirect leads to.
func (f *frontier) resume(url, target string) {
	k := weburl.KeyOf(url)
	if f.known[k].state().unfinished() {
		f.chains[k] = f.chainBehind(k)
		f.resumed[k] = target
	}
}

// endChain takes in that a URL has ended, with a redirect to via if that is not empty.
func (f *frontier) endChain(r *crawllog.Outcome, via string) {
	if via == "" && len(f.chains) == 0 {
		return
	}
	k := weburl.KeyOf(r.URL)
	if via != "" {
		f.follow(k, via)
	}
	if !f.known[k].state().unfinished() {
		delete(f.chains, k)
		delete(f.resumed, k)
	}
}

// sentTo notes what cookies were sent in the last request of the chain that leads to a URL.
func (f *frontier) sentTo(url string, sent uint64) {
	k := weburl.KeyOf(url)
	if chain := slices.Clone(f.chains[k]); len(chain) > 0 {
		chain[len(chain)-1].sent = sent
		f.chains[k] = chain
	}
}

// fetchURL returns the URL that a flight requests.
func (req *request) fetchURL() string { return cmp.Or(req.resumed, req.url) }

// loop reports whether a redirect to target, from u, leads back into the chain, and what cookies
// were sent in the last request for it.
func (v *result) loop(u, target weburl.URL) (sent uint64, ok bool) {
	if u == target {
		return v.sent, true
	}
	k := target.Key()
	for _, h := range slices.Backward(v.chain) {
		if h.key == k {
			return h.sent, true
		}
	}
	return 0, false
}

// redirected says what becomes of a URL that redirects to target. A false result means that the
// URL is tried again.
func (v *fetcher) redirected(ctx context.Context, u, target weburl.URL, res *result) (reason string, ended bool) {
	sent, looped := res.loop(u, target)
	if looped && (v.jar.sum(target.String()) == sent || res.hops+res.attempt >= v.maxRedirects) {
		return reasonRedirectLoop, true
	}
	filtering := newWork(ctx, v.filterBudget)
	res.redirect, res.links = true, []link{v.link(target, filtering)}
	res.cut = filtering.ended && ctx.Err() != nil
	if looped {
		res.retry = v.tryNow(res.request)
	}
	return "", !looped
}
