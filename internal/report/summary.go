package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// A Summary has the counts of a report.
type Summary struct {
	Classes    Classes
	Broken     int64 // URLs and sitemaps, see Result
	Incomplete int64 // pages, see Result
	Unkept     int64 // the pages of Incomplete whose pipelines failed
	Bytes      int64 // of bodies, after decoding
	// Hosts are the slowest hosts, by the latency that 90 of 100 of their responses did not exceed.
	Hosts []Host
	// MoreHosts is how many hosts responded that are not in Hosts. It counts at most the first
	// maxTrackedHosts hosts of the log.
	MoreHosts int

	superseded map[weburl.Key]bool // URLs that joined after they were excluded
}

// Classes counts URLs by the class of the response's status, or by the lack of a response.
type Classes struct {
	Success     int64 `json:"2xx"`
	Redirect    int64 `json:"3xx"`
	ClientError int64 `json:"4xx"`
	ServerError int64 `json:"5xx"`
	Other       int64 `json:"other"`       // a status that HTTP does not define
	NoResponse  int64 `json:"no_response"` // what is not a valid URL included
	Excluded    int64 `json:"excluded"`
}

// A Host has the latencies of the responses of one host, with its port unless that is the default
// of the scheme. A latency is from the request to the end of the body, in whole milliseconds.
type Host struct {
	Name      string
	Responses int64
	P50       time.Duration
	P90       time.Duration
	Max       time.Duration
}

const (
	// maxHosts bounds the slowest hosts of a report.
	maxHosts = 10
	// maxTrackedHosts bounds the hosts whose latencies are kept.
	maxTrackedHosts = 10_000
)

// A counting counts the records of a log.
type counting struct {
	*Summary
	hosts    map[string]latencies
	excluded map[weburl.Key]bool // by seed_hosts
}

func newCounting(s *Summary) *counting {
	s.superseded = map[weburl.Key]bool{}
	return &counting{s, map[string]latencies{}, map[weburl.Key]bool{}}
}

// supersededKey returns the key of an outcome that may be superseded, and otherwise the zero key: a
// URL that is excluded because its host has no seed may join later; see crawllog.Discovered.
func supersededKey(o *crawllog.Outcome) (k weburl.Key) {
	if o.Status == crawllog.Excluded && o.ErrorReason == crawllog.ReasonSeedHosts {
		k = weburl.KeyOf(o.URL)
	}
	return k
}

func (c *counting) add(record crawllog.Record) {
	switch r := record.(type) {
	case *crawllog.Outcome:
		c.addOutcome(r)
	case *crawllog.Discovered:
		if len(c.excluded) == 0 {
			return
		}
		if k := weburl.KeyOf(r.URL); c.excluded[k] {
			delete(c.excluded, k)
			c.superseded[k] = true
			c.Classes.Excluded--
		}
	}
}

func (c *counting) addOutcome(o *crawllog.Outcome) {
	if o.Sitemap {
		return
	}
	if !o.Again { // the first outcome of the URL is its result
		*c.class(o)++
		if resultOf(o) == Incomplete {
			c.Incomplete++
			if isUnkept(o) {
				c.Unkept++
			}
		}
	}
	if k := supersededKey(o); k != (weburl.Key{}) {
		c.excluded[k] = true
	}
	c.Bytes += o.Bytes
	if o.HTTPStatus != 0 {
		c.addLatency(weburl.HostOf(o.URL), o.Latency)
	}
}

// class returns the counter of the outcome's class.
func (c *counting) class(o *crawllog.Outcome) *int64 {
	switch {
	case resultOf(o) == Excluded:
		return &c.Classes.Excluded
	case o.HTTPStatus == 0:
		return &c.Classes.NoResponse
	}
	switch o.HTTPStatus / 100 {
	case 2:
		return &c.Classes.Success
	case 3:
		return &c.Classes.Redirect
	case 4:
		return &c.Classes.ClientError
	case 5:
		return &c.Classes.ServerError
	}
	return &c.Classes.Other
}

// latencies counts responses by their latency in milliseconds. A fetch has a timeout, so that even
// a host with many responses has few different ones.
type latencies map[int64]int64

func (c *counting) addLatency(name string, d time.Duration) {
	h, ok := c.hosts[name]
	if !ok {
		if len(c.hosts) == maxTrackedHosts {
			return
		}
		h = latencies{}
		c.hosts[string([]byte(name))] = h // so that the URL's memory can be freed
	}
	h[d.Milliseconds()]++
}

// end sets the slowest hosts.
func (c *counting) end() {
	all := make([]Host, 0, len(c.hosts))
	for name, l := range c.hosts {
		all = append(all, l.host(name))
	}
	slices.SortFunc(all, func(a, b Host) int {
		return cmp.Or(cmp.Compare(b.P90, a.P90), cmp.Compare(b.Max, a.Max), cmp.Compare(a.Name, b.Name))
	})
	c.MoreHosts = max(0, len(all)-maxHosts)
	c.Hosts = all[:len(all)-c.MoreHosts]
}

func (l latencies) host(name string) Host {
	sorted := make([]int64, 0, len(l))
	h := Host{Name: name}
	for ms, n := range l {
		sorted = append(sorted, ms)
		h.Responses += n
	}
	slices.Sort(sorted)
	// The quantile q is the smallest latency that q of the responses do not exceed (nearest rank).
	quantile := func(percent int64) time.Duration {
		seen := int64(0)
		for _, ms := range sorted {
			if seen += l[ms]; seen*100 >= percent*h.Responses {
				return time.Duration(ms) * time.Millisecond
			}
		}
		return 0
	}
	h.P50, h.P90, h.Max = quantile(50), quantile(90), quantile(100)
	return h
}
