package crawl

import (
	"errors"
	"sync"

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
	return link{url: u.String(), key: u.Key(), refused: s.filters.refuseURL(u, filtering)}
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

var seenLinks = sync.Pool{New: func() any { return make(map[weburl.URL]struct{}) }}

// readLinks returns the different links of a page, checked by the filters, the reason why some of
// them may be missing, or "", and the title of the page. It returns no links if no pipeline follows
// them.
func (s *settings) readLinks(
	filtering *filtering, u weburl.URL, r *fetch.Response,
) (links []link, reason, title string) {
	seen := seenLinks.Get().(map[weburl.URL]struct{})
	defer func() {
		if len(seen) <= 1<<10 {
			clear(seen)
			seenLinks.Put(seen)
		}
	}()
	size, follows := 0, s.pipelines.FollowsLinks()
	info := page.Links(page.Document{
		URL: u, ContentType: r.ContentType, RobotsTags: r.Header.Values("X-Robots-Tag"),
		Link: r.Header.Values("Link"), Refresh: r.Header.Values("Refresh"), Product: s.product, Body: r.Body,
		TooLong: func(beginning string) {
			if follows {
				links = append(links, refusedLink(beginning, reasonTooLong))
			}
		},
	}, func(to weburl.URL) {
		if !follows {
			return
		}
		to = s.mutate(to) // before it is compared with the others
		if _, ok := seen[to]; ok || filtering.ended {
			return
		}
		if len(links) >= maxPageLinks || size >= maxPageLinkBytes {
			reason = reasonTooManyLinks
			return
		}
		seen[to] = struct{}{}
		size += len(to.String())
		l := s.link(to, filtering)
		if filtering.ended {
			reason = reasonFiltersTooSlow
			return
		}
		links = append(links, l)
	})
	if info.TooMany && follows && reason == "" {
		reason = reasonTooManyLinks
	}
	if info.HTML && (r.Truncated || info.Truncated) {
		reason = reasonTruncated
	}
	return links, reason, info.Title
}
