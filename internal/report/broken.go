package report

import (
	"fmt"
	"strings"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// broken finds the broken URLs of a log and what leads to them. Its first pass calls add for each
// record, then endChains. Its second pass calls addReferrers, then endReferrers.
type broken struct {
	maxReferrers int

	urls      map[weburl.Key]*brokenURL
	redirects map[weburl.Key]weburl.Key // of all URLs that redirect
	tooLong   map[weburl.Key]bool       // excluded ends of chains of redirects
	sitemaps  int64
	ends      map[weburl.Key]*End // of the chains that end broken

	pending map[string]map[weburl.Key]bool // broken links of the pages whose outcomes are to come
}

// A brokenURL is what is known about one broken URL.
type brokenURL struct {
	end       weburl.Key // where its redirects end; zero if it failed itself
	referrers []Referrer
	count     int // of all referrers
	redirects int // of the referrers that are redirects
}

func newBroken(maxReferrers int) broken {
	return broken{
		maxReferrers: maxReferrers,
		urls:         map[weburl.Key]*brokenURL{}, redirects: map[weburl.Key]weburl.Key{}, tooLong: map[weburl.Key]bool{},
		ends: map[weburl.Key]*End{}, pending: map[string]map[weburl.Key]bool{},
	}
}

// count returns the number of rows that are broken.
func (b *broken) count() int64 { return int64(len(b.urls)) + b.sitemaps }

// add records whether an outcome failed or redirects.
func (b *broken) add(record crawllog.Record) {
	o, ok := record.(*crawllog.Outcome)
	if !ok || o.Again {
		return
	}
	result := resultOf(o)
	switch {
	case o.Sitemap:
		if result == Broken {
			b.sitemaps++
		}
	case result == Broken:
		b.urls[weburl.KeyOf(o.URL)] = &brokenURL{}
	case result == OK && o.RedirectURL != "" && o.HTTPStatus/100 == 3:
		b.redirects[weburl.KeyOf(o.URL)] = weburl.KeyOf(o.RedirectURL)
	case o.ErrorReason == crawllog.ReasonMaxRedirects:
		b.tooLong[weburl.KeyOf(o.URL)] = true
	}
}

// endChains adds the URLs whose redirects end broken.
func (b *broken) endChains() {
	ends := map[weburl.Key]weburl.Key{}
	for k := range b.redirects {
		end := b.endOf(k, ends)
		failed := b.urls[end]
		if failed != nil && failed.end == (weburl.Key{}) || b.tooLong[end] {
			b.urls[k] = &brokenURL{end: end}
			b.ends[end] = nil
		}
	}
}

// endOf returns the URL at which the redirects of a URL end, and records it in ends for all URLs of
// the chain, so that each redirect is followed once. Redirects in a circle end at the URL that
// failed because it closes the circle.
func (b *broken) endOf(k weburl.Key, ends map[weburl.Key]weburl.Key) weburl.Key {
	var path []weburl.Key
	for {
		if end, ok := ends[k]; ok {
			k = end
			break
		}
		next, ok := b.redirects[k]
		if !ok {
			break
		}
		ends[k] = k // ends a circle that nothing else ends
		path = append(path, k)
		k = next
	}
	for _, from := range path {
		ends[from] = k
	}
	return k
}

// addReferrers records the links and redirects that lead to broken URLs.
//
// The edges of a page precede its outcome. If a worker died in between, another one fetched the
// page again and recorded the edges again. So they are collected, and count when the outcome comes.
func (b *broken) addReferrers(record crawllog.Record) {
	switch r := record.(type) {
	case *crawllog.Edges:
		for _, to := range r.To {
			if k := weburl.KeyOf(to); b.urls[k] != nil {
				if b.pending[r.From] == nil {
					b.pending[r.From] = map[weburl.Key]bool{}
				}
				b.pending[r.From][k] = true
			}
		}
	case *crawllog.Outcome:
		if r.Sitemap || r.Again {
			return
		}
		b.endPage(r.URL)
		k := weburl.KeyOf(r.URL)
		if _, isEnd := b.ends[k]; isEnd {
			b.ends[k] = &End{strings.Clone(r.URL), problem(r)}
		}
		if to, ok := b.redirects[k]; ok && b.urls[to] != nil {
			b.urls[to].add(Referrer{strings.Clone(r.URL), true}, b.maxReferrers)
		}
	}
}

// endPage counts the broken links of a page.
func (b *broken) endPage(page string) {
	links, ok := b.pending[page]
	if !ok {
		return
	}
	delete(b.pending, page)
	page = strings.Clone(page) // all links share it, and the memory of the log can be freed
	for k := range links {
		b.urls[k].add(Referrer{URL: page}, b.maxReferrers)
	}
}

// endReferrers counts the broken links of the pages that have no outcome, because the run was
// stopped.
func (b *broken) endReferrers() {
	for page := range b.pending {
		b.endPage(page)
	}
}

func (u *brokenURL) add(r Referrer, maxReferrers int) {
	u.count++
	if r.Redirect {
		u.redirects++
	}
	if maxReferrers == 0 || len(u.referrers) < maxReferrers {
		u.referrers = append(u.referrers, r)
	}
}

// problem returns what is wrong with a URL that has no good outcome.
func problem(o *crawllog.Outcome) string {
	switch {
	case o.ErrorReason == crawllog.ReasonHTTPStatus && o.ErrorDetail != "":
		return fmt.Sprintf("%d %s", o.HTTPStatus, o.ErrorDetail)
	case o.ErrorReason == crawllog.ReasonHTTPStatus:
		return fmt.Sprintf("status %d", o.HTTPStatus)
	case o.ErrorDetail != "":
		return o.ErrorReason + ": " + o.ErrorDetail
	}
	return o.ErrorReason
}
