package control

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
)

// seriesFilters are the flags of numbers over time.
var seriesFilters = []filter{
	{"window", "window", text, "the `TIME` of a bucket, from 10s to 1d (chosen to fit)", []string{"10s", "30s", "1m", "5m", "10m", "30m", "1h", "3h", "6h", "12h", "1d"}},
	{"host", "hosts", words, "of these `HOSTS` only, with their ports", nil},
}

func newMetricsCommand(s *service) *cobra.Command {
	return newSeriesCommand(s, "metrics", "Show what a run did over time", &listing{columns: []column{
		timeOf("TIME", "started_at"), numberOf("FETCHED", "urls_fetched"), numberOf("FAILED", "urls_failed"), numberOf("EXCLUDED", "urls_excluded"),
		numberOf("QUEUED", "urls_queued"), sizeOf("SIZE", "bytes_fetched"), numberOf("2XX", "responses.2xx"), numberOf("3XX", "responses.3xx"),
		numberOf("4XX", "responses.4xx"), numberOf("5XX", "responses.5xx"), numberOf("OTHER", "responses.other"), numberOf("NONE", "responses.none"),
	}, members: []string{
		"started_at", "urls_fetched", "urls_failed", "urls_excluded", "bytes_fetched", "urls_queued", "responses.2xx", "responses.3xx", "responses.4xx",
		"responses.5xx", "responses.other", "responses.none",
	}})
}

func newLatencyCommand(s *service) *cobra.Command {
	return newSeriesCommand(s, "latency", "Show how fast the hosts of a run responded over time, in milliseconds", &listing{columns: []column{
		timeOf("TIME", "started_at"), numberOf("COUNT", "count"), numberOf("P50", "p50_ms"), numberOf("P90", "p90_ms"),
		numberOf("P99", "p99_ms"), numberOf("MAX", "max_ms"),
	}, members: []string{"started_at", "count", "p50_ms", "p90_ms", "p99_ms", "max_ms"}})
}

// A series is numbers over time, in buckets of the same length, or of each host.
type series struct {
	Buckets  []json.RawMessage `json:"buckets"`
	Searched *struct {
		Parts int64 `json:"parts"`
		Of    int64 `json:"of"`
	} `json:"searched"`
	Others *struct { // of a list of hosts: the numbers of those that are not listed
		Fetched int64 `json:"urls_fetched"`
		Failed  int64 `json:"urls_failed"`
	} `json:"others"`
}

func newSeriesCommand(s *service, name, short string, l *listing) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:               name + " RUN",
		Short:             short,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: s.complete(kindRun, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			path, err := runPath(args, name)
			if err != nil {
				return err
			}
			q, err := query(cmd.Flags(), seriesFilters)
			if err != nil {
				return err
			}
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			raw, read, err := readSeries(cmd, c, path, q)
			switch {
			case err != nil:
				return nameFlags(err, seriesFilters)
			case f.json:
				return printOut(raw.indented())
			}
			items, err := newItems(read.Buckets)
			if err != nil {
				return err
			}
			return newItemWriter(&f, l).write(items)
		},
	}
	addFilters(cmd, seriesFilters)
	cmd.Flags().BoolVar(&f.json, "json", false, "write the response of the API")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "write CSV")
	return cmd
}

// maxSearches bounds how often a series is asked for that the service could not read whole.
const maxSearches = 30

// readSeries reads a series. If the service read a part of the log only, it goes on there when it is
// asked again.
func readSeries(cmd *cobra.Command, c *client.Client, path string, q url.Values) (raw item, s series, err error) {
	for range maxSearches {
		if raw, err = get(cmd.Context(), c, path+"?"+q.Encode()); err != nil {
			return raw, s, err
		}
		s = series{}
		if err := json.Unmarshal(raw.raw, &s); err != nil || s.Searched == nil {
			return raw, s, err
		}
		if err := sleep(cmd.Context(), 200*time.Millisecond); err != nil {
			return raw, s, err
		}
	}
	fmt.Fprintf(os.Stderr, "inndx: only %d of %d parts of the log were read\n", s.Searched.Parts, s.Searched.Of)
	return raw, s, nil
}

var hosts = listing{
	filters: []filter{
		{"order", "order", text, "`ORDER`: host, or the hosts with the most urls, the most failed or the highest latency", []string{"host", "urls", "failed", "latency"}},
	},
	columns: []column{
		numberOf("FETCHED", "urls_fetched"), numberOf("FAILED", "urls_failed"), numberOf("EXCLUDED", "urls_excluded"), sizeOf("SIZE", "bytes_fetched"),
		numberOf("P50", "latency.p50_ms"), numberOf("P99", "latency.p99_ms"), numberOf("MAX", "latency.max_ms"), numberOf("DELAY", "delay_ms"), of("HOST", "host"),
	},
	members: []string{
		"host", "urls_fetched", "urls_failed", "urls_excluded", "bytes_fetched", "responses.2xx", "responses.3xx", "responses.4xx", "responses.5xx",
		"responses.other", "responses.none", "latency.count", "latency.p50_ms", "latency.p90_ms", "latency.p99_ms", "latency.max_ms", "delay_ms",
		"last_fetched_at", "next_fetch_at",
	},
	id:     "host",
	folded: true,
}

func newHostsCommand(s *service) *cobra.Command {
	cmd := newListCommand(s, "hosts RUN", "List the hosts of a run, with latencies in milliseconds", "  inndx runs hosts 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02 --order failed",
		&hosts, cobra.ExactArgs(1), func(args []string) (string, error) { return runPath(args, "hosts") })
	cmd.ValidArgsFunction = s.complete(kindRun, true)
	return cmd
}
