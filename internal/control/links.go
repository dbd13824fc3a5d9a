package control

import (
	"strings"

	"github.com/spf13/cobra"
)

var links = listing{
	filters: []filter{
		{"state", "states", words, "in these `STATES`: queued, fetched, failed, excluded", []string{"queued", "fetched", "failed", "excluded"}},
		{"host", "hosts", words, "of these `HOSTS`, with their ports", nil},
		{"http-status", "http_statuses", words, "with these `STATUSES` of the response, such as 404,5xx", nil},
		{"exact-url", "url", text, "of this `URL`", nil},
		{"url-prefix", "url_prefix", text, "of URLs that begin with this `URL`", nil},
		{"url-hash", "url_hashes", words, "of URLs with these `HASHES`", nil},
	},
	columns: []column{
		{title: "STATE", text: func(i item) string { return i.text("state") }, min: 8},
		numberOf("DEPTH", "depth"), numberOf("HTTP", "http_status"), of("REASON", "error_reason"), of("URL", "url"), of("REFERRER", "referrer"),
	},
	members: strings.Fields(`id run_id job_id url url_hash host state depth referrer http_status error_reason content_type title`),
}

func newLinksCommand(s *service) *cobra.Command {
	cmd := newListCommand(s, "links RUN", "List the URLs that a run knows, each with its state",
		"  inndx links 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02 --state failed --csv --limit 0", &links, cobra.ExactArgs(1),
		func(args []string) (string, error) { return runPath(args, "links") })
	cmd.ValidArgsFunction = s.complete(kindRun, true)
	return cmd
}
