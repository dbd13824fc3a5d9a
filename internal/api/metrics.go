package api

import (
	"net/http"
	"strconv"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/rollup"
)

// seriesParams declares the parameters of GET /v1/runs/{run_id}/metrics and latency.
func seriesParams(window *rollup.Window, hosts *[]string) []param {
	return []param{choiceParam("window", window, rollup.Windows()), hostsParam("hosts", hosts)}
}

// buckets returns the buckets that the request asks for, and their window.
func (s *Server) buckets(r *request) (*rollup.Series, []rollup.Bucket, seriesJSON, error) {
	var window rollup.Window
	var hosts []string
	ref := r.runRef()
	if err := r.parse(input{query: seriesParams(&window, &hosts)}); err != nil {
		return nil, nil, seriesJSON{}, err
	}
	series, searched, err := s.opts.Store.RunSeries(r.Context(), ref, hosts)
	if err != nil {
		return nil, nil, seriesJSON{}, err
	}
	buckets, used, ok := series.Buckets(window)
	if !ok {
		var fields fault.Fields
		fields.Add("window", tooNarrow(used))
		return nil, nil, seriesJSON{}, fields.Err()
	}
	return series, buckets, seriesJSON{Window: used, Searched: newSearchedJSON(searched)}, nil
}

// tooNarrow is the rule that a window must be wide enough for the run.
func tooNarrow(narrowest rollup.Window) fault.Rule {
	return fault.Rule{
		Code:    "range",
		Message: "must be at least " + string(narrowest) + " for a run of this length: there are at most " + strconv.Itoa(rollup.MaxBuckets) + " buckets",
		Params:  map[string]any{"min": narrowest, "max": rollup.Windows()[len(rollup.Windows())-1]},
	}
}

func (s *Server) getRunMetrics(r *request) (response, error) {
	_, buckets, series, err := s.buckets(r)
	if err != nil {
		return response{}, err
	}
	m := metricsJSON{seriesJSON: series, Buckets: []metricsBucketJSON{}}
	for i := range buckets {
		m.Buckets = append(m.Buckets, newMetricsBucketJSON(&buckets[i]))
	}
	return jsonResponse(http.StatusOK, m), nil
}

func (s *Server) getRunLatency(r *request) (response, error) {
	all, buckets, series, err := s.buckets(r)
	if err != nil {
		return response{}, err
	}
	total := all.Total()
	l := latencySeriesJSON{seriesJSON: series, Total: newLatencyJSON(&total.Latency), Buckets: []latencyBucketJSON{}}
	for i := range buckets {
		l.Buckets = append(l.Buckets, latencyBucketJSON{timestamp(buckets[i].StartedAt), newLatencyJSON(&buckets[i].Latency)})
	}
	return jsonResponse(http.StatusOK, l), nil
}

func (s *Server) listRunHosts(r *request) (response, error) {
	var p paging.Request
	order := rollup.ByHost
	ref := r.runRef()
	params := append(pageParams(&p), choiceParam("order", &order, rollup.Orders()))
	if err := r.parse(input{query: params}); err != nil {
		return response{}, err
	}
	if order != rollup.ByHost && p.Cursor != "" {
		var fields fault.Fields
		fields.Add("page", fault.Rule{Code: "conflict", Message: "must not be given with an order other than host, which has one page"})
		return response{}, fields.Err()
	}
	page, err := s.opts.Store.RunHosts(r.Context(), ref, order, p)
	if err != nil {
		return response{}, err
	}
	list := hostPageJSON{Items: []hostJSON{}, NextPage: nullable(page.Next), Searched: newSearchedJSON(page.Searched)}
	for i := range page.Hosts {
		list.Items = append(list.Items, newHostJSON(&page.Hosts[i], page.Finished))
	}
	if page.Others != nil {
		others := newHostNumbersJSON(page.Others)
		list.Others = &others
	}
	return pagedResponse(r, list, page.Next), nil
}

// seriesJSON is what the JSON of every series has.
type seriesJSON struct {
	Window   rollup.Window `json:"window"`
	Searched *searchedJSON `json:"searched"` // null if the whole log counts
}

func newSearchedJSON(s *paging.Searched) *searchedJSON {
	if s == nil {
		return nil
	}
	return &searchedJSON{s.Parts, s.Of}
}

