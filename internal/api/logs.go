package api

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/logjson"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/weburl"
)

// logsPerPage is the default of per_page. The entries of the largest page take about 2 MB: an entry
// has up to three URLs of 2 KB, one of which may need escaping, and three texts of 200 bytes.
const logsPerPage = 20

// logsParams declares the parameters of GET /v1/runs/{run_id}/logs.
func logsParams(f *crawllog.Filter, p *paging.Request) []param {
	params := append(pageParams(p),
		hostsParam("hosts", &f.Hosts),
		enumParam("steps", &f.Steps, crawllog.Steps()),
		enumParam("statuses", &f.Statuses, crawllog.Statuses()),
		enumParam("error_reasons", &f.ErrorReasons, crawllog.Reasons()),
		urlParam("url", &f.URL),
		urlParam("url_prefix", &f.URLPrefix),
		httpStatusesParam("http_statuses", &f.HTTPStatuses),
		contentTypesParam("content_types", &f.ContentTypes),
		intsParam("depth", &f.Depths, 0, maxDepth),
		beforeParam("occurred_before", &f.OccurredBefore),
		afterParam("occurred_after", &f.OccurredAfter),
	)
	p.Limit = logsPerPage
	return params
}

var host = regexp.MustCompile(`^[^\s/?#@\\]+$`)

// hostsParam declares a list of hosts, each with its port unless that is the default of the scheme.
// Case does not matter.
func hostsParam(name string, to *[]string) param {
	return param{name, list, func(_, v string) *fault.Rule {
		// Convert the host to the form of log entries: lower-case ASCII without a default port.
		u, err := weburl.Parse("https://" + strings.TrimSuffix(v, ":80") + "/")
		if err != nil || !host.MatchString(v) {
			rule := fault.Format("host", "must be a host such as example.com or example.com:8080")
			return &rule
		}
		*to = append(*to, u.Host())
		return nil
	}}
}

// maxDepth bounds the filter depth. No page is deeper.
const maxDepth = 1 << 22

// urlParam declares a URL, which is normalised as those of log entries are.
func urlParam(name string, to *string) param {
	return param{name, single, func(_, v string) *fault.Rule {
		u, err := weburl.Parse(v)
		if err != nil {
			rule := fault.Format("url", "must be an http or https URL of at most "+
				strconv.Itoa(weburl.MaxLength)+" bytes: "+err.Error())
			return &rule
		}
		*to = u.String()
		return nil
	}}
}

var httpStatus = regexp.MustCompile(`^[1-9]([0-9][0-9]|xx)$`)

// httpStatusesParam declares a list of HTTP statuses, such as 404, and of classes, such as 4xx.
func httpStatusesParam(name string, to *[]crawllog.HTTPStatus) param {
	return param{name, list, func(_, v string) *fault.Rule {
		if !httpStatus.MatchString(v) {
			rule := fault.Format("http-status", "must be a status from 100 to 999, such as 404, or a class from 1xx to 9xx, such as 4xx")
			return &rule
		}
		n, _ := strconv.Atoi(strings.TrimSuffix(v, "xx"))
		*to = append(*to, crawllog.HTTPStatus(n))
		return nil
	}}
}

// contentTypesParam declares a list of media types without parameters. Case does not matter.
func contentTypesParam(name string, to *[]crawllog.ContentType) param {
	return param{name, list, func(_, v string) *fault.Rule {
		essence := crawllog.Essence(v)
		if essence == "" || essence != strings.ToLower(v) || strings.Contains(strings.TrimSuffix(v, "/*"), "*") {
			rule := fault.Format("media-type", "must be a media type without parameters, such as text/html, or all of a type, such as text/*")
			return &rule
		}
		*to = append(*to, crawllog.ContentType(essence))
		return nil
	}}
}

func (s *Server) listRunLogs(r *request) (response, error) {
	var f crawllog.Filter
	var p paging.Request
	ref := r.runRef()
	if err := r.parse(input{query: logsParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.LogEntries(r.Context(), ref, f, p)
	if err != nil {
		return response{}, err
	}
	return pageResponse(r, page, logjson.Of), nil
}
