package crawl

import (
	"net/http"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// Some URLs are only checked: assets, and links that leave what the run crawls. A check is a URL of
// the frontier like any other, with the same bounds, delays and attempts. But it is requested with
// HEAD, nothing follows from it except redirects, and the filters do not apply to it, except budget.
// When a page links to it in a way that the filters allow, it becomes a page.

// headRefusals are the statuses of servers that may refuse HEAD and not the URL.
var headRefusals = map[int]bool{
	http.StatusForbidden: true, http.StatusNotFound: true, http.StatusMethodNotAllowed: true, http.StatusNotImplemented: true,
}

// checkMethod returns the method for a check: HEAD first, and GET from the second attempt on.
func (req *request) checkMethod() string {
	if req.attempt == 0 {
		return http.MethodHead
	}
	return http.MethodGet
}

// refusesHead reports whether the status of a response may be due to HEAD. Then another attempt
// with GET follows, even if the configuration allows no retries.
func (req *request) refusesHead(status int) bool {
	return req.check && req.checkMethod() == http.MethodHead && headRefusals[status]
}

// discovery returns the record of a link that was discovered as a page or, if that is all that the
// run may do with it, as a check. The URL is not set.
func (a *admission) discovery(l link, as crawllog.Discovered) crawllog.Discovered {
	if as.Check = as.Check || l.check || a.leaves(l, &as); !as.Check {
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
	return a.settings.filters.refuseHost(h, as.Seed) == reasonSeedHosts
}

// outdated reports whether the result of a check is of no use, because its URL became a page while
// it was in flight.
func (w *worker) outdated(res *result) bool {
	return res.check && !w.frontier.known[res.key].check()
}