type metricsJSON struct {
	seriesJSON
	Buckets []metricsBucketJSON `json:"buckets"`
}

type metricsBucketJSON struct {
	StartedAt timestamp `json:"started_at"`
	countsJSON
	URLsQueued *int64 `json:"urls_queued"` // null if it is not known
}

func newMetricsBucketJSON(b *rollup.Bucket) metricsBucketJSON {
	j := metricsBucketJSON{StartedAt: timestamp(b.StartedAt), countsJSON: newCountsJSON(&b.Counts)}
	if n, ok := b.Queued(); ok {
		j.URLsQueued = &n
	}
	return j
}

// countsJSON counts URLs as the progress of a run does, and the responses by their classes.
type countsJSON struct {
	URLsFetched  int64         `json:"urls_fetched"`
	URLsFailed   int64         `json:"urls_failed"`
	URLsExcluded int64         `json:"urls_excluded"`
	BytesFetched int64         `json:"bytes_fetched"`
	Responses    responsesJSON `json:"responses"`
}

type responsesJSON struct {
	Success     int64 `json:"2xx"`
	Redirect    int64 `json:"3xx"`
	ClientError int64 `json:"4xx"`
	ServerError int64 `json:"5xx"`
	Other       int64 `json:"other"`
	None        int64 `json:"none"`
}

func newCountsJSON(c *rollup.Counts) countsJSON {
	return countsJSON{
		URLsFetched: c.Fetched, URLsFailed: c.Failed, URLsExcluded: max(c.Excluded, 0), BytesFetched: c.Bytes,
		Responses: responsesJSON{
			Success: c.Responses[rollup.Success], Redirect: c.Responses[rollup.Redirect],
			ClientError: c.Responses[rollup.ClientError], ServerError: c.Responses[rollup.ServerError],
			Other: c.Responses[rollup.Other], None: c.Responses[rollup.None],
		},
	}
}

type latencySeriesJSON struct {
	seriesJSON
	Buckets []latencyBucketJSON `json:"buckets"`
	Total   latencyJSON         `json:"total"`
}

type latencyBucketJSON struct {
	StartedAt timestamp `json:"started_at"`
	latencyJSON
}

// latencyJSON describes latencies. The quantiles are null without a response.
type latencyJSON struct {
	Count int64  `json:"count"`
	P50   *int64 `json:"p50_ms"`
	P90   *int64 `json:"p90_ms"`
	P99   *int64 `json:"p99_ms"`
	Max   *int64 `json:"max_ms"`
}

func newLatencyJSON(h *rollup.Histogram) latencyJSON {
	j := latencyJSON{Count: h.Count()}
	if j.Count > 0 {
		p50, p90, p99, most := h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.99), h.Max()
		j.P50, j.P90, j.P99, j.Max = &p50, &p90, &p99, &most
	}
	return j
}

type hostPageJSON struct {
	Items    []hostJSON       `json:"items"`
	Others   *hostNumbersJSON `json:"others"` // of the hosts that are not distinguished; null if all are
	NextPage *string          `json:"next_page"`
	Searched *searchedJSON    `json:"searched"`
}

type hostNumbersJSON struct {
	countsJSON
	Latency latencyJSON `json:"latency"`
}

func newHostNumbersJSON(h *rollup.Host) hostNumbersJSON {
	return hostNumbersJSON{newCountsJSON(&h.Counts), newLatencyJSON(&h.Latency)}
}

type hostJSON struct {
	Host string `json:"host"`
	hostNumbersJSON
	DelayMS     *int64    `json:"delay_ms"` // null if it is not known
	LastFetched timestamp `json:"last_fetched_at"`
	NextFetch   timestamp `json:"next_fetch_at"` // null if the run is finished
}

func newHostJSON(h *rollup.Host, finished bool) hostJSON {
	j := hostJSON{Host: h.Name, hostNumbersJSON: newHostNumbersJSON(h), LastFetched: timestamp(h.LastFetch())}
	if delay, ok := h.Delay(); ok {
		ms := delay.Milliseconds()
		j.DelayMS = &ms
	}
	if !finished {
		j.NextFetch = timestamp(h.NextFetch())
	}
	return j
}
