package crawl

import (
	"cmp"
	"context"
	"slices"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// Redirects are not followed at once: the target joins the frontier and waits for its host like any
// URL. A chain of redirects that leads back to one of its URLs therefore finds that URL known. That
// is a loop, and the URL that closes it fails, unless cookies were set since the known URL was
// requested: some sites redirect clients in a circle to check whether they keep cookies. Then the
// URL that closes the loop gets another attempt, which fetches the target of its redirect instead.
//
// The log needs no records of its own for this. The target of a redirect is recorded as discovered
// just before the outcome of the URL that redirects, or before its retry if it closes a loop.

// A redirect is one request of a chain of redirects.
type redirect struct {
	key weburl.Key // of the URL that was requested
	// cookies is a hash of the cookies sent, 0 for none. It is also 0 if the chain was read from
	// the log.
	cookies uint64
}

// addRedirect records the chain that leads from a URL to the target of its redirect.
func (f *frontier) addRedirect(from weburl.Key, target string) {
	k := weburl.KeyOf(target)
	if f.known[k].state().unfinished() {
		f.chains[k] = f.chainThrough(from)
	}
}

// chainThrough returns the chain that leads through a URL to the target of its redirect.
func (f *frontier) chainThrough(from weburl.Key) []redirect {
	requested := from
	if url := f.continueAt[from]; url != "" {
		requested = weburl.KeyOf(url)
	}
	return append(slices.Clip(f.chains[from]), redirect{key: requested})
}

// continueChain makes the next attempt of a URL that closed a loop fetch the target of its
// redirect.
func (f *frontier) continueChain(url, target string) {
	k := weburl.KeyOf(url)
	if f.known[k].state().unfinished() {
		f.chains[k] = f.chainThrough(k)
		f.continueAt[k] = target
	}
}

// endChain updates the chains after the outcome of a URL, which redirects to target if that is not
// empty.
func (f *frontier) endChain(r *crawllog.Outcome, target string) {
	if target == "" && len(f.chains) == 0 {
		return
	}
	k := weburl.KeyOf(r.URL)
	if target != "" {
		f.addRedirect(k, target)
	}
	if !f.known[k].state().unfinished() {
		delete(f.chains, k)
		delete(f.continueAt, k)
	}
}

// noteCookies sets the hash of the cookies that the last request of the chain to a URL sent.
func (f *frontier) noteCookies(url string, cookies uint64) {
	k := weburl.KeyOf(url)
	if chain := slices.Clone(f.chains[k]); len(chain) > 0 {
		chain[len(chain)-1].cookies = cookies
		f.chains[k] = chain
	}
}

// fetchURL returns the URL to fetch.
func (req *request) fetchURL() string { return cmp.Or(req.continueAt, req.url) }

// loop reports whether a redirect from u to target leads back into the chain, and the hash of the
// cookies that the last request for target sent.
func (res *result) loop(u, target weburl.URL) (cookies uint64, ok bool) {
	if u == target {
		return res.cookies, true
	}
	k := target.Key()
	for _, r := range slices.Backward(res.chain) {
		if r.key == k {
			return r.cookies, true
		}
	}
	return 0, false
}

// handleRedirect sets the result of a redirect from u to target. It returns the reason of an error,
// and whether the URL has ended: if not, it gets another attempt.
func (ft *fetcher) handleRedirect(
	ctx context.Context, u, target weburl.URL, res *result,
) (reason string, ended bool) {
	target = ft.settings.mutate(target)
	cookies, isLoop := res.loop(u, target)
	if isLoop && (ft.jar.hash(target.String()) == cookies || res.redirects+res.attempt >= ft.settings.maxRedirects) {
		return reasonRedirectLoop, true
	}
	filtering := newFiltering(ctx, ft.settings.filterBudget)
	l := ft.settings.followed(target, filtering)
	l.assetOf = res.assetOf
	l.checkLeaving = l.checkLeaving || l.assetOf != 0
	res.redirect, res.links = true, []link{l}
	res.canceled = filtering.ended && ctx.Err() != nil
	if isLoop {
		res.retry = retryNow(res.request)
	}
	return "", !isLoop
}
