package crawl

import (
	"net/http"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// Some URLs are only checked: assets, and links that leave what the run crawls. A check is a URL of
// the frontier like any other, with the same bounds, delays and attempts. But it is requested with
// HEAD, and the filters do not apply to it, except budget. Only redirects follow from it and, if it
// is a style sheet that the navigator assets found, the assets that it names. When a page links to
// it in a way that the filters allow, it becomes a page.

// method returns the method for the request: for a check HEAD first, and GET from the second
// attempt on, unless the response is kept.
func (req *request) method(s *settings) string {
	if req.check && req.attempt == 0 && !req.keeps(s) {
		return http.MethodHead
	}
	return http.MethodGet
}

// wantsGet reports whether another attempt with GET must follow the response to a HEAD, even if the
// configuration allows no retries. It must if the URL would fail, because some servers refuse HEAD,
// with any status, and if the response is a style sheet, which is read.
func (req *request) wantsGet(s *settings, r *fetch.Response) bool {
	return req.method(s) == http.MethodHead && (r.Status >= 400 || req.isStyleSheet(r))
}

// isStyleSheet reports whether the response of an asset is a style sheet.
func (req *request) isStyleSheet(r *fetch.Response) bool {
	return req.asset && r.Status/100 == 2 && page.IsStyleSheet(r.ContentType)
}

// discovery returns the record of a link that was discovered as a page or, if that is all that the
// run may do with it, as a check. The URL is not set.
func (a *admission) discovery(l link, as crawllog.Discovered) crawllog.Discovered {
	as.AssetOf = l.assetOf
	as.Check = as.Check || l.check || a.leaves(l, &as)
	if as.Asset = as.Check && (as.Asset || l.asset); !as.Check {
		return as
	}
	as.Seed = false
	if limit := a.frontier.maxDepth; limit >= 0 {
		as.Depth = min(as.Depth, limit) // the links of the last pages are checked as well
	}
	return as
}

// leaves reports whether a link that is to be checked if it leaves what the run crawls does so.
func (a *admission) leaves(l link, as *crawllog.Discovered) bool {
	switch {
	case !l.checkLeaving || l.refused != "" && !l.byFilter:
		return false
	case l.byFilter || a.frontier.beyond(as.Depth):
		return true
	}
	h := a.frontier.hosts[weburl.HostOf(l.url)]
	return a.settings.filters.refuseHost(h, as.Seed) == crawllog.ReasonSeedHosts
}

// outdated reports whether a result is of no use, because the URL of a check became a page while it
// was in flight, or any URL an asset that is to be kept.
func (w *worker) outdated(res *result) bool {
	f := w.frontier
	return res.check && !f.known[res.key].check() ||
		f.assets[res.key].waiting()&^res.assetOf&f.keptAssets != 0
}
