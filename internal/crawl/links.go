package crawl

import (
	"errors"
	"slices"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

const (
	// maxPageLinks and maxPageLinkBytes bound the different links that are read from one page:
	// a small page of relative links can stand for gigabytes of URLs.
	maxPageLinks     = 20_000
	maxPageLinkBytes = 4 << 20
)

// A link is a URL to be admitted: a link of a page, the target of a redirect, or a seed.
type link struct {
	url     string
	key     weburl.Key
	refused string // why the URL must not join the frontier; empty if it may

	byFilter     bool // a filter refuses it, but not by a deny pattern: a check may join nevertheless
	check        bool // it is only to be checked
	asset        bool // the navigator assets found it
	assetOf      pipelineSet
	checkLeaving bool // it is to be checked if it leaves what the run crawls
}

// mutate returns the URL to admit instead of u.
func (s *settings) mutate(u weburl.URL) weburl.URL {
	if s.stripQuery {
		return u.WithoutQuery()
	}
	return u
}

// link returns the link to a URL, mutated, and checked by the filters within the bounds of
// filtering.
func (s *settings) link(u weburl.URL, filtering *filtering) link {
	u = s.mutate(u)
	refused := s.filters.refuseURL(u, filtering)
	return link{
		url: u.String(), key: u.Key(), refused: refused,
		byFilter: refused != "" && s.checks && s.filters.denyURL(u, filtering) == "",
	}
}

// refusedLink returns a link to something that is recorded and never fetched.
func refusedLink(url, reason string) link {
	return link{url: url, key: weburl.KeyOf(url), refused: reason}
}

// tooLong returns the link that stands for ref, which could not be resolved against base because of
// err, if it is too long for a URL.
func tooLong(base weburl.URL, ref string, err error) (link, bool) {
	if !errors.Is(err, weburl.ErrTooLong) {
		return link{}, false
	}
	beginning := base.Beginning(ref)
	return refusedLink(beginning, reasonTooLong), beginning != ""
}

// followed returns the link to a URL that a page or a redirect leads to.
func (s *settings) followed(u weburl.URL, filtering *filtering) link {
	l := s.link(u, filtering)
	l.checkLeaving = s.external
	return l
}

// checked returns the link to a mutated URL that is an asset and no link.
func (s *settings) checked(u weburl.URL, filtering *filtering) link {
	return link{url: u.String(), key: u.Key(), refused: s.filters.denyURL(u, filtering), check: true}
}

// readStyleSheet returns the different assets that a style sheet names. The pipelines keep them
// that keep the style sheet because their navigator found it. More assets than a page may have
// links are left out.
func (s *settings) readStyleSheet(filtering *filtering, u weburl.URL, r *fetch.Response, of pipelineSet) []link {
	p := newPageLinks(s, filtering)
	defer p.index.release()
	page.StyleSheet(page.Document{
		URL: u, ContentType: r.ContentType, Body: r.Body, Asset: p.addAsset, Refused: p.addRefused,
	})
	for i := range p.all {
		p.all[i].assetOf = of & s.navigatedAssets
	}
	return append(p.all, p.refused...)
}

// pageLinks are the different links and assets of a page.
type pageLinks struct {
	settings  *settings
	filtering *filtering
	all       []link
	refused   []link     // what is not a URL
	index     *linkIndex // of all
	size      int        // of the URLs
	reason    string     // why some may be missing, or ""
}

// full reports whether there is no room for another link, or no time.
func (p *pageLinks) full() bool {
	if p.filtering.ended {
		return true
	}
	if len(p.all) >= maxPageLinks || p.size >= maxPageLinkBytes {
		p.reason = reasonTooManyLinks
		return true
	}
	return false
}

// newPageLinks returns links to which those of a page can be added. Their index must be released.
func newPageLinks(s *settings, filtering *filtering) pageLinks {
	return pageLinks{settings: s, filtering: filtering, all: newLinks(), index: newLinkIndex()}
}

// addLink adds a link.
func (p *pageLinks) addLink(u weburl.URL) {
	u = p.settings.mutate(u) // before it is compared with the others
	if p.index.find(p.all, u.String()) >= 0 || p.full() {
		return
	}
	p.addFiltered(p.settings.followed(u, p.filtering))
}

// addAsset adds an asset. One that is a link as well is a page, if it is not refused.
func (p *pageLinks) addAsset(u weburl.URL) {
	u = p.settings.mutate(u)
	if i := p.index.find(p.all, u.String()); i >= 0 {
		p.all[i].checkLeaving, p.all[i].asset = true, true
	} else if !p.full() {
		l := p.settings.checked(u, p.filtering)
		l.asset = true
		p.addFiltered(l)
	}
}

// addRefused adds a reference that is not a URL, or too long for one.
func (p *pageLinks) addRefused(r page.Refused) {
	reason := crawllog.ReasonInvalidURL
	if r.TooLong {
		reason = reasonTooLong
	}
	l := refusedLink(r.Text, reason)
	if !slices.ContainsFunc(p.refused, func(other link) bool { return other.key == l.key }) {
		p.refused = append(p.refused, l)
	}
}

// addFiltered adds a link that find did not find, unless the filtering has ended before it was
// complete. Nothing is added afterwards.
func (p *pageLinks) addFiltered(l link) {
	if p.filtering.ended {
		p.reason = reasonFiltersTooSlow
		return
	}
	p.size += len(l.url)
	p.all = append(p.all, l)
	p.index.add(p.all)
}

// readLinks returns the different links and assets of a page, as far as the pipelines want them,
// the reason why some of them may be missing, or "", and the title of the page. The links are
// checked by the filters. They may be passed to releaseLinks.
func (s *settings) readLinks(
	filtering *filtering, u weburl.URL, r *fetch.Response,
) (links []link, reason, title string) {
	p := newPageLinks(s, filtering)
	defer p.index.release()
	follows, checks := s.pipelines.FollowsLinks(), s.pipelines.ChecksAssets()
	doc := page.Document{
		URL: u, ContentType: r.ContentType, RobotsTags: r.Header.Values("X-Robots-Tag"),
		Link: r.Header.Values("Link"), Refresh: r.Header.Values("Refresh"), Product: s.product, Body: r.Body,
		Refused: func(r page.Refused) {
			if r.Asset && checks || !r.Asset && follows {
				p.addRefused(r)
			}
		},
	}
	if checks {
		doc.Asset = p.addAsset
	}
	info := page.Links(doc, func(to weburl.URL) {
		if follows {
			p.addLink(to)
		}
	})
	if info.TooMany && (follows || checks) && p.reason == "" {
		p.reason = reasonTooManyLinks
	}
	if info.HTML && (r.Truncated || info.Truncated) {
		p.reason = reasonTruncated
	}
	return append(p.all, p.refused...), p.reason, info.Title
}
